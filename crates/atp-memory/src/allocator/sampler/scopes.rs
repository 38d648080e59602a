//! What is left of the sampled blocks that each open scope allocated.

use super::live::{self, Sample};
use super::stacks::StackId;
use super::sums::{AtomicSums, Sums};
use std::cell::Cell;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

const BITS: u32 = 12;

/// An open scope: its place in the table, and how often that place has been used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ScopeId(pub(super) u32);

impl ScopeId {
    /// Allocations outside of any scope, or in one for which the table had no room.
    pub(crate) const NONE: Self = Self(0);

    fn place(self) -> usize {
        (self.0 & ((1 << BITS) - 1)) as usize
    }
}

struct Place {
    /// The scope that is open here, or 0.
    id: AtomicU32,
    /// How often the place has been used.
    uses: AtomicU32,
    live: AtomicSums,
}

/// The first place stays empty, so that no scope is 0.
static PLACES: [Place; 1 << BITS] =
    [const { Place { id: AtomicU32::new(0), uses: AtomicU32::new(0), live: AtomicSums::new() } };
        1 << BITS];

/// Where the search for a free place starts.
static NEXT: AtomicU32 = AtomicU32::new(1);

/// How many places an opening scope looks at.
const REACH: u32 = 64;

thread_local! {
    static CURRENT: Cell<ScopeId> = const { Cell::new(ScopeId::NONE) };
}

/// The innermost scope of the calling thread.
pub(super) fn current() -> ScopeId {
    CURRENT.get()
}

/// Makes a scope the innermost of the calling thread.
pub(crate) fn enter(scope: ScopeId) {
    CURRENT.set(scope);
}

/// Opens a scope, or returns [`ScopeId::NONE`] if too many are open.
pub(crate) fn open() -> ScopeId {
    let first = NEXT.fetch_add(1, Relaxed);
    for step in 0..REACH {
        let index = first.wrapping_add(step) % (1 << BITS);
        let place = &PLACES[index as usize];
        if index == 0 || place.id.load(Relaxed) != 0 {
            continue;
        }
        let id = place.uses.fetch_add(1, Relaxed) << BITS | index;
        if place.id.compare_exchange(0, id, AcqRel, Relaxed).is_ok() {
            return ScopeId(id);
        }
    }
    ScopeId::NONE
}

/// Closes a scope and gives what is left of it to `heir`. Returns that by stack.
pub(crate) fn close(scope: ScopeId, heir: ScopeId) -> Vec<(StackId, Sums)> {
    let place = &PLACES[scope.place()];
    if scope == ScopeId::NONE || place.id.load(Acquire) != scope.0 {
        return Vec::new();
    }
    let mut left: Vec<(StackId, Sums)> = Vec::new();
    if place.live.read() != Sums::default() {
        live::each_of_scope(scope, heir, |sample| {
            charge(heir, sample, 1.0);
            let sums = Sums::of(sample.size, sample.weight);
            match left.iter_mut().find(|(stack, _)| *stack == sample.stack) {
                Some((_, sum)) => sum.add(&sums),
                None => left.push((sample.stack, sums)),
            }
        });
    }
    place.live.clear();
    // What a thread still records for it from here on belongs to no scope.
    let _ = place.id.compare_exchange(scope.0, 0, AcqRel, Relaxed);
    left
}

/// Adds a block to what its scope holds, or takes it off for a `sign` of -1.
pub(super) fn charge(scope: ScopeId, sample: &Sample, sign: f64) {
    let place = &PLACES[scope.place()];
    if scope != ScopeId::NONE && place.id.load(Acquire) == scope.0 {
        place.live.charge(sample, sign);
    }
}

/// Forgets what the open scopes hold.
pub(super) fn clear() {
    for place in &PLACES {
        if place.id.load(Relaxed) != 0 {
            place.live.clear();
        }
    }
}
