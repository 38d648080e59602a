//! The limiter: what callers ask, and how they wait.

use super::config::RateConfig;
use super::driver::Clocked;
use super::gcra::{duration, ticks};
use super::queue::Cost;
use crate::error::ConfigError;
use crate::line::Ticket;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

/// A token bucket with a fair line: never more than `rate * time + burst` in any window.
///
/// A clone shares the budget. Making one needs no runtime; waiting does. Waiters are served in
/// the order in which they were first polled, and nobody overtakes them with
/// [`try_acquire`](Self::try_acquire). Tokens are taken at the moment of the grant, on tokio's
/// clock, so time that a waiter slept is credited once.
///
/// Its time is counted from when it was made, and stands still after four and a half years: a
/// limiter that is older than that has to be made anew, for it limits nothing any more.
///
/// # Cancellation and panics
///
/// A waiter that is dropped takes no token: one that it was already granted goes back, and the next
/// in line moves up. If others have taken tokens since, as much goes back as cannot put any window
/// above the rate, which may be nothing. The clock of the line is watched by a small task in each
/// runtime that has waiters, which the first of them spawns and which ends with the line; a waiter
/// that nobody polls, or a runtime that stands still, therefore delays no other. No code of the
/// caller runs under the limiter's lock.
///
/// # Panics
///
/// Waiting panics outside a tokio runtime with its timer on. Checks that need not wait do not.
///
/// # Examples
///
/// ```
/// use atp_async::{RateConfig, RateLimiter};
///
/// let limiter = RateLimiter::new(RateConfig::per_second(10.0).with_burst(2))?;
/// assert!(limiter.try_acquire());
/// assert!(limiter.try_acquire());
/// assert!(!limiter.try_acquire(), "the third has to wait 100 ms");
/// # Ok::<(), atp_async::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
pub struct RateLimiter {
    shared: Arc<Clocked>,
}

/// Why tokens were refused without waiting for them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RateError {
    /// More was asked for than the budget ever holds.
    #[error("{asked} {what} asked for, the burst is {burst}")]
    ExceedsBurst {
        /// "requests" or "units".
        what: &'static str,
        /// What was asked for.
        asked: u32,
        /// What the limiter holds when it has rested.
        burst: u32,
    },
    /// The wait would be longer than the caller allows.
    #[error("the next grant is {wait:?} away, at most {timeout:?} were allowed")]
    TooLong {
        /// The wait, at the time of asking.
        wait: Duration,
        /// What was allowed.
        timeout: Duration,
    },
    /// Units were asked for, and the limiter has no budget of them.
    #[error("the limiter has no budget of units")]
    NoUnits,
}

impl RateLimiter {
    /// Creates a limiter with a full bucket.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for a burst of 0, a rate that is not above 0 and at most 500 million per
    /// second, or one that needs more than a year to refill the burst.
    pub fn new(config: RateConfig) -> Result<Self, ConfigError> {
        Ok(Self { shared: Arc::new(Clocked::new(config, None)?) })
    }

    /// Creates a limiter with a second budget: each acquisition takes one request and as many
    /// units as it says, such as the tokens of a prompt beside the calls of an LLM API.
    ///
    /// Both are taken together or not at all.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new), for either.
    pub fn weighted(requests: RateConfig, units: RateConfig) -> Result<Self, ConfigError> {
        Ok(Self { shared: Arc::new(Clocked::new(requests, Some(units))?) })
    }

    /// Waits for one token. Dropping the future before it is ready takes none, here as in all that
    /// wait.
    #[doc(alias = "wait")]
    pub async fn acquire(&self) {
        self.wait(self.cost_of_one()).await;
    }

    /// Waits for `tokens` at once. None are taken before all are there; 0 is granted at once.
    ///
    /// # Errors
    ///
    /// [`RateError::ExceedsBurst`] for more than the burst, which would never be granted.
    pub async fn acquire_n(&self, tokens: u32) -> Result<(), RateError> {
        let cost = self.cost(tokens, 0)?;
        if tokens > 0 {
            self.wait(cost).await;
        }
        Ok(())
    }

    /// Waits for one request and `units` of the second budget.
    ///
    /// # Errors
    ///
    /// [`RateError::NoUnits`] if the limiter is not [`weighted`](Self::weighted),
    /// [`RateError::ExceedsBurst`] if there are never that many.
    pub async fn acquire_units(&self, units: u32) -> Result<(), RateError> {
        let cost = self.cost(1, units)?;
        self.wait(cost).await;
        Ok(())
    }

    /// Waits for one token, unless that would take longer than `timeout`: then it fails at once,
    /// before it sleeps and without a token.
    ///
    /// Those in line before are part of the wait. A penalty that comes later can still make it
    /// too long; then this fails when `timeout` has passed.
    ///
    /// # Errors
    ///
    /// [`RateError::TooLong`].
    pub async fn acquire_within(&self, timeout: Duration) -> Result<(), RateError> {
        self.wait_within(self.cost_of_one(), timeout).await
    }

