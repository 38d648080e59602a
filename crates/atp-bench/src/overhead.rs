//! What measuring costs by itself, found out once per process and taken off every sample.

use crate::operation::{AsyncCalls, Batched, Calls, MAX_INPUTS, Operation, Shape};
use crate::poll::ready;
use std::{sync::OnceLock, time::Instant};

/// A call that takes less than this many clock reads is blurred by them when it is timed alone.
const CLOCK_READS: f64 = 10.0;

/// Nanoseconds that a sample holds beyond what was to be measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Overhead {
    /// Of the two clock reads, once a sample.
    pub(crate) clock: f64,
    plain: f64,
    awaited: f64,
    batched: f64,
}

impl Overhead {
    /// Returns this process's figures, measuring them at the first call (about 2 ms).
    pub(crate) fn measured() -> Self {
        static MEASURED: OnceLock<Overhead> = OnceLock::new();
        *MEASURED.get_or_init(|| {
            let clock = smallest(1_000, || {
                let start = Instant::now();
                start.elapsed().as_nanos() as f64
            });
            let per_call = |operation: &mut dyn Operation, calls: u64| {
                let sample = || ready(operation.sample(calls)).elapsed.as_nanos() as f64;
                (smallest(20, sample) - clock).max(0.0) / calls as f64
            };
            Self {
                clock,
                plain: per_call(&mut Calls(|| ()), 10_000),
                awaited: per_call(&mut AsyncCalls(async || ()), 10_000),
                batched: per_call(&mut Batched { input: || 0_u64, call: |x| x }, MAX_INPUTS),
            }
        })
    }

    /// Returns figures of zero: nothing is taken off.
    #[cfg(test)]
    pub(crate) fn none() -> Self {
        Self { clock: 0.0, plain: 0.0, awaited: 0.0, batched: 0.0 }
    }

    /// Returns what one call took when `calls` of them together took `nanos`.
    ///
    /// A reading is a whole number of nanoseconds, so a sample never counts as less than one:
    /// what is faster than the clock reads as fast, not as nothing.
    pub(crate) fn per_call(&self, shape: Shape, nanos: f64, calls: u64) -> f64 {
        let calls_made = calls as f64;
        // One call at a time runs no loop worth the name.
        let of_the_loop = if calls > 1 { self.of_loop(shape) * calls_made } else { 0.0 };
        (nanos - self.clock - of_the_loop).max(1.0) / calls_made
    }

    /// Tells whether a call that takes `nanos` is blurred by what measuring it costs: timed alone,
    /// by the clock's reads; called in batches, by a loop that costs more than it does.
    pub(crate) fn blurs(&self, shape: Shape, nanos: f64, calls: u64) -> bool {
        nanos < if calls > 1 { self.of_loop(shape) } else { CLOCK_READS * self.clock }
    }

    fn of_loop(&self, shape: Shape) -> f64 {
        match shape {
            Shape::Plain => self.plain,
            Shape::Awaited => self.awaited,
            Shape::Batched => self.batched,
        }
    }
}

/// The smallest of `times` readings: interruptions only ever add.
fn smallest(times: usize, mut reading: impl FnMut() -> f64) -> f64 {
    (0..times).map(|_| reading()).fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: Overhead = Overhead { clock: 40.0, plain: 0.5, awaited: 1.0, batched: 2.0 };

    #[test]
    fn the_clock_is_taken_off_once_and_the_loop_for_each_call() {
        assert_eq!(KNOWN.per_call(Shape::Plain, 1_090.0, 100), 10.0);
        assert_eq!(KNOWN.per_call(Shape::Awaited, 1_140.0, 100), 10.0);
        assert_eq!(KNOWN.per_call(Shape::Batched, 1_240.0, 100), 10.0);
    }

    #[test]
    fn b1_a_single_call_is_freed_from_the_clock() {
        assert_eq!(KNOWN.per_call(Shape::Plain, 72.0, 1), 32.0);
    }

    #[test]
    fn a_call_is_blurred_by_the_clock_alone_and_by_the_loop_in_batches() {
        assert!(KNOWN.blurs(Shape::Plain, 399.0, 1) && !KNOWN.blurs(Shape::Plain, 401.0, 1));
        assert!(KNOWN.blurs(Shape::Plain, 0.4, 9) && !KNOWN.blurs(Shape::Plain, 0.6, 9));
        assert!(KNOWN.blurs(Shape::Batched, 1.9, 9));
    }

    #[test]
    fn nothing_takes_less_than_the_clock_can_tell() {
        assert_eq!(KNOWN.per_call(Shape::Plain, 39.0, 1), 1.0);
        assert_eq!(KNOWN.per_call(Shape::Plain, 10.0, 100), 0.01);
    }

    #[test]
    fn the_measured_figures_are_costs() {
        let overhead = Overhead::measured();
        for cost in [overhead.plain, overhead.awaited, overhead.batched] {
            assert!(cost.is_finite() && cost >= 0.0, "{overhead:?}");
        }
    }
}
