//! What is retried, how often and after how long.

use super::budget::RetryBudget;
use super::schedule::{Exponential, Jitter};
use crate::error::ConfigError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

type Predicate<E> = Arc<dyn Fn(&E) -> bool + Send + Sync>;
type Floor<E> = Arc<dyn Fn(&E) -> Option<Duration> + Send + Sync>;
#[cfg(feature = "backoff")]
pub(super) type Schedule = Arc<dyn Fn() -> Box<dyn backoff::backoff::Backoff + Send> + Send + Sync>;

/// How [`retry_async`](crate::retry_async) answers errors of type `E`.
///
/// Until told otherwise it retries every error, waits a random time of up to 1, 2, 4 … 60 s
/// ("full jitter" below an exponential cap), and has no time limits. A policy is cheap to clone;
/// one that is kept can be passed on as `policy.clone()`.
///
/// # Examples
///
/// ```
/// use atp_async::RetryPolicy;
/// use std::{io, time::Duration};
///
/// let policy = RetryPolicy::new(5)
///     .with_delay(Duration::from_millis(100))
///     .with_max_delay(Duration::from_secs(5))
///     .with_deadline(Duration::from_secs(30))
///     .when(|error: &io::Error| error.kind() == io::ErrorKind::TimedOut);
/// # let _: RetryPolicy<io::Error> = policy;
/// ```
pub struct RetryPolicy<E> {
    pub(super) max_retries: u32,
    pub(super) exponential: Exponential,
    /// Apart and only where there are any, because a policy is moved into each operation.
    pub(super) rules: Option<Box<Rules<E>>>,
}

/// What most policies do without.
pub(super) struct Rules<E> {
    pub(super) attempt_timeout: Option<Duration>,
    pub(super) deadline: Option<Duration>,
    pub(super) predicate: Option<Predicate<E>>,
    pub(super) floor: Option<Floor<E>>,
    pub(super) budget: Option<RetryBudget>,
    #[cfg(feature = "backoff")]
    pub(super) schedule: Option<Schedule>,
}

impl<E> RetryPolicy<E> {
    /// Allows `max_retries` after the first attempt. 0 means one attempt.
    pub const fn new(max_retries: u32) -> Self {
        Self {
            max_retries,
            exponential: Exponential {
                initial: Duration::from_secs(1),
                factor: 2.0,
                max: Duration::from_secs(60),
                jitter: Jitter::Full(None),
            },
            rules: None,
        }
    }

    fn rules_mut(&mut self) -> &mut Rules<E> {
        self.rules.get_or_insert_default()
    }

    /// Sets the cap of the first delay. 1 s unless set.
    #[must_use]
    pub fn with_delay(mut self, delay: Duration) -> Self {
        self.exponential.initial = delay;
        self
    }

    /// Sets what the cap is multiplied by from one delay to the next. 2 unless set.
    ///
    /// A factor that is negative or not finite makes [`retry_async`](crate::retry_async) fail
    /// before the first attempt.
    #[must_use]
    #[doc(alias = "with_factor")]
    pub fn with_backoff(mut self, factor: f64) -> Self {
        self.exponential.factor = factor;
        self
    }

    /// Sets the longest delay. 60 s unless set. A service that asks for a longer one with
    /// [`retry_after`](Self::retry_after) is not asked again.
    #[must_use]
    pub fn with_max_delay(mut self, max: Duration) -> Self {
        self.exponential.max = max;
        self
    }

    /// Seeds the jitter: equal seeds give equal delays.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.exponential.jitter = Jitter::Full(Some(seed));
        self
    }

    /// Waits exactly the cap. Clients that failed together then retry together.
    #[must_use]
    pub fn without_jitter(mut self) -> Self {
        self.exponential.jitter = Jitter::None;
        self
    }

    /// Ends an attempt after `limit`, which counts as a failure that may be retried.
    ///
    /// The attempt is dropped at its next await; code that blocks cannot be stopped.
    #[must_use]
    pub fn with_attempt_timeout(mut self, limit: Duration) -> Self {
        self.rules_mut().attempt_timeout = Some(limit);
        self
    }

    /// Ends everything after `limit`: attempts and delays together. A delay that would reach
    /// the deadline is not begun.
    #[must_use]
    pub fn with_deadline(mut self, limit: Duration) -> Self {
        self.rules_mut().deadline = Some(limit);
        self
    }

    /// Shares `budget` with other policies, so that a storm of failures does not become a
    /// storm of retries.
    #[must_use]
    pub fn with_budget(mut self, budget: RetryBudget) -> Self {
        self.rules_mut().budget = Some(budget);
        self
    }

    /// Retries only what `predicate` is true for. An attempt that timed out is always retryable.
    #[must_use]
    pub fn when(mut self, predicate: impl Fn(&E) -> bool + Send + Sync + 'static) -> Self {
        self.rules_mut().predicate = Some(Arc::new(predicate));
        self
    }

    /// Waits at least what `floor` finds in an error, such as the value of a `Retry-After`.
    #[must_use]
    pub fn retry_after(
        mut self,
        floor: impl Fn(&E) -> Option<Duration> + Send + Sync + 'static,
    ) -> Self {
        self.rules_mut().floor = Some(Arc::new(floor));
        self
    }

    /// Takes the delays from a `backoff` schedule instead, made anew for each operation.
    ///
    /// Delay, factor and jitter of this policy are then unused; the longest delay still caps,
    /// and the count of retries still ends what the schedule does not.
    #[cfg(feature = "backoff")]
    #[cfg_attr(docsrs, doc(cfg(feature = "backoff")))]
    #[must_use]
    pub fn with_schedule<B>(mut self, schedule: impl Fn() -> B + Send + Sync + 'static) -> Self
    where
        B: backoff::backoff::Backoff + Send + 'static,
    {
        self.rules_mut().schedule = Some(Arc::new(move || Box::new(schedule())));
        self
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let factor = self.exponential.factor;
        if factor >= 0.0 && factor.is_finite() {
            return Ok(());
        }
        let expected = "finite and not negative";
        Err(ConfigError::OutOfRange { what: "backoff factor", value: factor, expected })
    }
}

impl<E> Default for Rules<E> {
    fn default() -> Self {
        Self {
            attempt_timeout: None,
            deadline: None,
            predicate: None,
            floor: None,
            budget: None,
            #[cfg(feature = "backoff")]
            schedule: None,
        }
    }
}

impl<E> Clone for Rules<E> {
    fn clone(&self) -> Self {
        Self {
            predicate: self.predicate.clone(),
            floor: self.floor.clone(),
            budget: self.budget.clone(),
            #[cfg(feature = "backoff")]
            schedule: self.schedule.clone(),
            ..*self
        }
    }
}

impl<E> Clone for RetryPolicy<E> {
    fn clone(&self) -> Self {
        Self { rules: self.rules.clone(), ..*self }
    }
}

/// Three retries, as if made by `RetryPolicy::new(3)`.
impl<E> Default for RetryPolicy<E> {
    fn default() -> Self {
        Self::new(3)
    }
}

impl<E> fmt::Debug for RetryPolicy<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules = self.rules.as_deref();
        f.debug_struct("RetryPolicy")
            .field("max_retries", &self.max_retries)
            .field("exponential", &self.exponential)
            .field("attempt_timeout", &rules.and_then(|rules| rules.attempt_timeout))
            .field("deadline", &rules.and_then(|rules| rules.deadline))
            .finish_non_exhaustive()
    }
}
