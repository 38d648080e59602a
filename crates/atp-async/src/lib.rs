//! Limits, retries, pools, batches and deadlines for tokio that never lose a permit.
//!
//! What an async program needs to run many fallible calls against slow services:
//!
//! - how many at a time: [`gather_with_limit`] in the caller's task, [`ParallelExecutor`] in tasks
//!   of their own, [`chunked_gather`] with a barrier, [`AsyncBatcher`] many to a call;
//! - how often: [`RateLimiter`] with a fair line, `KeyedRateLimiter` for a budget each key,
//!   `SharedRateLimiter` for one that several machines share;
//! - how many of a thing: [`AsyncPool`];
//! - how hard to try: [`retry_async`] with a [`RetryPolicy`];
//! - how long: [`with_timeout`], [`timeout_or`], [`stream_with_timeout`];
//! - how much a service can take: [`AdaptiveLimit`], [`ConcurrencyConfig`].
//!
//! ```
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use atp_async::{RateConfig, RateLimiter, gather_with_limit};
//!
//! let limiter = RateLimiter::new(RateConfig::per_second(100.0).with_burst(10))?;
//! let calls = (0..30).map(|n| limiter.limit(async move { n * n }));
//! let squares = gather_with_limit(calls, 5).await?;
//! assert_eq!(squares[29], 841);
//! # Ok(())
//! # }
//! ```
//!
//! Every operation may be dropped at any await, and every closure may panic: permits, slots and
//! tokens come back. Numbers that can only hang are errors of the constructor. All time is tokio's,
//! so a paused runtime tests it without sleeping.
//!
//! What this crate does not do: it starts no thread and no runtime, its constructors spawn
//! nothing, and of all its limits only a `SharedRateLimiter` reaches beyond the process.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod catch;
mod error;
mod gate;
mod line;
mod sync;

mod adaptive;
mod batch;
mod chunk;
mod concurrency;
mod deadline;
mod executor;
mod gather;
mod pool;
mod rate;
mod retry;
mod stream;

pub use adaptive::{AdaptiveConfig, AdaptiveLimit, AdaptivePermit, LimitChange, Signal};
pub use batch::{AsyncBatcher, BatchConfig, BatchError};
pub use chunk::{ChunkConfig, chunked_gather};
pub use concurrency::ConcurrencyConfig;
pub use deadline::{Elapsed, timeout_or, with_timeout};
pub use error::ConfigError;
pub use executor::{FailurePolicy, Outcome, ParallelExecutor, Rest};
pub use gather::{GatherError, gather_with_limit, try_gather_with_limit};
pub use pool::{
    AsyncPool, BoxFuture, CleanupResult, Lease, PoolBuilder, PoolConfig, PoolError, PoolStats,
};
#[cfg(feature = "governor")]
#[cfg_attr(docsrs, doc(cfg(feature = "governor")))]
pub use rate::{KeyedError, KeyedRateLimiter};
#[cfg(feature = "redis")]
#[cfg_attr(docsrs, doc(cfg(feature = "redis")))]
pub use rate::{OutagePolicy, RateGrant, SharedRateError, SharedRateLimiter};
pub use rate::{RateConfig, RateError, RateLimiter};
pub use retry::{
    Attempt, AttemptFailure, GaveUp, RetryBudget, RetryError, RetryPolicy, retry_async,
};
pub use stream::{FallbackStream, StreamElapsed, StreamLimits, TimeoutStream, stream_with_timeout};

/// The example of the README, compiled and run as a doc test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
