//! The loop: attempt, decide, wait.

use super::budget::RetryBudget;
use super::error::{Attempt, AttemptFailure, GaveUp, History, RetryError};
use super::policy::{RetryPolicy, Rules};
use super::schedule::Delays;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// Runs `operation` until it succeeds or `policy` gives up.
///
/// Each attempt is a future of its own. It may borrow what the closure borrows, and can be spawned
/// if all that is `Send`; what the closure owns it clones for each attempt, as in
/// `move || { let client = client.clone(); async move { … } }`.
///
/// On success at the first attempt no clock is read, nothing is allocated and no random number
/// is drawn, unless the policy has a time limit.
///
/// # Cancellation and panics
///
/// Dropping this future drops the attempt or the wait; that is how a retry is cancelled, and it
/// is never an error to be retried. A panic of the operation or of the predicate goes through to
/// the caller and is not retried.
///
/// # Errors
///
/// [`RetryError`] with the reason and every failed attempt.
///
/// # Panics
///
/// Outside a tokio runtime with its timer on, where it has to wait or to watch a limit of time.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// use atp_async::{RetryPolicy, retry_async};
/// use std::cell::Cell;
///
/// let calls = Cell::new(0);
/// let answer = retry_async(RetryPolicy::new(3), async || {
///     calls.set(calls.get() + 1);
///     if calls.get() < 3 { Err("busy") } else { Ok(42) }
/// })
/// .await;
/// assert_eq!(answer, Ok(42));
/// # }
/// ```
#[expect(clippy::manual_async_fn, reason = "an async fn would copy the policy once more")]
pub fn retry_async<T, E, Fut>(
    policy: RetryPolicy<E>,
    mut operation: impl FnMut() -> Fut,
) -> impl Future<Output = Result<T, RetryError<E>>>
where
    Fut: Future<Output = Result<T, E>>,
{
    async move {
        if let Err(error) = policy.check() {
            return Err(RetryError::new(GaveUp::Config(error), History::new()));
        }
        // No reference to the rules is kept over an await: with one, the compiler cannot tell that
        // the future of a closure with captures is `Send`, and it could not be spawned.
        let deadline = policy.rules.as_ref().and_then(|rules| rules.deadline);
        let ends_at = deadline.and_then(|limit| Instant::now().checked_add(limit));
        let mut failed: Option<Retries<E>> = None;
        loop {
            let limit = policy.rules.as_ref().and_then(|rules| rules.attempt_limit(ends_at));
            let outcome = match limit {
                None => operation().await.map_err(AttemptFailure::Error),
                Some(limit) => match timeout(limit, operation()).await {
                    Ok(outcome) => outcome.map_err(AttemptFailure::Error),
                    Err(_) => Err(AttemptFailure::TimedOut(limit)),
                },
            };
            let failure = match outcome {
                Ok(value) => {
                    if let Some(budget) = policy.rules.and_then(|rules| rules.budget) {
                        budget.succeeded();
                    }
                    return Ok(value);
                }
                Err(failure) => failure,
            };
            let mut retries = failed.take().unwrap_or_else(|| Retries::new(&policy));
            let now = Instant::now();
            let left = ends_at.map(|end| end.saturating_duration_since(now));
            let decision = retries.decide(&policy, &failure, left);
            let delay = decision.as_ref().ok().copied();
            retries.history.push(Attempt { failure, failed_at: now, delay });
            match decision {
                Ok(delay) => sleep(delay).await,
                Err(reason) => return Err(RetryError::new(reason, retries.history)),
            }
            failed = Some(retries);
        }
    }
}

impl<E> Rules<E> {
    /// What an attempt that begins now may take: its own limit or what the deadline leaves.
    fn attempt_limit(&self, ends_at: Option<Instant>) -> Option<Duration> {
        let left = ends_at.map(|end| end.saturating_duration_since(Instant::now()));
        match (self.attempt_timeout, left) {
            (Some(limit), Some(left)) => Some(limit.min(left)),
            (limit, left) => limit.or(left),
        }
    }
}

/// What is kept from the first failure on.
struct Retries<E> {
    delays: Source,
    history: History<E>,
}

/// Where the delays come from.
enum Source {
    Own(Delays),
    #[cfg(feature = "backoff")]
    Foreign(Box<dyn backoff::backoff::Backoff + Send>),
}

impl<E> Retries<E> {
    fn new(policy: &RetryPolicy<E>) -> Self {
        #[cfg(feature = "backoff")]
        let delays = match policy.rules.as_ref().and_then(|rules| rules.schedule.as_ref()) {
            Some(schedule) => Source::Foreign(schedule()),
            None => Source::Own(policy.exponential.delays()),
        };
        #[cfg(not(feature = "backoff"))]
        let delays = Source::Own(policy.exponential.delays());
        Self { delays, history: History::new() }
    }

    /// Decides on the failure of the attempt after those in the history: how long to wait before
    /// the next one, or why there is none. `left` is the time that the deadline leaves.
    fn decide(
        &mut self,
        policy: &RetryPolicy<E>,
        failure: &AttemptFailure<E>,
        left: Option<Duration>,
    ) -> Result<Duration, GaveUp> {
        let rules = policy.rules.as_deref();
        let mut floor = Duration::ZERO;
        if let (AttemptFailure::Error(error), Some(rules)) = (failure, rules) {
            if rules.predicate.as_ref().is_some_and(|predicate| !predicate(error)) {
                return Err(GaveUp::NotRetryable);
            }
            floor = rules.floor.as_ref().and_then(|floor| floor(error)).unwrap_or_default();
        }
        // Every failure counts against the budget, also that of the last attempt.
        let budget = rules.and_then(|rules| rules.budget.as_ref());
        let affordable = budget.is_none_or(RetryBudget::failed);
        if self.history.begun() >= policy.max_retries as usize {
            return Err(GaveUp::RetriesSpent);
        }
        let max = policy.exponential.max;
        if floor > max {
            return Err(GaveUp::RetryAfter(floor));
        }
        if !affordable {
            return Err(GaveUp::Budget);
        }
        let delay = self.delays.next_delay().ok_or(GaveUp::ScheduleEnded)?.min(max).max(floor);
        if left.is_some_and(|left| delay >= left) {
            return Err(GaveUp::Deadline);
        }
        Ok(delay)
    }
}

impl Source {
    fn next_delay(&mut self) -> Option<Duration> {
        match self {
            Self::Own(delays) => Some(delays.next_delay()),
            #[cfg(feature = "backoff")]
            Self::Foreign(schedule) => schedule.next_backoff(),
        }
    }
}
