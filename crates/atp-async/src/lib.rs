//! Limits, retries, pools, batches and deadlines for tokio that never lose a permit.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod catch;
mod error;
mod line;
mod sync;

mod gather;
mod pool;
mod rate;
mod retry;

pub use error::ConfigError;
pub use gather::{GatherError, gather_with_limit, try_gather_with_limit};
pub use pool::{
    AsyncPool, BoxFuture, CleanupResult, Lease, PoolBuilder, PoolConfig, PoolError, PoolStats,
};
#[cfg(feature = "governor")]
pub use rate::{KeyedError, KeyedRateLimiter};
pub use rate::{RateConfig, RateError, RateLimiter};
pub use retry::{
    Attempt, AttemptFailure, GaveUp, RetryBudget, RetryError, RetryPolicy, retry_async,
};

/// The example of the README, compiled and run as a doc test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
