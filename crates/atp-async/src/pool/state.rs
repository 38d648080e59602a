//! What a pool decides: who gets which slot, and what becomes of a resource. No clock, no await.
//!
//! A slot is the right to one resource. It is always in exactly one place: with an idle resource,
//! a lease, a creation, a cleanup, or with a waiter that was granted it.

use super::config::PoolConfig;
use super::stats::{PoolStats, TIMED_WAITS};
use crate::line::{Left, Line, Ticket};
use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::time::Instant;

#[derive(Debug)]
pub(super) struct State<T> {
    config: PoolConfig,
    has_cleanup: bool,
    /// The one used last at the back, which is where the next is taken.
    idle: VecDeque<Resource<T>>,
    /// Discarded, and waiting for somebody to run their cleanup. Each still has its slot.
    doomed: Vec<T>,
    /// Slots that are taken. Never above the size of the pool.
    taken: usize,
    line: Line<(), Grant<T>>,
    closed: bool,
    stats: PoolStats,
}

/// A resource and its stamps, which are read only where a limit needs them.
#[derive(Debug)]
pub(super) struct Resource<T> {
    pub(super) value: T,
    created: Option<Instant>,
    idle_since: Option<Instant>,
}

/// What an acquirer is handed, each but the last together with a slot.
#[derive(Debug)]
pub(super) enum Grant<T> {
    Ready(Resource<T>),
    Create,
    /// Clean this one up, then create in its slot.
    Clean(T),
    Closed,
}

/// What is left to do once the lock is gone: wake, and drop values of the caller's type.
#[must_use]
pub(super) struct After<T> {
    pub(super) waker: Option<Waker>,
    pub(super) dropped: Vec<T>,
    /// Something waits for its cleanup, the minimum is not there, or a closed pool came nearer to
    /// being empty.
    pub(super) housekeeping: bool,
}

impl<T> State<T> {
    pub(super) fn new(config: PoolConfig, has_cleanup: bool) -> Self {
        Self {
            config,
            has_cleanup,
            idle: VecDeque::new(),
            doomed: Vec::new(),
            taken: 0,
            line: Line::new(),
            closed: false,
            stats: PoolStats::default(),
        }
    }

    pub(super) fn stats(&self) -> PoolStats {
        PoolStats {
            idle: self.idle.len(),
            size: self.taken,
            waiting: self.line.len(),
            ..self.stats
        }
    }

