//! Rates: a budget of requests per time, and a fair line of those who wait for it.

mod config;
mod driver;
mod gcra;
#[cfg(feature = "governor")]
mod keyed;
mod limiter;
mod queue;
#[cfg(feature = "redis")]
mod shared;
mod word;

pub use config::RateConfig;
#[cfg(feature = "governor")]
pub use keyed::{KeyedError, KeyedRateLimiter};
pub use limiter::{RateError, RateLimiter};
#[cfg(feature = "redis")]
pub use shared::{OutagePolicy, RateGrant, SharedRateError, SharedRateLimiter};
