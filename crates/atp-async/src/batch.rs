//! Items in batches: of a list that is there, or of calls that come in one by one.

mod config;
mod open;
mod submit;

use crate::catch::catch_panic;
use crate::error::ConfigError;
use crate::gather::{GatherError, try_gather_with_limit};
use crate::pool::BoxFuture;
use open::Cutter;
use std::fmt;
use std::sync::Arc;
use submit::Desk;
use tokio::sync::Semaphore;

pub use config::BatchConfig;

/// Hands items to a function of many at a time, so that a call pays once for all of a batch.
///
/// There are two ways in, which share the number of batches at a time. [`process`](Self::process)
/// cuts a list into batches. [`submit`](Self::submit) takes single items from many tasks and
/// collects them until a batch is full, old or heavy enough. A clone is the same batcher.
///
/// The function returns one result for each item, in their order, or an error for all of them. A
/// wrong number of results is an error for the whole batch: they cannot be told apart.
///
/// # Cancellation and panics
///
/// Dropping `process` drops its batches. Dropping a `submit` takes its item out of a batch that
/// has not begun, and out of the queue; one that has begun runs to its end for the others, in the runtime of its first
/// item. A panic of the function is a
/// [`BatchError::Panicked`] for every item of that batch and for no other.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use atp_async::{AsyncBatcher, BatchConfig};
///
/// async fn embed(texts: Vec<String>) -> std::io::Result<Vec<usize>> {
///     Ok(texts.iter().map(String::len).collect())
/// }
///
/// let batcher = AsyncBatcher::new(embed, BatchConfig::new(10).with_max_concurrent_batches(3))?;
/// let lengths = batcher.process(["a", "bb", "ccc"].map(str::to_owned)).await?;
/// assert_eq!(lengths, [1, 2, 3]);
/// assert_eq!(batcher.submit("dddd".to_owned()).await?, 4);
/// # Ok(())
/// # }
/// ```
pub struct AsyncBatcher<T: Send + 'static, R: Send + 'static, E: Send + Sync + 'static> {
    shared: Arc<Shared<T, R, E>>,
}

type Process<T, R, E> = Box<dyn Fn(Vec<T>) -> BoxFuture<'static, Result<Vec<R>, E>> + Send + Sync>;

struct Shared<T, R, E> {
    process: Process<T, R, E>,
    cutter: Cutter<T>,
    /// Batches that may run. As fair as tokio's.
    running: Semaphore,
    max_concurrent_batches: usize,
    desk: Desk<T, R, E>,
}

/// Why an item has no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError<E> {
    /// The function failed. Every item of the batch gets the same error.
    #[error("the batch failed")]
    Failed(#[source] Arc<E>),
    /// The function panicked, with this message.
    #[error("the batch panicked: {0}")]
    Panicked(String),
    /// The function returned the wrong number of results, so none can be told from another.
    #[error("{results} results for a batch of {items}")]
    WrongCount {
        /// How many items it was given.
        items: usize,
        /// How many results it returned.
        results: usize,
    },
    /// The batcher was closed before the item was taken in.
    #[error("the batcher is closed")]
    Closed,
    /// The runtime in which the batch ran went down.
    #[error("the batch was lost with its runtime")]
    Lost,
}

impl<E> Clone for BatchError<E> {
    fn clone(&self) -> Self {
        match self {
            Self::Failed(error) => Self::Failed(Arc::clone(error)),
            Self::Panicked(message) => Self::Panicked(message.clone()),
            Self::WrongCount { items, results } => {
                Self::WrongCount { items: *items, results: *results }
            }
            Self::Closed => Self::Closed,
            Self::Lost => Self::Lost,
        }
    }
}

