//! The task that asks the server for a line of waiters.
//!
//! One task a runtime, and with it one question at a time, however many wait. It also keeps what a
//! waiter was granted from being lost when the waiter goes away while the server is asked.

use super::error::SharedRateError;
use super::queue::{Handed, Queue, Step};
use super::server::{Answer, Ask, Link, Server};
use super::terms::Reserve;
use crate::line::Ticket;
use crate::sync::lock;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use tokio::runtime::{Handle, Id};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout_at};

/// A line, the server that it waits for, and what serves it in an outage.
pub(super) struct Shared {
    pub(super) server: Server,
    pub(super) reserve: Option<Reserve>,
    queue: Mutex<Queue>,
    /// The connection that the last task left behind, and the runtime that it lives in.
    idle: Mutex<Option<(Id, Link)>>,
    /// The line began or ended.
    changed: Notify,
}

impl Shared {
    pub(super) fn new(server: Server, queue: Queue, reserve: Option<Reserve>) -> Self {
        let (queue, idle) = (Mutex::new(queue), Mutex::new(None));
        Self { server, reserve, queue, idle, changed: Notify::new() }
    }

    pub(super) fn queue(&self) -> MutexGuard<'_, Queue> {
        lock(&self.queue)
    }

    /// Changes the line, and tells the task if it began or ended with that.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Queue) -> T) -> T {
        let mut queue = self.queue();
        let before = queue.waiting();
        let changed = change(&mut queue);
        let after = queue.waiting();
        drop(queue);
        if (before == 0) != (after == 0) {
            self.changed.notify_waiters();
        }
        changed
    }

    /// Ready with what `ticket` was handed. Sees to it that somebody asks for it until then.
    pub(super) fn poll_handed(
        self: &Arc<Self>,
        ticket: Ticket,
        cx: &mut Context<'_>,
    ) -> Poll<Handed> {
        let mut queue = self.queue();
        if let Poll::Ready(handed) = queue.poll(ticket, cx) {
            return Poll::Ready(handed);
        }
        let runtime = Handle::current().id();
        let claimed = queue.claim_seat(runtime);
        drop(queue);
        if claimed {
            // The seat comes first: if there is no runtime to spawn on, it is free again.
            let seat = Seat { shared: Arc::clone(self), runtime, held: true };
            drop(tokio::spawn(seat.serve()));
        }
        Poll::Pending
    }

    /// Hands out what came of `ask`.
    fn settle(&self, ask: &Ask, answered: Result<Answer, SharedRateError>) {
        let now = Instant::now();
        let wakers = self.change(|queue| match answered {
            Ok(answer) => queue.answered(ask, &answer, now),
            Err(error) => {
                let (wakers, outage_begins) = queue.failed(error, now);
                // Before anybody can take from it.
                if outage_begins && let Some(reserve) = &self.reserve {
                    reserve.open();
                }
                wakers
            }
        });
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Serves the line from the reserve until the server, which is asked from `ask_at` on, has
    /// answered or failed again. Goes on until then even if nobody waits any more: otherwise who
    /// comes rarely would never find out that the server is back.
    async fn serve_from(&self, reserve: &Reserve, link: &mut Option<Link>, ask_at: Instant) {
        let mut server = pin!(async {
            sleep_until(ask_at).await;
            let ask = self.queue().ask(0);
            let answered = self.server.ask(link, &ask).await;
            self.settle(&ask, answered);
        });
        loop {
            let mut changed = pin!(self.changed.notified());
            let mut token = pin!(reserve.limiter.acquire());
            let waiting = self.queue().waiting() > 0;
            let answered = poll_fn(|cx| {
                if server.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(true);
                }
                if waiting && token.as_mut().poll(cx).is_ready() {
                    let waker = self.change(Queue::grant_reserve);
                    waker.into_iter().for_each(Waker::wake);
                    return Poll::Ready(false);
                }
                changed.as_mut().poll(cx).map(|()| false)
            });
            if answered.await {
                return;
            }
        }
    }
}

/// The right to serve the line in a runtime, given back when the runtime drops the task.
struct Seat {
    shared: Arc<Shared>,
    runtime: Id,
    held: bool,
}

impl Seat {
    async fn serve(mut self) {
        let shared = Arc::clone(&self.shared);
        let mut link = None;
        loop {
            // Made before the line is looked at, so that no change in between is missed.
            let changed = shared.changed.notified();
            let step = shared.queue().next(Instant::now());
            match (step, &shared.reserve) {
                (Step::Ask(ask), _) => {
                    link = link.take().or_else(|| self.take_idle());
                    let answered = shared.server.ask(&mut link, &ask).await;
                    shared.settle(&ask, answered);
                }
                (Step::Rest(due), _) => drop(timeout_at(due, changed).await),
                (Step::Reserve(ask_at), Some(reserve)) => {
                    shared.serve_from(reserve, &mut link, ask_at).await;
                }
                (Step::Reserve(_), None) | (Step::Leave, _) => {
                    if let Some(link) = link.take() {
                        *lock(&shared.idle) = Some((self.runtime, link));
                    }
                    if shared.queue().retire(self.runtime) {
                        self.held = false;
                        return;
                    }
                }
            }
        }
    }

    /// The idle connection, if it lives in this runtime.
    fn take_idle(&self) -> Option<Link> {
        let idle = lock(&self.shared.idle).take();
        idle.filter(|(runtime, _)| *runtime == self.runtime).map(|(_, link)| link)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if self.held {
            let wakers = self.shared.queue().lose_seat(self.runtime);
            wakers.into_iter().for_each(Waker::wake);
        }
    }
}
