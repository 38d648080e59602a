//! One attempt at a value, and those who wait for it.

use crate::context::{Need, Node};
use crate::error::InitError;
use pin_project_lite::pin_project;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Wake, Waker, ready};

/// The value that one load in progress will give.
///
/// A thread blocks on it with [`wait`](Self::wait), a task awaits it; both may wait for the same
/// load. Dropping it only stops the waiting: the load goes on for the others.
#[must_use = "a flight that is neither awaited nor waited for gives nothing"]
pub struct Flight<V> {
    attempt: Arc<Attempt<V>>,
    /// Where this one's waker stands among the attempt's wakers.
    place: Option<u64>,
    need: Option<Need>,
}

/// What the leader and all the waiters of one load share.
pub(crate) struct Attempt<V> {
    node: Arc<Node>,
    outcome: OnceLock<Result<V, InitError>>,
    wakers: Mutex<Wakers>,
}

#[derive(Default)]
struct Wakers {
    next: u64,
    waiting: BTreeMap<u64, Waker>,
}

impl<V> Attempt<V> {
    pub(crate) fn new(node: Arc<Node>) -> Arc<Self> {
        Arc::new(Self { node, outcome: OnceLock::new(), wakers: Mutex::default() })
    }

    pub(crate) fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// Returns the value of this attempt to come.
    pub(crate) fn flight(self: &Arc<Self>) -> Flight<V> {
        Flight { attempt: Arc::clone(self), place: None, need: None }
    }

    /// Gives the outcome to all who wait. Only the first outcome counts.
    pub(crate) fn land(&self, outcome: Result<V, InitError>) {
        if self.outcome.set(outcome).is_ok() {
            // Set before the wakers are taken: who registers later finds the outcome.
            self.wake_all();
        }
    }

    /// Has everybody who waits look again.
    pub(crate) fn wake_all(&self) {
        let waiting = std::mem::take(&mut self.wakers().waiting);
        waiting.into_values().for_each(Waker::wake);
    }

    pub(crate) fn has_landed(&self) -> bool {
        self.outcome.get().is_some()
    }

    pub(crate) fn cancelled(&self) -> InitError {
        InitError::Cancelled { name: self.node.name().to_owned() }
    }

    /// Puts `waker` where `place` says, and returns the one that stood there.
    fn register(&self, place: &mut Option<u64>, waker: &Waker) -> Option<Waker> {
        let waker = waker.clone();
        let mut wakers = self.wakers();
        let place = *place.get_or_insert_with(|| {
            wakers.next += 1;
            wakers.next
        });
        wakers.waiting.insert(place, waker)
    }

    fn wakers(&self) -> MutexGuard<'_, Wakers> {
        self.wakers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V: Clone> Flight<V> {
    /// Blocks the thread until the load is done. A task awaits the flight instead: blocking the
    /// only thread of the runtime that runs the load would wait for ever.
    ///
    /// # Errors
    ///
    /// [`InitError::Panicked`] or [`InitError::Cancelled`] if the load ended so, and
    /// [`InitError::Cycle`] at once if it waits, through whatever threads and tasks, for the
    /// very load that this is called from.
    pub fn wait(self) -> Result<V, InitError> {
        block_on(self)
    }
}

impl<V: Clone> Future for Flight<V> {
    type Output = Result<V, InitError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if let Some(outcome) = this.attempt.outcome.get() {
            this.need = None;
            return Poll::Ready(outcome.clone());
        }
        if this.need.is_none() {
            match Need::of_current(&this.attempt.node) {
                Ok(need) => this.need = need,
                Err(path) => return Poll::Ready(Err(InitError::Cycle(path))),
            }
        }
        let stale = this.attempt.register(&mut this.place, cx.waker());
        drop(stale);
        match this.attempt.outcome.get() {
            Some(outcome) => {
                this.need = None;
                Poll::Ready(outcome.clone())
            }
            None => Poll::Pending,
        }
    }
}

impl<V> Drop for Flight<V> {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            let waker = self.attempt.wakers().waiting.remove(&place);
            // Dropped here, outside the lock.
            drop(waker);
        }
    }
}

impl<V> fmt::Debug for Flight<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flight").field("landed", &self.attempt.has_landed()).finish_non_exhaustive()
    }
}

/// A waker that wakes all who wait, for work that whoever of them comes first carries on.
impl<V: Send + Sync + 'static> Wake for Attempt<V> {
    fn wake(self: Arc<Self>) {
        self.wake_all();
    }
}

/// Runs `load` as part of `node`; a panic in it is an error.
pub(crate) fn run_within<V>(node: &Arc<Node>, load: impl FnOnce() -> V) -> Result<V, InitError> {
    // The node is new, so nothing can wait for it in a ring yet.
    let _need = Need::of_current(node).map_err(InitError::Cycle)?;
    let _entered = node.enter();
    catch_unwind(AssertUnwindSafe(load)).map_err(|payload| InitError::panicked(node, &*payload))
}

pin_project! {
    /// A future each poll of which is part of `node`; a panic in it is an error.
    pub(crate) struct Within<F> {
        #[pin]
        load: F,
        node: Arc<Node>,
    }
}

impl<F> Within<F> {
    pub(crate) fn new(node: Arc<Node>, load: F) -> Self {
        Self { load, node }
    }
}

impl<F: Future> Future for Within<F> {
    type Output = Result<F::Output, InitError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let _entered = this.node.enter();
        match catch_unwind(AssertUnwindSafe(|| this.load.poll(cx))) {
            Ok(poll) => Poll::Ready(Ok(ready!(poll))),
            Err(payload) => Poll::Ready(Err(InitError::panicked(this.node, &*payload))),
        }
    }
}

/// Blocks the thread until `future` is done, without the thread's park token, which belongs to
/// whoever else uses it.
fn block_on<F: Future + Unpin>(mut future: F) -> F::Output {
    #[derive(Default)]
    struct Signal {
        raised: Mutex<bool>,
        changed: Condvar,
    }

    impl Wake for Signal {
        fn wake(self: Arc<Self>) {
            *self.raised.lock().unwrap_or_else(PoisonError::into_inner) = true;
            self.changed.notify_one();
        }
    }

    let signal = Arc::new(Signal::default());
    let waker = Waker::from(Arc::clone(&signal));
    let mut cx = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = Pin::new(&mut future).poll(&mut cx) {
            return output;
        }
        let raised = signal.raised.lock().unwrap_or_else(PoisonError::into_inner);
        let mut raised = signal
            .changed
            .wait_while(raised, |raised| !*raised)
            .unwrap_or_else(PoisonError::into_inner);
        *raised = false;
    }
}
