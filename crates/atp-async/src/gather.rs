//! Many futures in the caller's own task, never more than a limit at once.

mod window;

use crate::error::{ConfigError, at_least_one};
use std::future::poll_fn;
use window::Window;

// Here and in all that takes an iterator, what it turns into and what its items give are type
// parameters of their own. With `I::IntoIter` in its place, the compiler cannot tell that the
// future of a closure that borrows is `Send`, and it could not be spawned.

/// Runs the futures with at most `limit` of them started at a time, and returns their outputs in
/// the order of the input.
///
/// The iterator is advanced only when there is room for one more, so a lazy input of a million
/// requests holds `limit` of them. The futures need not be `'static` nor `Send`: they run inside
/// the caller's task. That has a price: they make progress only while this future is polled,
/// they share one thread, and a caller that stops polling stretches every latency measured
/// inside them. Where that matters, spawn with [`ParallelExecutor`](crate::ParallelExecutor).
///
/// To keep going past failures, let the outputs be `Result`s. To end at the first failure, use
/// [`try_gather_with_limit`].
///
/// A `limit` above the number of futures runs all of them at once. No futures give an empty
/// vector.
///
/// # Cancellation
///
/// Dropping this future drops the futures that were running; the rest of the iterator is never
/// advanced.
///
/// # Panics
///
/// A panic in one of the futures, or in the iterator, goes through to the caller, and the others
/// are dropped.
///
/// # Errors
///
/// [`ConfigError::Zero`] if `limit` is 0.
///
/// # Examples
///
/// ```
/// # async fn run() -> Result<(), atp_async::ConfigError> {
/// let words = ["a", "bb", "ccc"];
/// let lengths = atp_async::gather_with_limit(words.iter().map(async |w| w.len()), 2).await?;
/// assert_eq!(lengths, [1, 2, 3]);
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run()).unwrap();
/// ```
pub async fn gather_with_limit<I, It, Fut, T>(
    futures: I,
    limit: usize,
) -> Result<Vec<T>, ConfigError>
where
    I: IntoIterator<Item = Fut, IntoIter = It>,
    It: Iterator<Item = Fut>,
    Fut: Future<Output = T>,
{
    let mut window = Window::new(futures, at_least_one("limit", limit)?);
    let mut outputs = Outputs::default();
    while let Some((index, output)) = poll_fn(|cx| window.poll_next(cx)).await {
        outputs.put(index, output);
    }
    Ok(outputs.in_order())
}

/// As [`gather_with_limit`], but ends at the first error: the futures that still run are dropped
/// and the rest is never started.
///
/// # Cancellation and panics
///
/// As for [`gather_with_limit`].
///
/// # Errors
///
/// [`GatherError::Failed`] with the error that came first in time, [`GatherError::Config`] if
/// `limit` is 0.
///
/// # Examples
///
/// ```
/// # async fn run() {
/// use atp_async::{GatherError, try_gather_with_limit};
///
/// let parsed = try_gather_with_limit(["1", "x", "3"].map(async |t| t.parse::<u8>()), 2).await;
/// assert!(matches!(parsed, Err(GatherError::Failed(_))));
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run());
/// ```
pub async fn try_gather_with_limit<I, It, Fut, T, E>(
    futures: I,
    limit: usize,
) -> Result<Vec<T>, GatherError<E>>
where
    I: IntoIterator<Item = Fut, IntoIter = It>,
    It: Iterator<Item = Fut>,
    Fut: Future<Output = Result<T, E>>,
{
    let mut window = Window::new(futures, at_least_one("limit", limit)?);
    let mut outputs = Outputs::default();
    while let Some((index, output)) = poll_fn(|cx| window.poll_next(cx)).await {
        outputs.put(index, output.map_err(GatherError::Failed)?);
    }
    Ok(outputs.in_order())
}

/// Why [`try_gather_with_limit`] gave no outputs.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GatherError<E> {
    /// One of the futures failed.
    #[error(transparent)]
    Failed(E),
    /// The limit cannot work.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// Outputs that arrive in any order.
struct Outputs<T>(Vec<Option<T>>);

impl<T> Default for Outputs<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Outputs<T> {
    fn put(&mut self, index: usize, output: T) {
        if index >= self.0.len() {
            self.0.resize_with(index + 1, || None);
        }
        self.0[index] = Some(output);
    }

    fn in_order(self) -> Vec<T> {
        self.0
            .into_iter()
            .map(|slot| slot.expect("a window ends when each has an output"))
            .collect()
    }
}
