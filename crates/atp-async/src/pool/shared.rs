//! The pool around its state: the lock, the clock, and the tasks that clean up.

use super::PoolError;
use super::config::{Cleanup, Create, HealthCheck, PoolConfig};
use super::lease::Lease;
use super::state::{After, Grant, Resource, State};
use crate::catch::catch_panic;
use crate::gather::{GatherError, try_gather_with_limit};
use crate::line::Ticket;
use crate::sync::lock;
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker, ready};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::Instant;

pub(super) struct Shared<T, E> {
    pub(super) config: PoolConfig,
    pub(super) state: Mutex<State<T>>,
    create: Create<T, E>,
    cleanup: Option<Cleanup<T>>,
    pub(super) health_check: Option<HealthCheck<T>>,
    pub(super) discard_unless_clean: bool,
    /// Notified when there is housekeeping to do. Of its own, because a `maintain` future listens
    /// to it without keeping the pool alive.
    pub(super) housekeeping: Arc<Notify>,
}

impl<T: Send + 'static, E: Send + 'static> Shared<T, E> {
    pub(super) fn new(
        config: PoolConfig,
        create: Create<T, E>,
        cleanup: Option<Cleanup<T>>,
        health_check: Option<HealthCheck<T>>,
        discard_unless_clean: bool,
    ) -> Self {
        Self {
            config,
            state: Mutex::new(State::new(config, cleanup.is_some())),
            create,
            cleanup,
            health_check,
            discard_unless_clean,
            housekeeping: Arc::default(),
        }
    }

    /// The time, where a limit needs it: reading the clock costs more than the rest of a lease.
    fn now(&self) -> Option<Instant> {
        let timed = self.config.max_lifetime.is_some() || self.config.idle_timeout.is_some();
        timed.then(Instant::now)
    }

    /// Changes the state; afterwards, without the lock, wakes and drops what came of it.
    fn change<R>(
        &self,
        change: impl FnOnce(&mut State<T>, Option<Instant>, &mut After<T>) -> R,
    ) -> R {
        let now = self.now();
        let mut after = After::new();
        let mut state = lock(&self.state);
        let result = change(&mut state, now, &mut after);
        drop(state);
        if let Some(waker) = after.waker {
            waker.wake();
        }
        if after.housekeeping {
            self.housekeeping.notify_waiters();
        }
        result
    }

    pub(super) fn give_back(&self, resource: Resource<T>, keep: bool) {
        self.change(|state, now, after| state.give_back(resource, keep, now, after));
    }

    pub(super) fn checkout(self: &Arc<Self>) -> Option<Grant<T>> {
        let (grant, doomed) = self.change(|state, now, after| {
            let grant = state.checkout(now, after);
            (grant, take_doomed(state))
        });
        self.clean_all(doomed);
        grant
    }

