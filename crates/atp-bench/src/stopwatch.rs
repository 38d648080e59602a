//! One reading: the time that passed, and what was allocated meanwhile.

use crate::allocations::{self, Allocations};
use std::time::{Duration, Instant};

/// What one sample took, for all its iterations together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Timing {
    pub(crate) elapsed: Duration,
    /// Absent where no counting allocator is installed.
    pub(crate) allocations: Option<Allocations>,
}

/// Time and allocations at the start of a sample.
///
/// The allocation counters are read outside of the two clock reads.
pub(crate) struct Stopwatch {
    allocations: Option<Allocations>,
    start: Instant,
}

impl Stopwatch {
    #[inline]
    pub(crate) fn start() -> Self {
        let allocations = allocations::now();
        Self { allocations, start: Instant::now() }
    }

    #[inline]
    pub(crate) fn stop(self) -> Timing {
        let elapsed = self.start.elapsed();
        let allocations = allocations::now().zip(self.allocations).map(|(now, then)| now - then);
        Timing { elapsed, allocations }
    }
}
