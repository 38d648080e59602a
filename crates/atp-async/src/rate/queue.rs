//! Who is next, and when: everything a limiter decides, with time passed in.

use super::config::RateConfig;
use super::gcra::{Gcra, LAST_TICK, Ticks, give_back};
use super::word::{Check, Word};
use crate::error::ConfigError;
use crate::line::{Left, Line, Ticket};
use crate::sync::lock;
use std::sync::{Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use tokio::runtime::Id;

/// The budgets and the line before them.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) requests: Gcra,
    pub(super) units: Option<Gcra>,
    word: Word,
    state: Mutex<State>,
}

/// What one acquisition takes from each budget.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cost {
    pub(super) requests: Ticks,
    pub(super) units: Ticks,
}

impl Cost {
    fn plus(self, other: Self) -> Self {
        Self {
            requests: self.requests.wrapping_add(other.requests),
            units: self.units.wrapping_add(other.units),
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            requests: self.requests.wrapping_sub(other.requests),
            units: self.units.wrapping_sub(other.units),
        }
    }
}

#[derive(Debug)]
struct State {
    unit_tat: Ticks,
    /// Nothing is granted before: the end of a penalty.
    blocked_until: Ticks,
    /// With each grant goes what had been taken at all by then, the grant included.
    line: Line<Cost, Cost>,
    /// The sum of what the line asks for.
    queued: Cost,
    /// The sum of what was given back, in numbers that wrap around.
    given_back: Cost,
    /// The tasks that watch the clock for the line: one in each runtime that has waiters, since a
    /// runtime may stand still while another one runs.
    drivers: Vec<(Id, Epoch)>,
    epochs: u64,
}

/// Tells the drivers of one limiter apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Epoch(u64);

/// The queue at one moment: the lock, and the bucket held for it.
pub(super) struct Locked<'a> {
    queue: &'a Queue,
    state: MutexGuard<'a, State>,
    tat: Ticks,
    now: Ticks,
}

impl Queue {
    pub(super) fn new(
        requests: RateConfig,
        units: Option<RateConfig>,
    ) -> Result<Self, ConfigError> {
        let units = units.map(Gcra::new).transpose()?;
        Ok(Self {
            requests: Gcra::new(requests)?,
            word: Word::new(units.is_some()),
            units,
            state: Mutex::new(State {
                unit_tat: 0,
                blocked_until: 0,
                line: Line::new(),
                queued: Cost { requests: 0, units: 0 },
                given_back: Cost { requests: 0, units: 0 },
                drivers: Vec::new(),
                epochs: 0,
            }),
        })
    }

    /// Takes `cost` if it is there and nobody is before it.
    #[inline]
    pub(super) fn try_take(&self, now: Ticks, cost: Cost) -> bool {
        match self.word.check(&self.requests, now, cost.requests) {
            Check::Taken => true,
            Check::Short => false,
            Check::Held => self.lock(now).try_take(cost),
        }
    }

    pub(super) fn lock(&self, now: Ticks) -> Locked<'_> {
        let state = lock(&self.state);
        let tat = self.word.hold();
        Locked { queue: self, state, tat, now }
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        let held = self.queue.units.is_some()
            || !self.state.line.is_empty()
            || self.state.blocked_until > self.now;
        self.queue.word.put(self.tat, held);
    }
}

