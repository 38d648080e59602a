//! The one loop that warms up, finds the size of a batch and takes samples.

use crate::{
    allocations::Allocations,
    hooks::Hooks,
    operation::{MAX_INPUTS, Operation, Shape},
};
use std::time::Duration;

/// A sample of batched calls lasts about this long.
pub(crate) const SAMPLE: Duration = Duration::from_millis(1);
/// Calls that take less are batched.
const SHORT: Duration = Duration::from_micros(1);
/// Long enough for the clock to tell how long a call takes.
const TELLING: Duration = Duration::from_micros(100);
/// A call this slow is measured once before the size of a batch is known, not three times.
const SLOW: Duration = Duration::from_millis(10);
/// Samples are kept until they are summed up: this many at most, 8 MB.
const MAX_SAMPLES: u64 = 1 << 20;

/// How long to measure. The minimum is at least 1 and never above the maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) warmup: u64,
    pub(crate) min: u64,
    pub(crate) max: u64,
    pub(crate) target: Duration,
    /// Whether a sample may hold more than one call.
    pub(crate) batching: bool,
}

impl Plan {
    /// Settles limits that the user gave: a minimum is a promise and wins over a maximum.
    pub(crate) fn new(warmup: u64, min: Option<u64>, max: Option<u64>, target: Duration) -> Self {
        let batching = min.is_none() && max.is_none();
        let least = min.unwrap_or(crate::benchmark::MIN_ITERATIONS).max(1);
        let (min, max) = match (min, max) {
            // The default minimum gives way to a maximum that was asked for.
            (None, Some(max)) => (least.min(max.max(1)), max.max(1)),
            (_, max) => (least, max.unwrap_or(MAX_SAMPLES).max(least)),
        };
        Self { warmup, min, max, target, batching }
    }
}

/// What was measured.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Samples {
    /// Nanoseconds of each sample.
    pub(crate) nanos: Vec<u64>,
    /// Of all samples together; absent where nothing counts them.
    pub(crate) allocations: Option<Allocations>,
    /// Calls in each sample, by each thread.
    pub(crate) batch: u64,
    pub(crate) shape: Shape,
    pub(crate) threads: usize,
}

/// Measures `operation`. `clock` tells the time since any fixed moment, set-up included: it ends
/// the run and is not what is reported.
pub(crate) async fn collect(
    plan: &Plan,
    hooks: &mut Hooks<'_>,
    operation: &mut dyn Operation,
    clock: &dyn Fn() -> Duration,
) -> Samples {
    for _ in 0..plan.warmup {
        hooks.around(operation, 1).await;
    }
    let batch =
        if plan.batching && hooks.is_empty() { batch_of(operation, SHORT).await } else { 1 };
    let start = clock();
    let mut nanos = Vec::new();
    let mut allocations = None;
    loop {
        let timing = hooks.around(operation, batch).await;
        nanos.push(u64::try_from(timing.elapsed.as_nanos()).unwrap_or(u64::MAX));
        if let Some(more) = timing.allocations {
            *allocations.get_or_insert_default() += more;
        }
        let taken = nanos.len() as u64;
        let enough = taken >= plan.min && clock().saturating_sub(start) >= plan.target;
        if enough || taken >= plan.max {
            break;
        }
    }
    let (shape, threads) = (operation.shape(), operation.threads());
    Samples { nanos, allocations, batch, shape, threads }
}

/// Returns how many calls fill a sample; 1 for operations of `short` and longer.
///
/// The number of calls is doubled until they take long enough to tell. The best of three counts,
/// so that one interruption does not make a fast operation look slow.
pub(crate) async fn batch_of(operation: &mut dyn Operation, short: Duration) -> u64 {
    let limit = if operation.shape() == Shape::Batched { MAX_INPUTS } else { 1 << 40 };
    let mut calls = 1;
    loop {
        let mut best = operation.sample(calls).await.elapsed;
        for _ in 0..2 {
            if best < SLOW {
                best = best.min(operation.sample(calls).await.elapsed);
            }
        }
        if best >= TELLING || calls >= limit {
            let each = (best.as_nanos() as f64 / calls as f64).max(f64::MIN_POSITIVE);
            if each >= short.as_nanos() as f64 {
                return 1;
            }
            return ((SAMPLE.as_nanos() as f64 / each).ceil() as u64).clamp(1, limit);
        }
        calls *= 2;
    }
}

#[cfg(test)]
mod tests;
