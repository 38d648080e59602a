//! Tasks of their own, never more than a limit at once.

mod outcome;
mod run;

use crate::adaptive::{AdaptiveConfig, AdaptiveLimit, AdaptivePermit, EndedOperation, Signal};
use crate::concurrency::ConcurrencyConfig;
use crate::error::{ConfigError, at_least_one};
use crate::gate::{Gate, Permit};
use run::{Run, only_success};
use std::convert::identity;
use std::sync::Arc;

pub use outcome::{FailurePolicy, Outcome};
pub use run::Rest;

/// Runs futures as tasks of the runtime, at most `max_parallel` at a time.
///
/// The limit belongs to the executor: calls that run side by side share it, in turn. Because each
/// future is a task, a caller that is slow to look at the results does not stretch the latency of
/// those that still run; use [`gather_with_limit`](crate::gather_with_limit) for futures that
/// borrow. The input is advanced only when there is room.
///
/// # Cancellation and panics
///
/// A call that is not polled holds no other up with the tasks it has, whose places are free as they
/// end; one that has been given a place in turn keeps it until it is polled again or dropped.
///
/// Dropping a call aborts its tasks; their permits come back as the tasks end. A task that
/// panics is an [`Outcome::Panicked`]; a panic of the closure or the iterator goes through to the
/// caller, and aborts the tasks. A task that blocks its thread cannot be aborted.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), atp_async::ConfigError> {
/// use atp_async::{Outcome, ParallelExecutor};
///
/// let executor = ParallelExecutor::new(3)?;
/// let outcomes = executor.map(["1", "x"], async |text| text.parse::<u8>()).await;
/// assert_eq!(outcomes[0], Outcome::Done(1));
/// assert!(matches!(outcomes[1], Outcome::Failed(_)));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ParallelExecutor {
    limit: Limit,
    policy: FailurePolicy,
}

/// What the executor waits for before it starts one more.
#[derive(Debug, Clone)]
enum Limit {
    Fixed { gate: Arc<Gate>, max: usize },
    Adaptive(AdaptiveLimit),
}

/// A place under either.
enum Held {
    Fixed(Permit),
    Adaptive(AdaptivePermit),
}

impl ParallelExecutor {
    /// Creates an executor from a number, or from a [`ConcurrencyConfig`], which may be adaptive.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Zero`] for a limit of 0.
    pub fn new(config: impl Into<ConcurrencyConfig>) -> Result<Self, ConfigError> {
        let config = config.into();
        let max = at_least_one("max_parallel", config.max_parallel)?;
        let limit = if config.adaptive {
            Limit::Adaptive(AdaptiveLimit::new(AdaptiveConfig::new(max))?)
        } else {
            Limit::Fixed { gate: Gate::new(max), max }
        };
        Ok(Self { limit, policy: FailurePolicy::CollectAll })
    }

    /// Runs under a limit that other code may share, such as that of one service.
    pub fn with_limit(limit: AdaptiveLimit) -> Self {
        Self { limit: Limit::Adaptive(limit), policy: FailurePolicy::CollectAll }
    }

    /// Sets what happens to the others when a task fails or panics.
    #[must_use]
    pub fn with_policy(mut self, policy: FailurePolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Returns the limit that adapts, if it does.
    pub fn adaptive_limit(&self) -> Option<&AdaptiveLimit> {
        match &self.limit {
            Limit::Fixed { .. } => None,
            Limit::Adaptive(limit) => Some(limit),
        }
    }

    /// Calls `f` on each item and runs what it returns; the outcomes are in the order of the items.
    ///
    /// `f` is called when there is room for its item, and not at all for what a [`FailurePolicy`]
    /// leaves out. The input has to end all the same, because each item has an outcome. Dropping
    /// this future aborts the tasks that run, here as in the methods below.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub async fn map<I, It, A, F, Fut, T, E>(&self, items: I, f: F) -> Vec<Outcome<T, E>>
    where
        I: IntoIterator<Item = A, IntoIter = It>,
        It: Iterator<Item = A>,
        F: FnMut(A) -> Fut,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        self.collect(Run::new(self.limit.clone(), items.into_iter(), f, only_success)).await
    }

