//! Items in chunks, one chunk after the other.

use crate::error::{ConfigError, at_least_one};
use crate::gather::gather_with_limit;
use std::time::Duration;

/// How large the chunks are, and how far apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChunkConfig {
    /// How many items make a chunk.
    pub chunk_size: usize,
    /// The pause between the end of a chunk and the start of the next. None unless set.
    pub delay: Duration,
}

impl ChunkConfig {
    /// Makes chunks of `chunk_size` without a pause.
    pub const fn new(chunk_size: usize) -> Self {
        Self { chunk_size, delay: Duration::ZERO }
    }

    /// Sets the pause between two chunks. There is none after the last.
    #[must_use]
    pub const fn with_delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

/// Chunks of ten without a pause.
impl Default for ChunkConfig {
    fn default() -> Self {
        Self::new(10)
    }
}

/// Runs `f` on the items of one chunk at a time, side by side, and returns the outputs in order.
///
/// Each chunk waits for its slowest item before the next one begins. Take it where that barrier
/// is meant: a service that wants pauses, or memory to be freed in between. Where only the number
/// at a time matters, a rolling limit keeps every place busy and is never slower: with one slow
/// item in every chunk, chunks take the sum of the slow ones and
/// [`gather_with_limit`] about their share of it.
///
/// The iterator is advanced a chunk at a time, and the futures run in the caller's task.
///
/// # Cancellation and panics
///
/// Dropping this future drops the chunk that runs and begins no other. A panic goes through. With
/// a delay it panics outside a tokio runtime with its timer on.
///
/// # Errors
///
/// [`ConfigError::Zero`] for a chunk size of 0. Failures of the items are outputs like others.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), atp_async::ConfigError> {
/// use atp_async::{ChunkConfig, chunked_gather};
/// use std::time::Duration;
///
/// let config = ChunkConfig::new(2).with_delay(Duration::from_millis(100));
/// let doubled = chunked_gather([1, 2, 3], async |n| 2 * n, config).await?;
/// assert_eq!(doubled, [2, 4, 6]);
/// # Ok(())
/// # }
/// ```
pub async fn chunked_gather<I, It, A, F, Fut, T>(
    items: I,
    mut f: F,
    config: ChunkConfig,
) -> Result<Vec<T>, ConfigError>
where
    I: IntoIterator<Item = A, IntoIter = It>,
    It: Iterator<Item = A>,
    F: FnMut(A) -> Fut,
    Fut: Future<Output = T>,
{
    let size = at_least_one("chunk_size", config.chunk_size)?;
    let mut items = items.into_iter().fuse();
    let mut next = items.next();
    let mut outputs = Vec::new();
    while let Some(first) = next {
        if !outputs.is_empty() && !config.delay.is_zero() {
            tokio::time::sleep(config.delay).await;
        }
        let mut chunk = Some(first).into_iter().chain(items.by_ref()).take(size).map(&mut f);
        outputs.extend(gather_with_limit(std::iter::from_fn(|| chunk.next()), size).await?);
        next = items.next();
    }
    Ok(outputs)
}
