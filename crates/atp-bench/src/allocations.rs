//! Counts of the tracking allocator, where one is installed.

use std::ops::AddAssign;

/// Allocations and the bytes they asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Allocations {
    pub(crate) count: u64,
    pub(crate) bytes: u64,
}

impl AddAssign for Allocations {
    fn add_assign(&mut self, more: Self) {
        self.count += more.count;
        self.bytes += more.bytes;
    }
}

/// Runs `work` and returns what this thread allocated meanwhile, or `None` where nothing counts it.
#[cfg(feature = "memory")]
#[inline(always)]
pub(crate) fn counted<T>(work: impl FnOnce() -> T) -> (T, Option<Allocations>) {
    let (value, counts) = atp_memory::measure_heap(work);
    let allocations = counts
        .map(|counts| Allocations { count: counts.allocations, bytes: counts.allocated_bytes });
    (value, allocations)
}

/// Runs `work`. Without the feature `memory` nothing counts what it allocates.
#[cfg(not(feature = "memory"))]
#[inline(always)]
pub(crate) fn counted<T>(work: impl FnOnce() -> T) -> (T, Option<Allocations>) {
    (work(), None)
}