    /// Runs the futures; the outcomes are in their order.
    ///
    /// Under an adaptive limit a success counts as one and a failure as nothing. To have
    /// failures tell of overload, use [`run_all_with_signal`](Self::run_all_with_signal).
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub async fn run_all<I, It, Fut, T, E>(&self, futures: I) -> Vec<Outcome<T, E>>
    where
        I: IntoIterator<Item = Fut, IntoIter = It>,
        It: Iterator<Item = Fut>,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        self.run_all_with_signal(futures, only_success).await
    }

    /// As [`run_all`](Self::run_all), where `signal` reads from each result what it says about
    /// the service. Without an adaptive limit it is not asked.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub async fn run_all_with_signal<I, It, Fut, T, E>(
        &self,
        futures: I,
        signal: impl Fn(&Result<T, E>) -> Signal,
    ) -> Vec<Outcome<T, E>>
    where
        I: IntoIterator<Item = Fut, IntoIter = It>,
        It: Iterator<Item = Fut>,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        let source = futures.into_iter();
        self.collect(Run::new(self.limit.clone(), source, identity, signal)).await
    }

    async fn collect<I, A, M, Fut, T, E, S>(
        &self,
        mut run: Run<I, M, T, E, S>,
    ) -> Vec<Outcome<T, E>>
    where
        I: Iterator<Item = A>,
        M: FnMut(A) -> Fut,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
        S: Fn(&Result<T, E>) -> Signal,
    {
        let mut outcomes = Vec::new();
        while let Some((index, outcome)) = run.next().await {
            // Whatever has begun and never reports back was aborted.
            if outcomes.len() < run.started() {
                outcomes.resize_with(run.started(), || Outcome::Cancelled);
            }
            if outcome.is_failure() {
                run.on_failure(self.policy);
            }
            outcomes[index] = outcome;
        }
        outcomes.resize_with(run.started(), || Outcome::Cancelled);
        outcomes.extend(run.never_started().map(|_| Outcome::NotStarted));
        outcomes
    }

    /// Runs the futures until the first of them ends, whichever way.
    ///
    /// Gives back its index, its outcome, and the rest, which goes on running: take from it with
    /// [`Rest::next`] or drop it to abort them. `None` if there are no futures.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub async fn first_completed<I, It, Fut, T, E>(
        &self,
        futures: I,
    ) -> Option<(usize, Outcome<T, E>, Rest<It, Fut, T, E>)>
    where
        I: IntoIterator<Item = Fut, IntoIter = It>,
        It: Iterator<Item = Fut>,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        let mut rest = Rest::new(self.limit.clone(), futures.into_iter());
        let (index, outcome) = rest.next().await?;
        Some((index, outcome, rest))
    }
}

impl Limit {
    fn try_enter(&self) -> Option<Held> {
        match self {
            Self::Fixed { gate, .. } => gate.try_enter().map(Held::Fixed),
            Self::Adaptive(limit) => limit.try_acquire().map(Held::Adaptive),
        }
    }

    async fn enter(self) -> Held {
        match self {
            Self::Fixed { gate, .. } => Held::Fixed(gate.enter().await),
            Self::Adaptive(limit) => Held::Adaptive(limit.acquire().await),
        }
    }

    /// How many there may ever be at a time.
    fn most(&self) -> usize {
        match self {
            Self::Fixed { max, .. } => *max,
            Self::Adaptive(limit) => limit.max(),
        }
    }

    /// Whether others hold places too, when the caller holds at most `mine`.
    fn is_shared_beyond(&self, mine: usize) -> bool {
        match self {
            Self::Fixed { gate, .. } => gate.held() > mine,
            Self::Adaptive(limit) => limit.in_flight() > mine,
        }
    }
}

impl Held {
    /// Frees the place. An adaptive limit is told later how the operation went.
    fn end(self) -> Option<EndedOperation> {
        match self {
            Self::Fixed(permit) => {
                drop(permit);
                None
            }
            Self::Adaptive(permit) => Some(permit.end()),
        }
    }
}
