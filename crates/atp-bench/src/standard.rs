//! What the platform is measured by.

mod concurrent;
mod inputs;
mod platform;
mod tools;

pub use concurrent::async_benchmarks;
pub use inputs::suite_text;

use crate::{benchmark::Benchmark, poll, set::BenchmarkSet, suite::BenchmarkSuite};
use std::time::Duration;

/// A dozen of benchmarks at this length are read while one waits.
const TARGET: Duration = Duration::from_millis(400);

/// Returns the benchmarks of [`run_standard_benchmarks`].
pub fn standard_benchmarks() -> BenchmarkSet {
    tools::add_to(platform::add_to(BenchmarkSet::new("ATP Standard Benchmarks")))
}

/// Measures what the platform does most: loading suites, scoring, statistics, parsing events, and
/// the tools around it. Takes about six seconds in a release build.
///
/// | benchmark | one call |
/// |---|---|
/// | `test_suite_load_uncached` | reads and checks a file of 10 tests, 3.4 KB |
/// | `test_suite_load_cached` | the same through the cache, file unchanged |
/// | `large_suite_load` | reads and checks a file of 100 tests, 32 KB |
/// | `suite_load_1000` | reads and checks a file of 1,000 tests |
/// | `score_aggregation` | scores 20 checks of 4 evaluators |
/// | `statistics_calculation` | statistics of 100 values |
/// | `event_parsing` | parses one event line |
/// | `profiler_overhead_enabled` | opens and closes a recorded span |
/// | `profiler_overhead_disabled` | the same while profiling is off |
/// | `instance_cache_hit` | finds an instance by its configuration |
/// | `lazy_get` | reads a lazy value that is there |
/// | `tracking_allocator` | allocates and frees 64 bytes, where the allocator is installed |
///
/// # Panics
///
/// If no temporary file can be written.
pub fn run_standard_benchmarks() -> BenchmarkSuite {
    poll::ready(standard_benchmarks().run(&Benchmark::new().with_target_time(TARGET)))
}

/// Measures the asynchronous tools: `async_profiler_overhead`, `gather` of 100 futures, `limiter`,
/// `pool` and `retry`. To be awaited on a tokio runtime with a clock.
///
/// # Panics
///
/// If awaited outside of a tokio runtime.
pub async fn run_async_benchmarks() -> BenchmarkSuite {
    async_benchmarks().run(&Benchmark::new().with_target_time(TARGET)).await
}
