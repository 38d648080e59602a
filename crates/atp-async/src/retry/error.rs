//! What is known after the last attempt.

use crate::error::ConfigError;
use std::error::Error;
use std::fmt;
use std::time::Duration;
use tokio::time::Instant;

/// One attempt that failed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Attempt<E> {
    /// How it failed.
    pub failure: AttemptFailure<E>,
    /// When it failed, on tokio's clock.
    pub failed_at: Instant,
    /// How long was waited afterwards; `None` after the last.
    pub delay: Option<Duration>,
}

/// How an attempt failed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum AttemptFailure<E> {
    /// It returned an error.
    Error(E),
    /// It ran for this long, as much as an attempt may, and was dropped.
    TimedOut(Duration),
}

/// Why there was no further attempt.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum GaveUp {
    /// All retries are spent.
    RetriesSpent,
    /// The predicate refused the last error.
    NotRetryable,
    /// The total deadline has passed, or would have before the next attempt began.
    Deadline,
    /// The service asked for a longer wait than the policy's longest delay.
    RetryAfter(Duration),
    /// The shared budget is used up.
    Budget,
    /// The schedule of the policy has ended.
    ScheduleEnded,
    /// The policy cannot work; there was no attempt.
    Config(ConfigError),
}

/// Every attempt failed, or none was made.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RetryError<E> {
    /// Why there was no further attempt.
    pub reason: GaveUp,
    history: History<E>,
}

/// The attempts of one operation, as far as they are kept.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct History<E> {
    /// The last ones, in order.
    kept: Vec<Attempt<E>>,
    begun: usize,
}

/// Attempts kept, so that an operation that is retried for ever does not grow.
const KEPT: usize = 100;

impl<E> History<E> {
    pub(super) const fn new() -> Self {
        Self { kept: Vec::new(), begun: 0 }
    }

    pub(super) fn push(&mut self, attempt: Attempt<E>) {
        if self.kept.len() == KEPT {
            self.kept.remove(0);
        }
        self.kept.push(attempt);
        self.begun += 1;
    }

    pub(super) fn begun(&self) -> usize {
        self.begun
    }
}

impl<E> RetryError<E> {
    pub(super) fn new(reason: GaveUp, history: History<E>) -> Self {
        Self { reason, history }
    }

    /// Returns how many attempts were begun.
    pub fn attempts(&self) -> usize {
        self.history.begun
    }

    /// Returns the failed attempts in their order: the last 100, where there were more.
    pub fn history(&self) -> &[Attempt<E>] {
        &self.history.kept
    }

    /// Returns the error of the last attempt that returned one. `None` if all timed out.
    pub fn last(&self) -> Option<&E> {
        self.history.kept.iter().rev().find_map(|attempt| match &attempt.failure {
            AttemptFailure::Error(error) => Some(error),
            AttemptFailure::TimedOut(_) => None,
        })
    }

    /// Turns this into the error of the last attempt that returned one, as if there had been no
    /// retry. `None` if all timed out.
    pub fn into_last(self) -> Option<E> {
        self.history.kept.into_iter().rev().find_map(|attempt| match attempt.failure {
            AttemptFailure::Error(error) => Some(error),
            AttemptFailure::TimedOut(_) => None,
        })
    }
}

impl fmt::Display for GaveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RetriesSpent => f.write_str("all retries are spent"),
            Self::NotRetryable => f.write_str("the error is not retryable"),
            Self::Deadline => f.write_str("the deadline leaves no time for another"),
            Self::RetryAfter(wait) => {
                write!(f, "the service asks to wait {wait:?}, longer than the longest delay")
            }
            Self::Budget => f.write_str("the shared retry budget is used up"),
            Self::ScheduleEnded => f.write_str("the schedule has ended"),
            Self::Config(error) => write!(f, "the policy cannot work: {error}"),
        }
    }
}

impl<E> fmt::Display for RetryError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attempts = self.attempts();
        let plural = if attempts == 1 { "" } else { "s" };
        write!(f, "gave up after {attempts} attempt{plural}: {}", self.reason)?;
        match self.history.kept.last().map(|attempt| &attempt.failure) {
            Some(AttemptFailure::TimedOut(limit)) => {
                write!(f, " (the last timed out after {limit:?})")
            }
            _ => Ok(()),
        }
    }
}

/// The source is the last error that an attempt returned.
impl<E: Error + 'static> Error for RetryError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.last().map(|error| error as &(dyn Error + 'static))
    }
}
