//! Makes an agent test platform fast, and shows that it is.
//!
//! The facade: each section below re-exports one sub-crate, at the root by name and as a module
//! of its own. There is no logic here. Names that several crates have, such as `ConfigError`, and
//! those that programs seldom write stand in the modules only.
//!
//! ```
//! use atp_performance::{enable_profiling, profile, profiled};
//!
//! #[profiled]
//! async fn load() -> usize {
//!     let _span = profile("parse");
//!     "1 2 3".split(' ').count()
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let profiler = enable_profiling();
//! assert_eq!(load().await, 3);
//! println!("{}", profiler.format_report());
//! # });
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! What this crate does not do: it installs no allocator, subscriber, runtime or signal handler,
//! which is for the program, and it does not run test suites.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(all(feature = "adapter", unix))]
#[doc(inline)]
pub use atp_adapter as adapter;
#[cfg(all(feature = "adapter", unix))]
pub use atp_adapter::{
    Adapter, AdapterBuilder, AdapterCache, AdapterError, AdapterRegistry, Answer, EventSink,
    Failure, Measured, Run, RunLimits, adapter_cache, lazy_adapter_registry,
};

#[cfg(feature = "async")]
#[doc(inline)]
pub use atp_async as concurrency;
#[cfg(feature = "async")]
pub use atp_async::{
    AdaptiveConfig, AdaptiveLimit, AdaptivePermit, AsyncBatcher, AsyncPool, Attempt,
    AttemptFailure, BatchConfig, BatchError, ChunkConfig, ConcurrencyConfig, Elapsed,
    FailurePolicy, GatherError, GaveUp, KeyedError, KeyedRateLimiter, Lease, LimitChange, Outcome,
    ParallelExecutor, PoolBuilder, PoolConfig, PoolError, PoolStats, RateConfig, RateError,
    RateLimiter, RetryBudget, RetryError, RetryPolicy, Signal, StreamElapsed, StreamLimits,
    TimeoutStream, chunked_gather, gather_with_limit, retry_async, stream_with_timeout, timeout_or,
    try_gather_with_limit, with_timeout,
};
#[cfg(feature = "redis")]
pub use atp_async::{OutagePolicy, RateGrant, SharedRateError, SharedRateLimiter};

#[cfg(feature = "bench")]
#[doc(inline)]
pub use atp_bench as bench;
#[cfg(feature = "bench")]
pub use atp_bench::{
    Benchmark, BenchmarkResult, BenchmarkSet, BenchmarkSuite, Comparison, Gate, Throughput, Verdict,
};
#[cfg(feature = "benchmarks")]
pub use atp_bench::{
    async_benchmarks, run_async_benchmarks, run_standard_benchmarks, standard_benchmarks,
};

#[cfg(feature = "cache")]
#[doc(inline)]
pub use atp_cache as cache;
#[cfg(feature = "cache")]
pub use atp_cache::{
    CacheConfig, CacheEntry, CacheError, CacheStats, Explanation, FileCache, Instance,
    InstanceCache, clear_all_caches, register_global_cache,
};
#[cfg(all(feature = "cache", feature = "suite"))]
pub use atp_cache::{CachedTestLoader, LoadedSuite, TestSuiteCache, test_suite_cache};

#[cfg(feature = "lazy")]
#[doc(inline)]
pub use atp_lazy as lazy;
#[cfg(feature = "lazy")]
pub use atp_lazy::{
    AsyncFallibleModule, AsyncModule, DeferredRegistry, Fallible, FallibleModule, InitError,
    LazyModule, LazyValue, MeasureError, ProcessStartup, RegistryError, SingleFlight,
    StartupAnalyzer, StartupTiming, StartupTimings, measure_process_startup, measure_startup_time,
    phase,
};

#[cfg(feature = "memory")]
#[doc(inline)]
pub use atp_memory as memory;
#[cfg(feature = "memory")]
pub use atp_memory::{
    Estimate, GroupBy, Growth, HeapCounts, HeapDiff, HeapSnapshot, Measure, MemoryChange,
    MemoryConfig, MemoryDiff, MemoryFutureExt, MemoryReport, MemoryScope, MemorySnapshot,
    MemoryTracker, MemoryUsage, Outlived, Sampling, ScopeHandle, Site, Source, TrackedFuture,
    TrackingAllocator, TrackingError, current_usage, disable_memory_tracking,
    enable_memory_tracking, measure_heap, memory_size, memory_tracker, track_memory,
};

#[cfg(feature = "profile")]
#[doc(inline)]
pub use atp_profile as profile;
#[cfg(feature = "tracing")]
pub use atp_profile::ProfilerLayer;
#[cfg(feature = "profile")]
pub use atp_profile::{
    FoldedTime, ManualClock, Metadata, Profile, ProfileComparison, ProfileCounters,
    ProfileFutureExt, ProfileIteratorExt, ProfileNode, ProfileResult, ProfileStats,
    ProfileStreamExt, ProfileSummary, Profiled, Profiler, ProfilerConfig, Span, SpanContext,
    disable_profiling, enable_profiling, in_current_span, profile, profile_async,
    profile_async_with, profile_fn, profile_with, profiler, set_profiler, try_profile_fn,
};
#[cfg(feature = "profile")]
pub use atp_profile_macros::profiled_through_facade as profiled;

#[cfg(feature = "protocol")]
#[doc(inline)]
pub use atp_protocol as protocol;
#[cfg(feature = "protocol")]
pub use atp_protocol::{
    Artifact, Event, EventDefaults, EventOrder, EventType, Metrics, PartialEvent, Request,
    Response, Timestamp,
};

#[cfg(feature = "scoring")]
#[doc(inline)]
pub use atp_scoring as scoring;
#[cfg(feature = "scoring")]
pub use atp_scoring::{
    Check, Evaluation, Limits, RunSamples, RunStatistics, Score, Scorer, TestScore, Weights,
};

#[cfg(feature = "stats")]
#[doc(inline)]
pub use atp_stats as stats;
#[cfg(feature = "stats")]
pub use atp_stats::{Bootstrap, Sorted, Summary};

#[cfg(feature = "suite")]
#[doc(inline)]
pub use atp_suite as suite;
#[cfg(feature = "suite")]
pub use atp_suite::{
    Environment, LoadedFile, Problem, SuiteDocument, SuiteError, TagFilter, TestCase, TestSuite,
};

/// The guide's snippets, compiled and run as doc tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide.md")]
mod guide {}

/// The README's example, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
