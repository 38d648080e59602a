//! How long to measure, and the two short ways to do it.

use crate::{case::Case, result::BenchmarkResult, sampling::Plan};
use std::time::Duration;

/// Iterations that are measured at least, unless said otherwise.
pub(crate) const MIN_ITERATIONS: u64 = 10;

/// How long operations are measured.
///
/// An iteration is one call. Without iteration limits, set-up or tear-down, an operation that
/// takes less than a microsecond is called in batches of about a millisecond and the cost of the
/// loop is taken off; [`BenchmarkResult::batch`] says how many calls a sample holds. With them,
/// each call is timed alone, which is what percentiles need and what a clock read of some tens of
/// nanoseconds blurs below a microsecond.
///
/// # Examples
///
/// ```
/// use atp_bench::Benchmark;
/// use std::time::Duration;
///
/// let benchmark = Benchmark::new().with_target_time(Duration::from_millis(5));
/// let result = benchmark.run("sum", || (0..100_u64).sum::<u64>());
/// assert!(result.iterations >= 10);
/// assert!(result.min_seconds <= result.mean_seconds);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Benchmark {
    warmup: u64,
    min: Option<u64>,
    max: Option<u64>,
    target: Duration,
}

impl Default for Benchmark {
    fn default() -> Self {
        Self::new()
    }
}

impl Benchmark {
    /// Creates a benchmark with 3 calls of warm-up, a target of one second, at least 10 samples
    /// and no limit but the target above that.
    pub const fn new() -> Self {
        Self { warmup: 3, min: None, max: None, target: Duration::from_secs(1) }
    }

    /// Sets how many calls are made before any is measured.
    #[must_use]
    pub const fn with_warmup_iterations(mut self, iterations: u64) -> Self {
        self.warmup = iterations;
        self
    }

    /// Sets how many calls are measured at least, however long they take, and times each alone.
    ///
    /// It wins over a smaller maximum, and 0 counts as 1.
    #[must_use]
    pub const fn with_min_iterations(mut self, iterations: u64) -> Self {
        self.min = Some(iterations);
        self
    }

    /// Sets how many calls are measured at most, and times each alone.
    #[must_use]
    pub const fn with_max_iterations(mut self, iterations: u64) -> Self {
        self.max = Some(iterations);
        self
    }

    /// Sets the time after which no further sample is taken. Set-up and tear-down count towards
    /// it, so that a run ends; they do not count in the result.
    #[must_use]
    pub const fn with_target_time(mut self, target: Duration) -> Self {
        self.target = target;
        self
    }

    /// Returns the calls made before any is measured.
    pub const fn warmup_iterations(&self) -> u64 {
        self.warmup
    }

    /// Returns the least number of samples as it was set, 10 by default.
    pub fn min_iterations(&self) -> u64 {
        self.min.unwrap_or(MIN_ITERATIONS)
    }

    /// Returns the largest number of calls, if one was set.
    pub const fn max_iterations(&self) -> Option<u64> {
        self.max
    }

    /// Returns the time after which no further sample is taken.
    pub const fn target_time(&self) -> Duration {
        self.target
    }

    /// Measures a closure.
    ///
    /// # Panics
    ///
    /// If `operation` does.
    pub fn run<T>(&self, name: impl Into<String>, operation: impl FnMut() -> T) -> BenchmarkResult {
        self.case(name).run(operation)
    }

    /// Measures an asynchronous closure, from its call to the end of its future.
    ///
    /// The future runs wherever this one is awaited; no runtime is started or needed. Dropping
    /// this future ends the measurement without a result.
    ///
    /// # Panics
    ///
    /// If `operation` does.
    pub async fn run_async<T>(
        &self,
        name: impl Into<String>,
        operation: impl AsyncFnMut() -> T,
    ) -> BenchmarkResult {
        self.case(name).run_async(operation).await
    }

    /// Starts the description of a measurement with set-up, tear-down, metadata or threads.
    pub fn case<'a>(&self, name: impl Into<String>) -> Case<'a> {
        Case::new(*self, name.into())
    }

    pub(crate) fn plan(&self) -> Plan {
        Plan::new(self.warmup, self.min, self.max, self.target)
    }
}