    /// As [`acquire_units`](Self::acquire_units), with the limit of
    /// [`acquire_within`](Self::acquire_within).
    ///
    /// # Errors
    ///
    /// Those of both.
    pub async fn acquire_units_within(
        &self,
        units: u32,
        timeout: Duration,
    ) -> Result<(), RateError> {
        let cost = self.cost(1, units)?;
        self.wait_within(cost, timeout).await
    }

    /// Takes one token if it is there and nobody waits for it.
    #[inline]
    pub fn try_acquire(&self) -> bool {
        self.shared.queue.try_take(self.shared.now(), self.cost_of_one())
    }

    /// Takes one request and `units` of the second budget, if both are there and nobody waits.
    ///
    /// # Errors
    ///
    /// As for [`acquire_units`](Self::acquire_units).
    pub fn try_acquire_units(&self, units: u32) -> Result<bool, RateError> {
        let cost = self.cost(1, units)?;
        Ok(self.shared.queue.try_take(self.shared.now(), cost))
    }

    /// Waits for one token, then runs `future`.
    ///
    /// The token is spent even if `future` is then dropped before it ends: it may have sent its
    /// request already.
    pub async fn limit<F: Future>(&self, future: F) -> F::Output {
        self.acquire().await;
        future.await
    }

    /// Grants nothing for `retry_after`, as told by a 429, and starts again with one token
    /// instead of a burst. Of two penalties the later end counts.
    ///
    /// Whoever waits keeps its place.
    pub fn penalise(&self, retry_after: Duration) {
        let mut queue = self.shared.queue.lock(self.shared.now());
        queue.penalise(ticks(retry_after));
        drop(queue);
        self.shared.changed();
    }

    /// Returns how many wait in line now.
    pub fn waiting(&self) -> usize {
        self.shared.queue.lock(self.shared.now()).waiting()
    }

    #[inline]
    fn cost_of_one(&self) -> Cost {
        Cost { requests: self.shared.queue.requests.interval(), units: 0 }
    }

    fn cost(&self, requests: u32, units: u32) -> Result<Cost, RateError> {
        let queue = &self.shared.queue;
        let fits = |what, asked, burst| {
            if asked > burst { Err(RateError::ExceedsBurst { what, asked, burst }) } else { Ok(()) }
        };
        fits("requests", requests, queue.requests.burst())?;
        let unit_cost = match &queue.units {
            Some(budget) => {
                fits("units", units, budget.burst())?;
                budget.cost(units)
            }
            None if units == 0 => 0,
            None => return Err(RateError::NoUnits),
        };
        Ok(Cost { requests: queue.requests.cost(requests), units: unit_cost })
    }

    async fn wait(&self, cost: Cost) {
        if self.shared.queue.try_take(self.shared.now(), cost) {
            return;
        }
        if let Ok(Some(place)) = Place::join(&self.shared, cost, None) {
            place.granted().await;
        }
    }

    async fn wait_within(&self, cost: Cost, timeout: Duration) -> Result<(), RateError> {
        if self.shared.queue.try_take(self.shared.now(), cost) {
            return Ok(());
        }
        let Some(place) = Place::join(&self.shared, cost, Some(timeout))? else { return Ok(()) };
        if tokio::time::timeout(timeout, place.granted()).await.is_ok() || place.granted_by_now() {
            return Ok(());
        }
        drop(place);
        let wait = duration(self.shared.queue.lock(self.shared.now()).wait_for(cost));
        Err(RateError::TooLong { wait, timeout })
    }
}

/// A place in the line, left when dropped.
struct Place<'a> {
    shared: &'a Arc<Clocked>,
    ticket: Ticket,
    cost: Cost,
}

impl<'a> Place<'a> {
    /// Joins the line, or takes the tokens if they are there by now: then there is no place. Under
    /// the lock in which the wait is compared with `most`, so nobody gets in between.
    fn join(
        shared: &'a Arc<Clocked>,
        cost: Cost,
        most: Option<Duration>,
    ) -> Result<Option<Self>, RateError> {
        let mut queue = shared.queue.lock(shared.now());
        if queue.try_take(cost) {
            return Ok(None);
        }
        if let Some(timeout) = most {
            let wait = duration(queue.wait_for(cost));
            if wait > timeout {
                return Err(RateError::TooLong { wait, timeout });
            }
        }
        Ok(Some(Self { shared, ticket: queue.join(cost), cost }))
    }

    async fn granted(&self) {
        poll_fn(|cx| self.shared.poll_granted(self.ticket, cx)).await;
    }

    /// Whether the grant is due at this very moment and only its timer has not run yet.
    fn granted_by_now(&self) -> bool {
        self.shared.grant_ready();
        let mut queue = self.shared.queue.lock(self.shared.now());
        queue.poll(self.ticket, &mut Context::from_waker(Waker::noop())).is_ready()
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut queue = self.shared.queue.lock(self.shared.now());
        let moved = queue.leave(self.ticket, self.cost);
        let retired = queue.retire_drivers();
        drop(queue);
        if moved || retired {
            self.shared.changed();
        }
    }
}
