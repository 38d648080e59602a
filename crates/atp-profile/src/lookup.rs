//! What a thread remembers of the paths, so that it asks for each step only once.

use crate::paths::Step;

/// Steps by the path they start from and the address of the name.
///
/// Equal names at different addresses get entries of their own and lead to the same path.
#[derive(Debug)]
pub(crate) struct Lookup {
    /// A power of two of entries, at most half of them taken.
    entries: Vec<Entry>,
    taken: usize,
    shift: u32,
    max: usize,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    name: &'static str,
    from: u32,
    step: Step,
}

/// `from` of an entry that is free: no span is opened from the overflow path.
const FREE: u32 = u32::MAX;

impl Lookup {
    /// Creates a memory for at most about `max` steps.
    pub(crate) fn new(max: usize) -> Self {
        let mut lookup = Self { entries: Vec::new(), taken: 0, shift: 0, max: max.max(64) };
        lookup.clear(128);
        lookup
    }

    #[inline]
    pub(crate) fn get(&self, from: u32, name: &'static str) -> Option<Step> {
        let mut index = self.home(from, name);
        loop {
            let entry = self.entries.get(index)?;
            if std::ptr::eq(entry.name, name) && entry.from == from {
                return Some(entry.step);
            }
            if entry.from == FREE {
                return None;
            }
            index = (index + 1) & (self.entries.len() - 1);
        }
    }

    /// Remembers a step that [`get`](Self::get) did not find.
    pub(crate) fn insert(&mut self, from: u32, name: &'static str, step: Step) {
        if 2 * (self.taken + 1) > self.entries.len() {
            self.grow();
        }
        self.place(Entry { name, from, step });
    }

    fn place(&mut self, entry: Entry) {
        let mut index = self.home(entry.from, entry.name);
        while self.entries[index].from != FREE {
            index = (index + 1) & (self.entries.len() - 1);
        }
        self.entries[index] = entry;
        self.taken += 1;
    }

    /// Doubles the room, or starts anew where names at ever new addresses have filled it.
    fn grow(&mut self) {
        let size = 2 * self.entries.len();
        let old = std::mem::take(&mut self.entries);
        if self.taken >= self.max {
            self.clear(128);
            return;
        }
        self.clear(size);
        for entry in old.into_iter().filter(|entry| entry.from != FREE) {
            self.place(entry);
        }
    }

    fn clear(&mut self, size: usize) {
        let free = Entry { name: "", from: FREE, step: Step { path: 0, flags: 0 } };
        self.entries = vec![free; size];
        self.taken = 0;
        self.shift = 64 - size.trailing_zeros();
    }

    /// Fibonacci hashing: the high bits of a product with 2^64 over the golden ratio.
    #[inline]
    fn home(&self, from: u32, name: &'static str) -> usize {
        let key = (name.as_ptr().addr() as u64) ^ u64::from(from).rotate_left(40);
        (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> self.shift) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_found_again_while_there_is_room() {
        let text: &'static str = "abcdefghijklmnopqrstuvwxyz";
        let names: Vec<&'static str> =
            (0..20).flat_map(|start| (1..6).map(move |len| &text[start..start + len])).collect();
        let mut lookup = Lookup::new(10_000);
        for from in 0..50 {
            for (index, name) in names.iter().enumerate() {
                assert_eq!(lookup.get(from, name), None);
                lookup.insert(from, name, Step { path: from * 1000 + index as u32, flags: 0 });
            }
        }
        for from in 0..50 {
            for (index, name) in names.iter().enumerate() {
                let step = Step { path: from * 1000 + index as u32, flags: 0 };
                assert_eq!(lookup.get(from, name), Some(step));
            }
        }
    }

    #[test]
    fn a_full_memory_starts_anew() {
        let mut lookup = Lookup::new(64);
        for from in 0..10_000 {
            lookup.insert(from, "name", Step { path: from, flags: 0 });
            assert_eq!(lookup.get(from, "name").map(|step| step.path), Some(from));
        }
        assert!(lookup.entries.len() <= 256, "{}", lookup.entries.len());
    }
}
