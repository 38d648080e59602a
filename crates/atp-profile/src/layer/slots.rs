//! What a layer remembers of the spans that exist, found by their ids without a lock.

use std::sync::atomic::{
    AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

/// How many slots there are.
pub(super) const SLOTS: usize = 1 << 14;

/// How many slots a span may stand away from where it belongs.
const REACH: usize = 64;

/// How many of the highest bits of a registry's id count the uses of its place.
const USES: u32 = 13;

/// Flag beside those of the path: a panic went through the span.
const PANICKED: u64 = 1 << 63;

/// Open addressing by the span's id; a slot belongs to its span from `new_span` to `close`.
#[derive(Debug)]
pub(super) struct Slots {
    slots: Box<[Slot; SLOTS]>,
}

/// A span that exists.
///
/// `tracing` hands an id from thread to thread with whatever carries it, which orders these
/// relaxed fields as well.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(super) struct Slot {
    /// The id in `tracing`, zero while the slot is free.
    id: AtomicU64,
    pub(super) session: AtomicU64,
    pub(super) call: AtomicU64,
    pub(super) parent: AtomicU64,
    path_flags: AtomicU64,
    /// Ticks of the first enter, [`NEVER`] before it.
    start: AtomicU64,
    /// Ticks of the last exit.
    pub(super) end: AtomicU64,
}

const NEVER: u64 = u64::MAX;

impl Slots {
    pub(super) fn new() -> Self {
        let slots: Vec<Slot> = (0..SLOTS).map(|_| Slot::default()).collect();
        Self { slots: slots.try_into().expect("there are as many as that") }
    }

    /// The slots in which a span may stand, nearest first.
    ///
    /// The registry numbers spans by place, thread and, in the bits above those, how often the
    /// place was used. Leaving that last part out of the hash lets a new span find the slot of the
    /// one before it, which is in the cache still. Ids of another kind only share homes more often.
    #[inline]
    fn places(&self, id: u64) -> impl Iterator<Item = &Slot> {
        let home = ((id << USES).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 50) as usize;
        (home..home + REACH).map(|at| &self.slots[at % SLOTS])
    }

    #[inline]
    pub(super) fn find(&self, id: u64) -> Option<&Slot> {
        self.places(id).find(|slot| slot.id.load(Acquire) == id)
    }

    #[inline]
    pub(super) fn claim(&self, id: u64) -> Option<&Slot> {
        self.places(id).find(|slot| {
            slot.id.load(Relaxed) == 0 && slot.id.compare_exchange(0, id, AcqRel, Relaxed).is_ok()
        })
    }
}

impl Slot {
    #[inline]
    pub(super) fn release(&self) {
        self.id.store(0, Release);
    }

    #[inline]
    pub(super) fn fill(&self, session: u64, call: u64, parent: u64, path: u32, flags: u32) {
        self.session.store(session, Relaxed);
        self.call.store(call, Relaxed);
        self.parent.store(parent, Relaxed);
        self.path_flags.store(u64::from(path) | u64::from(flags) << 32, Relaxed);
        self.start.store(NEVER, Relaxed);
        self.end.store(0, Relaxed);
    }

    #[inline]
    pub(super) fn path_flags(&self) -> (u32, u32) {
        let both = self.path_flags.load(Relaxed) & !PANICKED;
        (both as u32, (both >> 32) as u32)
    }

    #[inline]
    pub(super) fn entered(&self, at: u64) {
        if self.start.load(Relaxed) == NEVER {
            self.start.store(at, Relaxed);
        }
    }

    /// Returns the first enter and the last exit, if there was any.
    #[inline]
    pub(super) fn times(&self) -> Option<(u64, u64)> {
        let start = self.start.load(Relaxed);
        (start != NEVER).then(|| (start, self.end.load(Relaxed)))
    }

    pub(super) fn panicked(&self) {
        self.path_flags.fetch_or(PANICKED, Relaxed);
    }

    #[inline]
    pub(super) fn has_panicked(&self) -> bool {
        self.path_flags.load(Relaxed) & PANICKED != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_found_until_they_are_released() {
        let slots = Slots::new();
        let ids: Vec<u64> = (1..SLOTS as u64 / 2).map(|n| n | (n % 3) << 50).collect();
        for &id in &ids {
            slots.claim(id).unwrap().fill(1, id, 0, 7, 0);
        }
        for &id in &ids {
            assert_eq!(slots.find(id).unwrap().call.load(Relaxed), id);
            slots.find(id).unwrap().release();
            assert!(slots.find(id).is_none());
        }
    }
}
