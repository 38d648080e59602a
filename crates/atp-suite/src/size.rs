//! Deep sizes of free-form data. A derive cannot give them: the type contains itself.

use std::mem::size_of;

use mem_dbg::{False, FlatType, HashMap, MemSize, SizeFlags};

use crate::value::{Map, Value};

impl FlatType for Value {
    type Flat = False;
}

impl FlatType for Map {
    type Flat = False;
}

impl MemSize for Value {
    fn mem_size_rec(&self, flags: SizeFlags, refs: &mut HashMap<usize, usize>) -> usize {
        let beyond = match self {
            Self::String(text) => text.mem_size_rec(flags, refs) - size_of::<String>(),
            Self::List(list) => list.mem_size_rec(flags, refs) - size_of::<Vec<Self>>(),
            Self::Map(map) => map.mem_size_rec(flags, refs) - size_of::<Map>(),
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::UInt(_) | Self::Float(_) => 0,
        };
        size_of::<Self>() + beyond
    }
}

impl MemSize for Map {
    fn mem_size_rec(&self, flags: SizeFlags, refs: &mut HashMap<usize, usize>) -> usize {
        self.0.mem_size_rec(flags, refs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Environment, load_str};

    #[test]
    fn deep_size_counts_text_lists_and_maps_to_the_bottom() {
        let size = |data: &str| {
            let text = format!(
                "test_suite: s\ntests:\n- {{id: t, name: n, task: {{description: d, input_data: {data}}}}}\n"
            );
            let suite = load_str(text, &Environment::new()).unwrap();
            suite.mem_size(SizeFlags::FOLLOW_RCS)
        };
        let text = "x".repeat(1_000);
        let empty = size("{}");
        assert_eq!(size(&format!("{{a: {{b: [{text}]}}}}")) - size("{a: {b: [x]}}"), 999);
        assert!(size("{a: {b: [x]}}") > empty + 3 * size_of::<Value>());
    }
}
