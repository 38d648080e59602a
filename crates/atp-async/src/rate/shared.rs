//! A rate that several processes and machines share, kept on a Redis or Valkey server.

mod driver;
mod error;
mod limiter;
mod queue;
mod server;
mod terms;

pub use error::SharedRateError;
pub use limiter::{RateGrant, SharedRateLimiter};
pub use terms::OutagePolicy;
