//! An end to waiting, kept apart from the failures of what is waited for.

use std::time::Duration;

/// The time ran out before there was a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no result within {limit:?}")]
#[non_exhaustive]
pub struct Elapsed {
    /// The time that was allowed.
    pub limit: Duration,
}

/// Runs `future` for at most `limit`.
///
/// A future that is ready at once wins even against a limit of zero. When the time is up, the
/// future is dropped at the await it is in; code that blocks its thread cannot be stopped.
/// Dropping this future drops the inner one; its panics go through.
///
/// # Errors
///
/// [`Elapsed`] when the time is up, and only then: a timeout that the future itself returns is
/// part of its output.
///
/// # Panics
///
/// Outside a tokio runtime with its timer on.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// use std::{future, time::Duration};
///
/// let limit = Duration::from_millis(10);
/// assert_eq!(atp_async::with_timeout(async { 1 }, limit).await, Ok(1));
/// let never = atp_async::with_timeout(future::pending::<()>(), limit).await;
/// assert_eq!(never.unwrap_err().limit, limit);
/// # }
/// ```
#[doc(alias = "timeout_wrapper")]
pub async fn with_timeout<F: Future>(future: F, limit: Duration) -> Result<F::Output, Elapsed> {
    tokio::time::timeout(limit, future).await.map_err(|_| Elapsed { limit })
}

/// Runs `future` for at most `limit`, and returns `default` when the time is up.
///
/// The default stands for a result that did not come. It never hides an error that did: a future
/// that fails in time returns its own output. Dropping this future drops the inner one, as with
/// [`with_timeout`].
///
/// # Panics
///
/// Outside a tokio runtime with its timer on.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// use std::{future, time::Duration};
///
/// let limit = Duration::from_millis(10);
/// assert_eq!(atp_async::timeout_or(future::pending(), limit, "default").await, "default");
/// # }
/// ```
#[doc(alias = "timeout_wrapper")]
pub async fn timeout_or<F: Future>(future: F, limit: Duration, default: F::Output) -> F::Output {
    with_timeout(future, limit).await.unwrap_or(default)
}