impl Locked<'_> {
    pub(super) fn try_take(&mut self, cost: Cost) -> bool {
        self.state.line.is_empty() && self.take(cost)
    }

    fn take(&mut self, cost: Cost) -> bool {
        let Queue { requests, units, .. } = self.queue;
        if self.state.blocked_until > self.now {
            return false;
        }
        let Some(tat) = requests.take(self.tat, self.now, cost.requests) else { return false };
        if let Some(units) = units {
            let Some(unit_tat) = units.take(self.state.unit_tat, self.now, cost.units) else {
                return false;
            };
            self.state.unit_tat = unit_tat;
        }
        self.tat = tat;
        true
    }

    /// When `cost` would be granted if it joined the line now, in ticks from now.
    pub(super) fn wait_for(&self, cost: Cost) -> Ticks {
        self.ready_at(self.state.queued, cost).saturating_sub(self.now)
    }

    fn ready_at(&self, before: Cost, cost: Cost) -> Ticks {
        let Queue { requests, units, .. } = self.queue;
        let at =
            requests.ready_at(self.tat, self.now, before.requests.saturating_add(cost.requests));
        let units_at = units.as_ref().map_or(0, |units| {
            units.ready_at(self.state.unit_tat, self.now, before.units.saturating_add(cost.units))
        });
        at.max(units_at).max(self.state.blocked_until)
    }

    pub(super) fn join(&mut self, cost: Cost) -> Ticket {
        let queued = &mut self.state.queued;
        queued.requests = queued.requests.saturating_add(cost.requests);
        queued.units = queued.units.saturating_add(cost.units);
        self.state.line.join(cost, None)
    }

    /// Ready once `ticket` was granted, its tokens taken.
    pub(super) fn poll(&mut self, ticket: Ticket, cx: &mut Context<'_>) -> Poll<()> {
        self.state.line.poll(ticket, cx).map(|_| ())
    }

    /// Grants to the front for as long as the budgets allow it; the wakers in order.
    pub(super) fn grant_ready(&mut self) -> Vec<Waker> {
        let mut wakers = Vec::new();
        while let Some(&cost) = self.state.line.front() {
            if !self.take(cost) {
                break;
            }
            self.forget_queued(cost);
            let taken = self.taken();
            if let Ok(Some(waker)) = self.state.line.grant(taken) {
                wakers.push(waker);
            }
        }
        wakers
    }

    /// When the front can be granted, `None` if nobody waits.
    pub(super) fn next_grant_at(&self) -> Option<Ticks> {
        let front = *self.state.line.front()?;
        Some(self.ready_at(Cost { requests: 0, units: 0 }, front))
    }

    pub(super) fn waiting(&self) -> usize {
        self.state.line.len()
    }

    /// Takes `ticket` out and gives back what it was granted. True if the next grant moved.
    pub(super) fn leave(&mut self, ticket: Ticket, cost: Cost) -> bool {
        match self.state.line.leave(ticket) {
            Left::Waiting(cost, was_front) => {
                self.forget_queued(cost);
                was_front
            }
            Left::Granted(then) => {
                self.give_back(cost, self.taken().minus(then));
                for earlier in self.state.line.granted_before(ticket) {
                    *earlier = earlier.plus(cost);
                }
                true
            }
            Left::Nothing => false,
        }
    }

    /// How far both buckets were ever moved on, in numbers that wrap around. What is between two
    /// of them is what was taken in between, and the time in which a bucket was full.
    fn taken(&self) -> Cost {
        Cost { requests: self.tat, units: self.state.unit_tat }.plus(self.state.given_back)
    }

    fn give_back(&mut self, cost: Cost, since: Cost) {
        let before = Cost { requests: self.tat, units: self.state.unit_tat };
        self.tat = give_back(self.tat, self.now, cost.requests, since.requests);
        let unit_tat = &mut self.state.unit_tat;
        *unit_tat = give_back(*unit_tat, self.now, cost.units, since.units);
        let after = Cost { requests: self.tat, units: *unit_tat };
        self.state.given_back = self.state.given_back.plus(before.minus(after));
    }

    fn forget_queued(&mut self, cost: Cost) {
        self.state.queued.requests = self.state.queued.requests.saturating_sub(cost.requests);
        self.state.queued.units = self.state.queued.units.saturating_sub(cost.units);
    }

    /// Grants nothing for `pause`, and one token at its end.
    pub(super) fn penalise(&mut self, pause: Ticks) {
        let requests = &self.queue.requests;
        let until = self.now.saturating_add(pause).min(LAST_TICK >> 1);
        self.state.blocked_until = self.state.blocked_until.max(until);
        self.tat = self.tat.max(until + requests.capacity() - requests.interval());
    }

    /// Claims the seat of the driver in `runtime`, if somebody waits and it is free.
    pub(super) fn claim_driver(&mut self, runtime: Id) -> Option<Epoch> {
        let taken = self.state.drivers.iter().any(|driver| driver.0 == runtime);
        if taken || self.state.line.is_empty() {
            return None;
        }
        let epoch = Epoch(self.state.epochs);
        self.state.epochs += 1;
        self.state.drivers.push((runtime, epoch));
        Some(epoch)
    }

    pub(super) fn is_driver(&self, epoch: Epoch) -> bool {
        self.state.drivers.iter().any(|driver| driver.1 == epoch)
    }

    /// Frees the seats when nobody waits. True if it did.
    pub(super) fn retire_drivers(&mut self) -> bool {
        let retired = self.state.line.is_empty() && !self.state.drivers.is_empty();
        if retired {
            self.state.drivers.clear();
        }
        retired
    }

    /// Frees the seat of a driver that was lost with its runtime. Whoever still waits is woken
    /// to find another.
    pub(super) fn lose_driver(&mut self, epoch: Epoch) -> Vec<Waker> {
        if !self.is_driver(epoch) {
            return Vec::new();
        }
        self.state.drivers.retain(|driver| driver.1 != epoch);
        self.state.line.wakers()
    }
}
