//! A budget for each key, checked without waiting, with a bound on the keys.

mod store;

use super::config::RateConfig;
use super::gcra::{Gcra, duration};
use crate::error::{ConfigError, at_least_one};
use crate::sync::lock;
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::{NotUntil, Quota, RateLimiter};
use std::fmt;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use store::{BoundedKeys, SharedKeys};

/// Limits each key by itself, for checks that do not wait: so many requests per user, say.
///
/// It holds at most `max_keys` keys. A key is forgotten once its bucket is full again, which
/// changes nothing for it. While all `max_keys` are still recent, further keys share one bucket of
/// the same size: they may be refused for one another, and are never let through unlimited.
/// [`overflowed`](Self::overflowed) counts their checks.
///
/// The checks are those of `governor`, on tokio's clock, so that they follow a paused runtime.
/// There is no line here: to wait in turn, use [`RateLimiter`](crate::RateLimiter).
///
/// # Examples
///
/// ```
/// use atp_async::{KeyedRateLimiter, RateConfig};
///
/// let limiter = KeyedRateLimiter::new(RateConfig::per_second(1.0), 10_000)?;
/// assert!(limiter.check(&"alice").is_ok());
/// assert!(limiter.check(&"alice").is_err());
/// assert!(limiter.check(&"bob").is_ok());
/// # Ok::<(), atp_async::ConfigError>(())
/// ```
pub struct KeyedRateLimiter<K: Hash + Eq + Clone> {
    limiter: RateLimiter<K, SharedKeys<K>, TokioClock, NoOpMiddleware<Instant>>,
    keys: Arc<BoundedKeys<K>>,
    /// How long a bucket takes to fill: sweeping more often finds nothing new.
    refill: Duration,
    swept: Mutex<Instant>,
}

/// A key has spent its budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the limit of this key is reached, its next request may be in {retry_after:?}")]
#[non_exhaustive]
pub struct KeyedError {
    /// When the same key may be checked again with success, from now.
    pub retry_after: Duration,
}

impl<K: Hash + Eq + Clone> KeyedRateLimiter<K> {
    /// Creates a limiter in which each key has the budget of `config`.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for no keys, and for the numbers that
    /// [`RateLimiter::new`](crate::RateLimiter::new) refuses.
    pub fn new(config: RateConfig, max_keys: usize) -> Result<Self, ConfigError> {
        let gcra = Gcra::new(config)?;
        let keys = Arc::new(BoundedKeys::new(at_least_one("max_keys", max_keys)?));
        let burst = NonZeroU32::new(config.burst).ok_or(ConfigError::Zero { what: "burst" })?;
        let quota = Quota::with_period(duration(gcra.interval()))
            .ok_or(ConfigError::Zero { what: "interval" })?
            .allow_burst(burst);
        Ok(Self {
            limiter: RateLimiter::new(quota, SharedKeys(Arc::clone(&keys)), TokioClock),
            keys,
            refill: duration(gcra.capacity()),
            swept: Mutex::new(TokioClock.now()),
        })
    }

    /// Takes one token of `key`, if there is one.
    ///
    /// # Errors
    ///
    /// [`KeyedError`] with the time until there is one.
    pub fn check(&self, key: &K) -> Result<(), KeyedError> {
        if self.keys.is_full() {
            self.sweep();
        }
        self.limiter.check_key(key).map_err(|refused: NotUntil<Instant>| KeyedError {
            retry_after: refused.wait_time_from(TokioClock.now()),
        })
    }

    /// Returns how many keys are held.
    pub fn len(&self) -> usize {
        self.limiter.len()
    }

    /// Returns whether no key is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns how many checks were made in the bucket that the keys beyond the bound share.
    pub fn overflowed(&self) -> u64 {
        self.keys.overflowed()
    }

    /// Forgets the keys whose bucket is full, at most once in the time that a bucket takes.
    fn sweep(&self) {
        let now = TokioClock.now();
        {
            let mut swept = lock(&self.swept);
            if now.saturating_duration_since(*swept) < self.refill {
                return;
            }
            *swept = now;
        }
        self.limiter.retain_recent();
    }
}

impl<K: Hash + Eq + Clone> fmt::Debug for KeyedRateLimiter<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedRateLimiter")
            .field("keys", &self.len())
            .field("refill", &self.refill)
            .field("overflowed", &self.overflowed())
            .finish_non_exhaustive()
    }
}

/// Tokio's clock as governor wants it.
#[derive(Debug, Clone, Copy)]
struct TokioClock;

impl Clock for TokioClock {
    type Instant = Instant;

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }
}
