//! What is shared, and what holds while it cannot be.

use crate::error::ConfigError;
use crate::rate::gcra::Gcra;
use crate::rate::{RateConfig, RateLimiter};
use std::time::Duration;

/// The interval is a whole number of microseconds, rounded up: at this rate that costs 1 % at most.
const MAX_RATE: f64 = 10_000.0;

/// What a [`SharedRateLimiter`](crate::SharedRateLimiter) does while its server is not available.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum OutagePolicy {
    /// Grants nothing and fails: the rate is never exceeded.
    Closed,
    /// Grants this share of the rate and of the burst (at least one token) from a budget of this
    /// limiter's own, such as a quarter with four machines. Above 0, at most 1.
    ///
    /// While some machines see the server and others do not, the shares of the latter come on top
    /// of the rate.
    LocalShare(f64),
}

/// The numbers that all who share a budget have to agree on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Terms {
    /// Between two tokens.
    pub(super) interval_us: u64,
    pub(super) burst: u32,
}

impl Terms {
    pub(super) fn new(config: RateConfig) -> Result<Self, ConfigError> {
        Gcra::new(config)?;
        let RateConfig { per_second: value, burst } = config;
        if value > MAX_RATE {
            let expected = "at most 10,000 where it is shared";
            return Err(ConfigError::OutOfRange { what: "rate per second", value, expected });
        }
        Ok(Self { interval_us: (1e6 / value).ceil() as u64, burst })
    }

    pub(super) fn interval(&self) -> Duration {
        Duration::from_micros(self.interval_us)
    }

    pub(super) fn capacity_us(&self) -> u64 {
        self.interval_us * u64::from(self.burst)
    }
}

/// The budget for outages, if the policy has one.
#[derive(Debug)]
pub(super) struct Reserve {
    pub(super) limiter: RateLimiter,
    interval: Duration,
}

impl Reserve {
    pub(super) fn new(
        config: RateConfig,
        policy: OutagePolicy,
    ) -> Result<Option<Self>, ConfigError> {
        let OutagePolicy::LocalShare(share) = policy else { return Ok(None) };
        if !(share > 0.0 && share <= 1.0) {
            let expected = "above 0 and at most 1";
            return Err(ConfigError::OutOfRange { what: "local share", value: share, expected });
        }
        let per_second = config.per_second * share;
        let burst = (f64::from(config.burst) * share) as u32;
        let limiter =
            RateLimiter::new(RateConfig::per_second(per_second).with_burst(burst.max(1)))?;
        Ok(Some(Self { limiter, interval: Duration::from_secs_f64(1.0 / per_second) }))
    }

    /// Empties the bucket: what the server granted up to now may be this machine's share already.
    pub(super) fn open(&self) {
        self.limiter.penalise(self.interval);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_rounded_so_that_the_rate_is_never_exceeded() {
        let terms = |rate| Terms::new(RateConfig::per_second(rate).with_burst(2)).unwrap();
        assert_eq!(terms(100.0), Terms { interval_us: 10_000, burst: 2 });
        assert_eq!(terms(3.0).interval_us, 333_334);
        assert_eq!(terms(9_999.0).interval_us, 101);
        assert_eq!(terms(0.5).capacity_us(), 4_000_000);
    }

    #[test]
    fn a_share_has_a_token_at_least_and_is_a_share() {
        let reserve = |share| {
            let config = RateConfig::per_second(10.0).with_burst(5);
            Reserve::new(config, OutagePolicy::LocalShare(share))
        };
        let taken = |share| {
            let limiter = reserve(share).unwrap().unwrap().limiter;
            (0..9).take_while(|_| limiter.try_acquire()).count()
        };
        assert_eq!([taken(1.0), taken(0.5), taken(0.01)], [5, 2, 1]);
        for share in [0.0, -0.5, 1.5, f64::NAN, f64::INFINITY] {
            assert!(reserve(share).is_err(), "{share}");
        }
    }
}