    /// Grants at once, or gives a place in the line, whose `waker` is woken for it.
    pub(super) fn checkout_or_join(
        self: &Arc<Self>,
        waker: &Waker,
    ) -> Result<Grant<T>, Place<'_, T, E>> {
        let (grant, doomed) = self.change(|state, now, after| {
            let grant = state.checkout(now, after).ok_or_else(|| state.join(waker.clone()));
            (grant, take_doomed(state))
        });
        self.clean_all(doomed);
        grant.map_err(|(ticket, timed)| {
            let since = timed.then(Instant::now);
            Place { shared: self, ticket, since, granted: false }
        })
    }

    fn clean_all(self: &Arc<Self>, doomed: Vec<T>) {
        for value in doomed {
            drop(self.spawn_cleanup(value, Slot::new(Arc::clone(self))));
        }
    }

    /// Runs the cleanup in a task that owns the slot until it is done.
    fn spawn_cleanup(
        self: &Arc<Self>,
        value: T,
        slot: Slot<T, E>,
    ) -> Option<tokio::task::JoinHandle<Slot<T, E>>> {
        let cleanup = self.cleanup.as_ref()?(value);
        Some(tokio::spawn(async move {
            if !catch_panic(cleanup).await.unwrap_or(false) {
                lock(&slot.shared.state).stats_mut().cleanup_failures += 1;
            }
            slot
        }))
    }

    /// Cleans up a discarded resource and returns its slot. `None` if the runtime is going down.
    pub(super) async fn clean(self: &Arc<Self>, value: T, slot: Slot<T, E>) -> Option<Slot<T, E>> {
        if self.cleanup.is_none() {
            drop(value);
            return Some(slot);
        }
        self.spawn_cleanup(value, slot)?.await.ok()
    }

    /// Tidies up, then creates what is missing to the minimum.
    ///
    /// Not more than the minimum, though a resource that is too old at once leaves its place.
    pub(super) async fn fill(self: &Arc<Self>) -> Result<(), PoolError<E>> {
        self.tidy();
        let reserve = || {
            let reserved = lock(&self.state).reserve_below(self.config.min_size);
            reserved.then(|| Slot::new(Arc::clone(self)))
        };
        let creations = std::iter::from_fn(reserve).take(self.config.min_size).map(Slot::create);
        // Each lease goes back, idle, as soon as it is there.
        let created = creations.map(async |lease| lease.await.map(Lease::give_back_unused));
        match try_gather_with_limit(created, self.config.max_size).await {
            Ok(_) => Ok(()),
            Err(GatherError::Failed(error)) => Err(error),
            // The size of a pool is at least one.
            Err(GatherError::Config(_)) => Ok(()),
        }
    }

    /// Discards what is idle for too long and starts the cleanups that wait.
    fn tidy(self: &Arc<Self>) {
        let doomed = self.change(|state, now, after| {
            state.reap(now, after);
            take_doomed(state)
        });
        self.clean_all(doomed);
    }

    pub(super) async fn close(self: &Arc<Self>) {
        // Panics here, with nothing changed, where no cleanup could be spawned.
        let _runtime = self.cleanup.is_some().then(Handle::current);
        let wakers = self.change(|state, _, after| state.close(after));
        wakers.into_iter().for_each(Waker::wake);
        loop {
            let changed = self.housekeeping.notified();
            let (doomed, drained) = {
                let mut state = lock(&self.state);
                (take_doomed(&mut state), state.is_drained())
            };
            if drained {
                return;
            }
            self.clean_all(doomed);
            changed.await;
        }
    }
}

/// Takes what waits for its cleanup, if there is a runtime to run it in.
fn take_doomed<T>(state: &mut State<T>) -> Vec<T> {
    if state.has_doomed() && Handle::try_current().is_ok() {
        return state.take_doomed();
    }
    Vec::new()
}

impl<T, E> Drop for Shared<T, E> {
    fn drop(&mut self) {
        self.housekeeping.notify_waiters();
    }
}

/// The right to one resource, given to the next in line when dropped.
pub(super) struct Slot<T: Send + 'static, E: Send + 'static> {
    shared: Arc<Shared<T, E>>,
    /// False once a lease has taken the slot over.
    held: bool,
    creating: bool,
}

impl<T: Send + 'static, E: Send + 'static> Slot<T, E> {
    /// Takes charge of a slot that the state counts as taken.
    pub(super) fn new(shared: Arc<Shared<T, E>>) -> Self {
        Self { shared, held: true, creating: false }
    }

    pub(super) async fn create(mut self) -> Result<Lease<T, E>, PoolError<E>> {
        self.creating = true;
        let value = (self.shared.create)().await.map_err(PoolError::Create)?;
        self.held = false;
        let now = self.shared.now();
        let resource = lock(&self.shared.state).created(value, now);
        Ok(Lease::new(Arc::clone(&self.shared), resource))
    }
}

impl<T: Send + 'static, E: Send + 'static> Drop for Slot<T, E> {
    fn drop(&mut self) {
        if self.held {
            self.shared.change(|state, _, after| {
                if self.creating { state.creation_failed(after) } else { state.release_slot(after) }
            });
        }
    }
}

/// A place in the line, left when dropped.
pub(super) struct Place<'a, T: Send + 'static, E: Send + 'static> {
    shared: &'a Shared<T, E>,
    ticket: Ticket,
    since: Option<Instant>,
    granted: bool,
}

impl<T: Send + 'static, E: Send + 'static> Place<'_, T, E> {
    /// Awaited right after the place was taken.
    pub(super) async fn granted(mut self) -> Grant<T> {
        let mut has_waker = true;
        poll_fn(|cx| {
            if std::mem::take(&mut has_waker) {
                return Poll::Pending;
            }
            let mut state = lock(&self.shared.state);
            let grant = ready!(state.poll(self.ticket, cx));
            self.granted = true;
            state.stats_mut().count_wait(self.since.map(|since| since.elapsed()));
            Poll::Ready(grant)
        })
        .await
    }
}

impl<T: Send + 'static, E: Send + 'static> Drop for Place<'_, T, E> {
    fn drop(&mut self) {
        if !self.granted {
            self.shared.change(|state, now, after| state.leave(self.ticket, now, after));
        }
    }
}
