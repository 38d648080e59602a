//! A value that is made once: the one core of `LazyModule`, `LazyValue` and the registry.

use crate::context::Node;
use crate::error::InitError;
use crate::flight::{Attempt, Flight, Within, run_within};
use crate::form::{BoxError, Init, InitAsync};
use crate::record::{Record, StartupKind, StartupOutcome};
use std::borrow::Cow;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError, Weak};
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

/// Empty, being filled, or full for good.
pub(crate) struct Cell<T> {
    ready: OnceLock<Ready<T>>,
    /// The run in progress. Weak, so that a run which everybody has left is gone by itself.
    run: Mutex<Weak<Run<T>>>,
}

struct Ready<T> {
    value: T,
    took: Duration,
}

/// One attempt to fill a cell.
struct Run<T> {
    attempt: Arc<Attempt<()>>,
    started: Instant,
    record: Record,
    /// What is left to do of an async attempt. Any of those who wait may carry it on, so it
    /// stops with none of them. Whoever finds it locked leaves it to the one who has it.
    rest: Mutex<Option<Rest<T>>>,
}

/// The outer error is a panic, the inner one the initialiser's own.
type Made<T> = Result<Result<T, BoxError>, InitError>;
type Rest<T> = Pin<Box<dyn Future<Output = Made<T>> + Send>>;

enum Joined<T> {
    Full,
    Leads(Arc<Run<T>>),
    Waits(Arc<Run<T>>),
}

impl<T> Cell<T> {
    pub(crate) const fn new() -> Self {
        Self { ready: OnceLock::new(), run: Mutex::new(Weak::new()) }
    }

    #[inline]
    pub(crate) fn value(&self) -> Option<&T> {
        self.ready.get().map(|ready| &ready.value)
    }

    /// Returns how long the attempt that filled the cell took.
    pub(crate) fn took(&self) -> Option<Duration> {
        self.ready.get().map(|ready| ready.took)
    }

    /// Returns the value, making it or waiting for it if need be.
    pub(crate) fn get_or_init(
        &self,
        name: impl Fn() -> Cow<'static, str>,
        init: &(impl Init<Value = T> + ?Sized),
    ) -> Result<&T, InitError> {
        loop {
            if let Some(value) = self.value() {
                return Ok(value);
            }
            let flight = match self.join(&name, StartupKind::Sync) {
                Joined::Full => continue,
                Joined::Waits(run) => run.attempt.flight(),
                Joined::Leads(run) => {
                    self.finish(&run, run_within(run.attempt.node(), || init.init()));
                    run.attempt.flight()
                }
            };
            again(flight.wait())?;
        }
    }

    /// Returns the value as [`get_or_init`](Self::get_or_init) does, without blocking the thread.
    pub(crate) async fn get_or_init_async(
        &self,
        name: impl Fn() -> Cow<'static, str>,
        init: &impl InitAsync<Value = T>,
    ) -> Result<&T, InitError> {
        loop {
            if let Some(value) = self.value() {
                return Ok(value);
            }
            let run = match self.join(&name, StartupKind::Async) {
                Joined::Full => continue,
                Joined::Waits(run) => run,
                Joined::Leads(run) => {
                    self.begin(&run, init);
                    run
                }
            };
            again(CarryOn { cell: self, flight: run.attempt.flight(), run }.await)?;
        }
    }

    fn join(&self, name: impl Fn() -> Cow<'static, str>, kind: StartupKind) -> Joined<T> {
        let mut node = None;
        loop {
            let mut slot = self.slot();
            // Asked again under the lock: a run fills the cell before it gives up its slot.
            if self.ready.get().is_some() {
                return Joined::Full;
            }
            if let Some(run) = slot.upgrade() {
                return Joined::Waits(run);
            }
            if let Some(node) = node.take() {
                let run = Arc::new(Run::new(node, kind));
                *slot = Arc::downgrade(&run);
                return Joined::Leads(run);
            }
            // A name may be written by a key's own code, which runs under no lock of ours.
            drop(slot);
            node = Some(Node::new(name()));
        }
    }