impl<T, R, E> AsyncBatcher<T, R, E>
where
    T: Send + 'static,
    R: Send + 'static,
    E: Send + Sync + 'static,
{
    /// Creates a batcher around `process`. Nothing is spawned.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for a batch size, a number of batches or a queue of 0, for a number too
    /// large to count, and for a limit of bytes, which needs
    /// [`weighing`](Self::weighing).
    pub fn new<F>(
        process: impl Fn(Vec<T>) -> F + Send + Sync + 'static,
        config: impl Into<BatchConfig>,
    ) -> Result<Self, ConfigError>
    where
        F: Future<Output = Result<Vec<R>, E>> + Send + 'static,
    {
        let config = config.into();
        if config.max_bytes.is_some() {
            return Err(ConfigError::Missing { what: "max_bytes", needs: "a weigher" });
        }
        Self::build(process, config, None)
    }

    /// As [`new`](Self::new), with a function that says how many bytes an item has.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new), and for a limit of 0 bytes.
    pub fn weighing<F>(
        process: impl Fn(Vec<T>) -> F + Send + Sync + 'static,
        config: impl Into<BatchConfig>,
        weigher: impl Fn(&T) -> usize + Send + Sync + 'static,
    ) -> Result<Self, ConfigError>
    where
        F: Future<Output = Result<Vec<R>, E>> + Send + 'static,
    {
        Self::build(process, config.into(), Some(Box::new(weigher)))
    }

    fn build<F>(
        process: impl Fn(Vec<T>) -> F + Send + Sync + 'static,
        config: BatchConfig,
        weigher: Option<open::Weigher<T>>,
    ) -> Result<Self, ConfigError>
    where
        F: Future<Output = Result<Vec<R>, E>> + Send + 'static,
    {
        config.check()?;
        let process = Arc::new(process);
        Ok(Self {
            shared: Arc::new(Shared {
                // Called inside the future, so that a panic of the closure itself is caught too.
                process: Box::new(move |items| {
                    let process = Arc::clone(&process);
                    Box::pin(async move { process(items).await })
                }),
                cutter: Cutter::new(config.batch_size, config.max_bytes, weigher),
                running: Semaphore::new(config.max_concurrent_batches),
                max_concurrent_batches: config.max_concurrent_batches,
                desk: Desk::new(config.max_age, config.queue),
            }),
        })
    }

    /// Cuts `items` into batches and returns their results in order. No items need no call.
    ///
    /// # Errors
    ///
    /// The [`BatchError`] of the batch that failed first; the others are dropped.
    pub async fn process<I, It>(&self, items: I) -> Result<Vec<R>, BatchError<E>>
    where
        I: IntoIterator<Item = T, IntoIter = It>,
        It: Iterator<Item = T>,
    {
        let batches = self.shared.cutter.cut(items.into_iter()).map(|batch| self.shared.run(batch));
        match try_gather_with_limit(batches, self.shared.max_concurrent_batches).await {
            Ok(results) => Ok(results.into_iter().flatten().collect()),
            Err(GatherError::Failed(error)) => Err(error),
            // The number of batches was checked when the batcher was made.
            Err(GatherError::Config(_)) => Err(BatchError::Closed),
        }
    }

    /// Adds `item` to the batch that is being collected, and waits for its own result.
    ///
    /// The batch begins when it has `batch_size` items, when its bytes are used up, when its first
    /// item is `max_age` old, or when the queue is full. Then this waits, in turn, before the item
    /// is taken in. The first item of a batch spawns the task that runs it.
    ///
    /// # Errors
    ///
    /// The [`BatchError`] of its batch, and [`BatchError::Closed`] once the batcher is closed.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with its timer on.
    pub async fn submit(&self, item: T) -> Result<R, BatchError<E>> {
        submit::submit(&self.shared, item).await
    }

    /// Takes no more items by [`submit`](Self::submit), begins the batch that is being collected,
    /// and waits until all have ended.
    ///
    /// Items that wait for room in the queue get [`BatchError::Closed`]. Dropping this future
    /// leaves the batcher closed, and calling again waits again.
    pub async fn close(&self) {
        self.shared.desk.close().await;
    }
}

impl<T: Send + 'static, R: Send + 'static, E: Send + Sync + 'static> Shared<T, R, E> {
    /// Runs one batch when there is room for it.
    async fn run(&self, items: Vec<T>) -> Result<Vec<R>, BatchError<E>> {
        let permit = self.running.acquire().await;
        let results = self.call(items).await;
        drop(permit);
        results
    }

    /// Calls the function, and counts what it returns.
    async fn call(&self, items: Vec<T>) -> Result<Vec<R>, BatchError<E>> {
        let count = items.len();
        match catch_panic((self.process)(items)).await {
            Ok(Ok(results)) if results.len() == count => Ok(results),
            Ok(Ok(results)) => Err(BatchError::WrongCount { items: count, results: results.len() }),
            Ok(Err(error)) => Err(BatchError::Failed(Arc::new(error))),
            Err(message) => Err(BatchError::Panicked(message)),
        }
    }
}

impl<T: Send + 'static, R: Send + 'static, E: Send + Sync + 'static> Clone
    for AsyncBatcher<T, R, E>
{
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T: Send + 'static, R: Send + 'static, E: Send + Sync + 'static> fmt::Debug
    for AsyncBatcher<T, R, E>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncBatcher")
            .field("max_concurrent_batches", &self.shared.max_concurrent_batches)
            .field("free", &self.shared.running.available_permits())
            .finish_non_exhaustive()
    }
}
