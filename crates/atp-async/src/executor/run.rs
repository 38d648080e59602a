//! One call of an executor: what runs, what is next, and who holds a place.

use super::{FailurePolicy, Held, Limit, Outcome};
use crate::adaptive::{EndedOperation, Signal};
use crate::catch::catch_panic;
use crate::pool::BoxFuture;
use std::fmt;
use std::future::poll_fn;
use std::task::Poll;
use tokio::task::{JoinError, JoinSet};

/// A rolling set of tasks. Dropping it aborts them.
pub(super) struct Run<I, M, T, E, S> {
    limit: Limit,
    /// None once exhausted.
    source: Option<I>,
    /// Makes a future of an item, when it is begun and not before.
    make: M,
    signal: S,
    tasks: JoinSet<Ended<T, E>>,
    started: usize,
    stopped: bool,
    /// A place in line, while others hold what this call could use.
    waiting: Option<BoxFuture<'static, Held>>,
}

/// What a task hands back. Its place is free by then: a caller that is not polled, and so does not
/// see its results, holds nobody else up.
struct Ended<T, E> {
    index: usize,
    result: Result<Result<T, E>, String>,
    operation: Option<EndedOperation>,
}

enum Event<T, E> {
    Ended(Result<Ended<T, E>, JoinError>),
    Room(Held),
    Over,
}

impl<I, A, M, Fut, T, E, S> Run<I, M, T, E, S>
where
    I: Iterator<Item = A>,
    M: FnMut(A) -> Fut,
    Fut: Future<Output = Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
    S: Fn(&Result<T, E>) -> Signal,
{
    pub(super) fn new(limit: Limit, source: I, make: M, signal: S) -> Self {
        Self {
            limit,
            source: Some(source),
            make,
            signal,
            tasks: JoinSet::new(),
            started: 0,
            stopped: false,
            waiting: None,
        }
    }

    /// How many items have begun.
    pub(super) fn started(&self) -> usize {
        self.started
    }

    /// Waits for the next task that ends by itself. `None` when all are gone.
    pub(super) async fn next(&mut self) -> Option<(usize, Outcome<T, E>)> {
        loop {
            self.start_what_fits();
            match self.event().await {
                Event::Ended(Ok(ended)) => return Some(self.settle(ended)),
                // Aborted, by the policy or with its runtime.
                Event::Ended(Err(_)) => {}
                Event::Room(held) => self.start_one(held),
                Event::Over => return None,
            }
        }
    }

    pub(super) fn on_failure(&mut self, policy: FailurePolicy) {
        if policy == FailurePolicy::CollectAll {
            return;
        }
        self.stopped = true;
        self.waiting = None;
        if policy == FailurePolicy::AbortAndAwait {
            self.tasks.abort_all();
        }
    }

    /// What is left of the input.
    pub(super) fn never_started(self) -> impl Iterator<Item = A> {
        self.source.into_iter().flatten()
    }

    fn start_what_fits(&mut self) {
        while !self.stopped && self.waiting.is_none() && self.source.is_some() {
            // Results that were not seen yet count: they are bounded too.
            if self.tasks.len() >= self.limit.most() {
                return;
            }
            match self.limit.try_enter() {
                Some(held) => self.start_one(held),
                None => {
                    // While all places are this call's own, it is its own tasks that free them,
                    // and each of them wakes it. With none running, others had them a moment ago.
                    if self.tasks.is_empty() || self.limit.is_shared_beyond(self.tasks.len()) {
                        self.waiting = Some(Box::pin(self.limit.clone().enter()));
                    }
                    return;
                }
            }
        }
    }

    fn start_one(&mut self, held: Held) {
        let Some(item) = self.source.as_mut().and_then(Iterator::next) else {
            self.source = None;
            return;
        };
        let future = (self.make)(item);
        let index = self.started;
        self.started += 1;
        self.tasks.spawn(async move {
            let result = catch_panic(future).await;
            Ended { index, result, operation: held.end() }
        });
    }

    async fn event(&mut self) -> Event<T, E> {
        poll_fn(|cx| {
            if let Some(waiting) = &mut self.waiting
                && let Poll::Ready(held) = waiting.as_mut().poll(cx)
            {
                self.waiting = None;
                return Poll::Ready(Event::Room(held));
            }
            match self.tasks.poll_join_next(cx) {
                Poll::Ready(Some(ended)) => Poll::Ready(Event::Ended(ended)),
                Poll::Ready(None) if self.waiting.is_none() => Poll::Ready(Event::Over),
                Poll::Ready(None) | Poll::Pending => Poll::Pending,
            }
        })
        .await
    }

    fn settle(&self, ended: Ended<T, E>) -> (usize, Outcome<T, E>) {
        if let Some(operation) = ended.operation {
            operation.report(ended.result.as_ref().map_or(Signal::Ignore, &self.signal));
        }
        let outcome = match ended.result {
            Ok(Ok(value)) => Outcome::Done(value),
            Ok(Err(error)) => Outcome::Failed(error),
            Err(message) => Outcome::Panicked(message),
        };
        (ended.index, outcome)
    }
}

/// The tasks that were still running when the first one ended, and the input that had not begun.
///
/// Dropping it aborts the tasks.
#[must_use = "dropping the rest aborts it"]
pub struct Rest<I, F, T, E>(Run<I, Itself<F>, T, E, ReadSignal<T, E>>);

type Itself<F> = fn(F) -> F;

type ReadSignal<T, E> = fn(&Result<T, E>) -> Signal;

/// A failure may have any reason, so without being told it says nothing about the service.
pub(super) fn only_success<T, E>(result: &Result<T, E>) -> Signal {
    if result.is_ok() { Signal::Success } else { Signal::Ignore }
}

impl<I, F, T, E> Rest<I, F, T, E>
where
    I: Iterator<Item = F>,
    F: Future<Output = Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    pub(super) fn new(limit: Limit, source: I) -> Self {
        Self(Run::new(limit, source, std::convert::identity, only_success))
    }

    /// Waits for the next one to end, beginning others as there is room. `None` after the last.
    ///
    /// Dropping this future loses nothing: call it again.
    pub async fn next(&mut self) -> Option<(usize, Outcome<T, E>)> {
        self.0.next().await
    }

    /// Returns how many are running, or have ended and were not taken yet.
    pub fn running(&self) -> usize {
        self.0.tasks.len()
    }

    /// Aborts what runs, waits until it is gone, and returns the futures that never began. Dropping
    /// this future aborts as well, and waits for nothing.
    pub async fn abort(mut self) -> Vec<F> {
        self.0.tasks.shutdown().await;
        self.0.never_started().collect()
    }
}

impl<I, F, T, E> fmt::Debug for Rest<I, F, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rest").field("running", &self.0.tasks.len()).finish_non_exhaustive()
    }
}
