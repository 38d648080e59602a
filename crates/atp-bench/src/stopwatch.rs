//! One reading: the time that passed, and what was allocated meanwhile.

use crate::allocations::{Allocations, counted};
use std::{
    future::{Future, poll_fn},
    pin::pin,
    time::{Duration, Instant},
};

/// What one sample took, for all its iterations together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Timing {
    pub(crate) elapsed: Duration,
    /// Absent where no counting allocator is installed.
    pub(crate) allocations: Option<Allocations>,
}

/// Times `work`. The allocation counters are read outside of the two clock reads.
#[inline(always)]
pub(crate) fn timed(work: impl FnOnce()) -> Timing {
    let (elapsed, allocations) = counted(|| {
        let start = Instant::now();
        work();
        start.elapsed()
    });
    Timing { elapsed, allocations }
}

/// Times a future from its first poll to its end, waiting included. Allocations are those made
/// while it is polled, whichever thread does that.
pub(crate) async fn timed_async(work: impl Future<Output = ()>) -> Timing {
    let mut work = pin!(async {
        let start = Instant::now();
        work.await;
        start.elapsed()
    });
    let mut allocations: Option<Allocations> = None;
    let elapsed = poll_fn(|context| {
        let (poll, more) = counted(|| work.as_mut().poll(context));
        if let Some(more) = more {
            *allocations.get_or_insert_default() += more;
        }
        poll
    });
    let elapsed = elapsed.await;
    Timing { elapsed, allocations }
}
