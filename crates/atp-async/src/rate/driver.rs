//! The task that watches the clock for a line of waiters.
//!
//! One task a runtime instead of a timer a waiter: waiters are woken in order even when many are
//! due in the same millisecond, and one that is never polled holds nobody up.

use super::config::RateConfig;
use super::gcra::{Ticks, duration, ticks};
use super::queue::{Epoch, Queue};
use crate::error::ConfigError;
use crate::line::Ticket;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::{Instant, Sleep, sleep_until};

/// A queue on tokio's clock.
#[derive(Debug)]
pub(super) struct Clocked {
    pub(super) queue: Queue,
    /// Of the standard library's type, which is compared in one call less.
    origin: std::time::Instant,
    /// The next grant moved, or nobody waits any more.
    changed: Notify,
}

impl Clocked {
    pub(super) fn new(
        requests: RateConfig,
        units: Option<RateConfig>,
    ) -> Result<Self, ConfigError> {
        let queue = Queue::new(requests, units)?;
        Ok(Self { queue, origin: Instant::now().into_std(), changed: Notify::new() })
    }

    #[inline]
    pub(super) fn now(&self) -> Ticks {
        ticks(Instant::now().into_std().saturating_duration_since(self.origin))
    }

    pub(super) fn changed(&self) {
        self.changed.notify_waiters();
    }

    /// Ready once `ticket` was granted. Sees to it that somebody watches the clock until then.
    pub(super) fn poll_granted(self: &Arc<Self>, ticket: Ticket, cx: &mut Context<'_>) -> Poll<()> {
        let mut queue = self.queue.lock(self.now());
        if queue.poll(ticket, cx).is_ready() {
            return Poll::Ready(());
        }
        let driver = queue.claim_driver(Handle::current().id());
        drop(queue);
        if let Some(epoch) = driver {
            // The seat comes first: if there is no runtime to spawn on, it is free again.
            let seat = Seat { shared: Arc::clone(self), epoch };
            let timer = Box::pin(sleep_until(self.instant(0)));
            drop(tokio::spawn(seat.drive(timer)));
        }
        Poll::Pending
    }

    /// Grants what is due and wakes in order, outside the lock.
    pub(super) fn grant_ready(&self) {
        let wakers = self.queue.lock(self.now()).grant_ready();
        wakers.into_iter().for_each(Waker::wake);
    }

    fn instant(&self, at: Ticks) -> Instant {
        let far = || Instant::now() + std::time::Duration::from_secs(86_400);
        self.origin.checked_add(duration(at)).map_or_else(far, Instant::from_std)
    }
}

/// The right to watch the clock, given back when the runtime drops the task.
struct Seat {
    shared: Arc<Clocked>,
    epoch: Epoch,
}

impl Seat {
    async fn drive(self, mut timer: Pin<Box<Sleep>>) {
        loop {
            // Made before the line is looked at, so that no change in between is missed.
            let mut changed = pin!(self.shared.changed.notified());
            let Some(at) = self.step() else { return };
            timer.as_mut().reset(self.shared.instant(at));
            poll_fn(|cx| {
                let changed = changed.as_mut().poll(cx).is_ready();
                if changed || timer.as_mut().poll(cx).is_ready() {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            })
            .await;
        }
    }

    /// Grants what is due. Returns when the next is, `None` when this driver is not needed.
    fn step(&self) -> Option<Ticks> {
        let mut queue = self.shared.queue.lock(self.shared.now());
        if !queue.is_driver(self.epoch) {
            return None;
        }
        let wakers = queue.grant_ready();
        queue.retire_drivers();
        let next = queue.next_grant_at();
        drop(queue);
        wakers.into_iter().for_each(Waker::wake);
        next
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let wakers = self.shared.queue.lock(self.shared.now()).lose_driver(self.epoch);
        wakers.into_iter().for_each(Waker::wake);
    }
}
