//! How much to do at a time.

use std::thread::available_parallelism;

/// How many tasks run at a time, and how many items make a batch.
///
/// [`ParallelExecutor`](crate::ParallelExecutor) and [`AsyncBatcher`](crate::AsyncBatcher) take
/// it, and check its numbers.
///
/// # Examples
///
/// ```
/// use atp_async::{ConcurrencyConfig, ParallelExecutor};
///
/// let executor = ParallelExecutor::new(ConcurrencyConfig::auto())?;
/// assert!(executor.adaptive_limit().is_some());
/// assert!(ParallelExecutor::new(ConcurrencyConfig::new(0)).is_err());
/// # Ok::<(), atp_async::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConcurrencyConfig {
    /// The most tasks, or batches, at a time.
    pub max_parallel: usize,
    /// How many items make a batch.
    pub batch_size: usize,
    /// Whether `max_parallel` is only the ceiling of an [`AdaptiveLimit`](crate::AdaptiveLimit),
    /// which begins there and backs off from overload.
    pub adaptive: bool,
}

impl ConcurrencyConfig {
    /// Allows `max_parallel` at a time, in batches of 10 and without adapting.
    pub const fn new(max_parallel: usize) -> Self {
        Self { max_parallel, batch_size: 10, adaptive: false }
    }

    /// Fits the machine: twice its CPUs but at most 20 at a time, batches of five times its CPUs,
    /// adaptive.
    ///
    /// CPUs are those that this process may use: on Linux its affinity and cgroup quota count.
    pub fn auto() -> Self {
        let cpus = available_parallelism().map_or(1, usize::from);
        Self { max_parallel: (2 * cpus).min(20), batch_size: 5 * cpus, adaptive: true }
    }

    /// Sets how many items make a batch.
    #[must_use]
    pub const fn with_batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = batch_size;
        self
    }

    /// Sets whether to back off from overload.
    #[must_use]
    pub const fn with_adaptive(mut self, adaptive: bool) -> Self {
        self.adaptive = adaptive;
        self
    }
}

/// Five at a time, in batches of ten.
impl Default for ConcurrencyConfig {
    fn default() -> Self {
        Self::new(5)
    }
}

impl From<usize> for ConcurrencyConfig {
    fn from(max_parallel: usize) -> Self {
        Self::new(max_parallel)
    }
}