    pub(super) fn stats_mut(&mut self) -> &mut PoolStats {
        &mut self.stats
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Nothing is lent, idle or on its way.
    pub(super) fn is_drained(&self) -> bool {
        self.taken == 0
    }

    /// Grants at once if that is possible, `None` if the caller has to wait. `now` is needed
    /// where there are limits of age.
    pub(super) fn checkout(
        &mut self,
        now: Option<Instant>,
        after: &mut After<T>,
    ) -> Option<Grant<T>> {
        if self.closed {
            return Some(Grant::Closed);
        }
        if self.idle.front().is_some_and(|oldest| self.is_idle_too_long(oldest, now)) {
            self.reap(now, after);
        }
        while let Some(resource) = self.idle.pop_back() {
            if self.is_too_old(&resource, now) {
                self.discard(resource.value, after);
                continue;
            }
            self.stats.in_use += 1;
            return Some(Grant::Ready(resource));
        }
        if self.reserve_below(self.config.max_size) {
            return Some(Grant::Create);
        }
        // A resource was discarded and nobody has cleaned it up yet.
        self.doomed.pop().map(Grant::Clean)
    }

    /// Takes a slot if fewer than `size` are taken.
    pub(super) fn reserve_below(&mut self, size: usize) -> bool {
        let room = !self.closed && self.taken < size;
        self.taken += usize::from(room);
        room
    }

    /// Joins the line, under the same lock as the [`checkout`](Self::checkout) that gave nothing:
    /// so whoever waits finds every slot taken, and is told of a close.
    ///
    /// Also says whether to time the wait: all would cost two looks at the clock for each, and in
    /// a line that is served in order, neighbours wait for about as long.
    pub(super) fn join(&mut self, waker: Waker) -> (Ticket, bool) {
        let timed = self.line.is_empty() || self.line.len().is_multiple_of(TIMED_WAITS);
        (self.line.join((), Some(waker)), timed)
    }

    pub(super) fn poll(&mut self, ticket: Ticket, cx: &mut Context<'_>) -> Poll<Grant<T>> {
        self.line.poll(ticket, cx)
    }

    /// Takes a waiter out of the line. What it had been granted goes to the next.
    pub(super) fn leave(&mut self, ticket: Ticket, now: Option<Instant>, after: &mut After<T>) {
        match self.line.leave(ticket) {
            Left::Granted(Grant::Ready(resource)) => self.give_back(resource, true, now, after),
            Left::Granted(Grant::Create) => self.release_slot(after),
            Left::Granted(Grant::Clean(value)) => self.doom(value, after),
            Left::Granted(Grant::Closed) | Left::Waiting(..) | Left::Nothing => {}
        }
    }

    /// Takes a lent resource back, to be lent again if `keep`.
    pub(super) fn give_back(
        &mut self,
        mut resource: Resource<T>,
        keep: bool,
        now: Option<Instant>,
        after: &mut After<T>,
    ) {
        self.stats.in_use -= 1;
        if !keep || self.closed || self.is_too_old(&resource, now) {
            return self.discard(resource.value, after);
        }
        resource.idle_since = self.config.idle_timeout.and(now);
        match self.line.grant(Grant::Ready(resource)) {
            Ok(waker) => {
                self.stats.in_use += 1;
                after.waker = waker;
            }
            Err(Grant::Ready(resource)) => self.idle.push_back(resource),
            Err(_) => {}
        }
    }

    /// Counts a created resource as lent.
    pub(super) fn created(&mut self, value: T, now: Option<Instant>) -> Resource<T> {
        self.stats.created += 1;
        self.stats.in_use += 1;
        Resource { value, created: self.config.max_lifetime.and(now), idle_since: None }
    }

    /// Counts a lent resource as discarded; its slot stays with whoever calls.
    pub(super) fn discarded_by_holder(&mut self) {
        self.stats.in_use -= 1;
        self.stats.discarded += 1;
    }

    /// Gives the slot of a failed creation to the next in line, or frees it.
    pub(super) fn creation_failed(&mut self, after: &mut After<T>) {
        self.stats.create_failures += 1;
        self.release_slot(after);
        // The minimum is tried again after a pause and not at once.
        after.housekeeping = self.closed;
    }

    /// Gives a slot to the next in line, or frees it.
    pub(super) fn release_slot(&mut self, after: &mut After<T>) {
        match self.line.grant(Grant::Create) {
            Ok(waker) => after.waker = waker,
            Err(_) => {
                self.taken -= 1;
                after.housekeeping |= self.closed || self.taken < self.config.min_size;
            }
        }
    }

    fn discard(&mut self, value: T, after: &mut After<T>) {
        self.stats.discarded += 1;
        self.doom(value, after);
    }

    /// Has `value` cleaned up by the next in line or the next operation.
    fn doom(&mut self, value: T, after: &mut After<T>) {
        if !self.has_cleanup {
            after.dropped.push(value);
            return self.release_slot(after);
        }
        match self.line.grant(Grant::Clean(value)) {
            Ok(waker) => after.waker = waker,
            Err(Grant::Clean(value)) => {
                self.doomed.push(value);
                after.housekeeping = true;
            }
            Err(_) => {}
        }
    }

    pub(super) fn has_doomed(&self) -> bool {
        !self.doomed.is_empty()
    }

    /// Takes those that wait for their cleanup, with their slots.
    pub(super) fn take_doomed(&mut self) -> Vec<T> {
        std::mem::take(&mut self.doomed)
    }

    /// Discards what is too old, or idle for too long and above the minimum.
    pub(super) fn reap(&mut self, now: Option<Instant>, after: &mut After<T>) {
        let mut kept = VecDeque::new();
        while let Some(resource) = self.idle.pop_front() {
            let spare = self.idle.len() + kept.len() + self.stats.in_use >= self.config.min_size;
            if self.is_too_old(&resource, now) || (spare && self.is_idle_too_long(&resource, now)) {
                self.discard(resource.value, after);
            } else {
                kept.push_back(resource);
            }
        }
        self.idle = kept;
    }

    fn is_too_old(&self, resource: &Resource<T>, now: Option<Instant>) -> bool {
        passed(self.config.max_lifetime, resource.created, now)
    }

    fn is_idle_too_long(&self, resource: &Resource<T>, now: Option<Instant>) -> bool {
        passed(self.config.idle_timeout, resource.idle_since, now)
    }

    /// Closes: everybody in line is told, everything idle is discarded.
    pub(super) fn close(&mut self, after: &mut After<T>) -> Vec<Waker> {
        self.closed = true;
        let mut wakers = Vec::new();
        while let Ok(waker) = self.line.grant(Grant::Closed) {
            wakers.extend(waker);
        }
        while let Some(resource) = self.idle.pop_front() {
            self.discard(resource.value, after);
        }
        wakers
    }
}

fn passed(limit: Option<Duration>, since: Option<Instant>, now: Option<Instant>) -> bool {
    let (Some(limit), Some(since), Some(now)) = (limit, since, now) else { return false };
    now.saturating_duration_since(since) >= limit
}

impl<T> After<T> {
    pub(super) fn new() -> Self {
        Self { waker: None, dropped: Vec::new(), housekeeping: false }
    }
}

#[cfg(test)]
mod tests;
