//! The last single calls of a thread: written by that thread, read by any.

#[cfg(test)]
mod tests;

use crate::sync::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
    fence,
};
use crate::tally::Outcome;

/// A call as it stands in the ring, in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Call {
    /// Never zero, and unique in the process.
    pub(crate) id: u64,
    /// The call around it, or zero.
    pub(crate) parent: u64,
    pub(crate) path: u32,
    pub(crate) outcome: Outcome,
    pub(crate) start: u64,
    /// Meaningless while the call is open.
    pub(crate) end: u64,
}

/// A ring of the last calls; a call stands at its id, so its thread finds it again at its end.
#[derive(Debug)]
pub(crate) struct Ring {
    slots: Box<[Slot]>,
}

/// One writer, any readers: a reader that sees the same id before and after has read one call.
#[derive(Debug)]
struct Slot {
    /// Zero while the slot is being written, and before it ever was.
    id: AtomicU64,
    parent: AtomicU64,
    start: AtomicU64,
    end: AtomicU64,
    /// The path, and above it the outcome: one store ends a call.
    path_outcome: AtomicU64,
}

impl Ring {
    /// Creates a ring of `capacity` calls, a power of two.
    pub(crate) fn new(capacity: usize) -> Self {
        let slot = || Slot {
            id: AtomicU64::new(0),
            parent: AtomicU64::new(0),
            start: AtomicU64::new(0),
            end: AtomicU64::new(0),
            path_outcome: AtomicU64::new(pack(0, Outcome::Completed)),
        };
        Self { slots: (0..capacity).map(|_| slot()).collect() }
    }

    #[inline]
    fn slot(&self, id: u64) -> &Slot {
        &self.slots[id as usize & (self.slots.len() - 1)]
    }

    /// Opens a call, over the oldest. Returns that one if it was still open, since it is a call
    /// that lasts and must not be lost.
    #[inline]
    pub(crate) fn open(&self, id: u64, parent: u64, path: u32, start: u64) -> Option<Call> {
        let slot = self.slot(id);
        let lasting = (slot.path_outcome.load(Relaxed) >> 32 == Outcome::Open as u64)
            .then(|| slot.own())
            .flatten();
        slot.write(id, parent, path, start);
        lasting
    }

    /// Ends a call. Returns false if its slot has been taken.
    #[inline]
    pub(crate) fn close(&self, id: u64, path: u32, end: u64, outcome: Outcome) -> bool {
        let slot = self.slot(id);
        if slot.id.load(Relaxed) != id {
            return false;
        }
        slot.end.store(end, Relaxed);
        slot.path_outcome.store(pack(path, outcome), Release);
        true
    }

    /// Records a call that has ended, over the oldest. Returns that one if it was still open.
    #[cfg(feature = "tracing")]
    #[inline]
    pub(crate) fn record(&self, call: &Call) -> Option<Call> {
        let lasting = self.open(call.id, call.parent, call.path, call.start);
        self.close(call.id, call.path, call.end, call.outcome);
        lasting
    }

    /// Returns the calls that could be read whole; one that is being overwritten is left out.
    pub(crate) fn calls(&self) -> impl Iterator<Item = Call> {
        self.slots.iter().filter_map(Slot::read)
    }
}

impl Slot {
    /// Writes an open call; what `end` holds then means nothing.
    #[inline]
    fn write(&self, id: u64, parent: u64, path: u32, start: u64) {
        self.id.store(0, Relaxed);
        // What follows is not seen before the zero: a reader that meets a new field also meets
        // the changed id.
        fence(Release);
        self.parent.store(parent, Relaxed);
        self.start.store(start, Relaxed);
        self.path_outcome.store(pack(path, Outcome::Open), Relaxed);
        self.id.store(id, Release);
    }

    fn read(&self) -> Option<Call> {
        let id = self.id.load(Acquire);
        // Before `end`, which was stored first.
        let (path, outcome) = unpack(self.path_outcome.load(Acquire));
        let call = Call {
            id,
            parent: self.parent.load(Relaxed),
            path,
            outcome,
            start: self.start.load(Relaxed),
            end: self.end.load(Relaxed),
        };
        fence(Acquire);
        (id != 0 && self.id.load(Relaxed) == id).then_some(call)
    }

    /// Reads as the writer, whom nobody disturbs.
    #[cold]
    fn own(&self) -> Option<Call> {
        self.read()
    }
}

#[inline]
fn pack(path: u32, outcome: Outcome) -> u64 {
    u64::from(path) | (outcome as u64) << 32
}

fn unpack(packed: u64) -> (u32, Outcome) {
    let outcome = match packed >> 32 {
        0 => Outcome::Open,
        1 => Outcome::Completed,
        2 => Outcome::Failed,
        3 => Outcome::Cancelled,
        _ => Outcome::Panicked,
    };
    (packed as u32, outcome)
}
