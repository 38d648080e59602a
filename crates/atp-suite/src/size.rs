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