    fn begin(&self, run: &Run<T>, init: &impl InitAsync<Value = T>) {
        let node = run.attempt.node();
        match run_within(node, || init.start()) {
            Ok(rest) => {
                let rest = Box::pin(Within::new(Arc::clone(node), rest));
                *run.rest.lock().unwrap_or_else(PoisonError::into_inner) = Some(rest);
            }
            Err(panic) => self.finish(run, Err(panic)),
        }
    }

    fn finish(&self, run: &Run<T>, made: Made<T>) {
        let took = run.started.elapsed();
        let node = run.attempt.node();
        let outcome = made.and_then(|made| made.map_err(|source| InitError::failed(node, source)));
        let outcome = outcome.map(|value| {
            let first = self.ready.set(Ready { value, took }).is_ok();
            debug_assert!(first, "a cell has one run at a time, and none once it is full");
        });
        // The slot is free before anybody hears the outcome, so that who tries again after a
        // failure starts anew.
        *self.slot() = Weak::new();
        run.end(outcome);
    }

    fn slot(&self) -> MutexGuard<'_, Weak<Run<T>>> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells whether to look again: a cancelled attempt passes to those who waited for it, any other
/// failure is theirs too.
fn again(outcome: Result<(), InitError>) -> Result<(), InitError> {
    match outcome {
        Err(InitError::Cancelled { .. }) => Ok(()),
        outcome => outcome,
    }
}

impl<T> Run<T> {
    fn new(node: Arc<Node>, kind: StartupKind) -> Self {
        let record = Record::begin(&node, kind);
        let attempt = Attempt::new(node);
        Self { attempt, started: Instant::now(), record, rest: Mutex::new(None) }
    }

    fn end(&self, outcome: Result<(), InitError>) {
        self.record.end(|| StartupOutcome::of(&outcome));
        self.attempt.land(outcome);
    }

    /// Polls what is left to do, unless somebody else is polling it; when it is done, the future
    /// comes back too, for the caller to drop when the outcome is told.
    fn carry_on(&self) -> Poll<(Made<T>, Option<Rest<T>>)> {
        let mut rest = match self.rest.try_lock() {
            Ok(rest) => rest,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Poll::Pending,
        };
        let Some(future) = rest.as_mut() else { return Poll::Pending };
        let waker = Waker::from(Arc::clone(&self.attempt));
        let made = ready!(future.as_mut().poll(&mut Context::from_waker(&waker)));
        Poll::Ready((made, rest.take()))
    }
}

impl<T> Drop for Run<T> {
    fn drop(&mut self) {
        if !self.attempt.has_landed() {
            self.end(Err(self.attempt.cancelled()));
        }
    }
}

/// Waits for an async run and carries it on: as long as one of those who wait is polled, the
/// run goes on.
struct CarryOn<'a, T> {
    cell: &'a Cell<T>,
    flight: Flight<()>,
    run: Arc<Run<T>>,
}

impl<T> Future for CarryOn<'_, T> {
    type Output = Result<(), InitError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // First a place among those who are woken, then the work: a wake in between is not lost.
        if let Poll::Ready(outcome) = Pin::new(&mut self.flight).poll(cx) {
            return Poll::Ready(outcome);
        }
        let (made, done) = ready!(self.run.carry_on());
        self.cell.finish(&self.run, made);
        // Dropping it may panic, which then harms nobody else.
        drop(done);
        Pin::new(&mut self.flight).poll(cx)
    }
}

impl<T> Drop for CarryOn<'_, T> {
    fn drop(&mut self) {
        // This may have been the one that the run's last wake was meant for.
        if !self.run.attempt.has_landed() {
            self.run.attempt.wake_all();
        }
    }
}
