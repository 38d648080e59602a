//! Who waits, what the server said last, and what is to be done next: everything a shared limiter
//! decides, with time passed in.

use super::error::SharedRateError;
use super::limiter::RateGrant;
use super::server::{Answer, Ask};
use super::terms::Terms;
use crate::line::{Left, Line, Ticket};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::runtime::Id;
use tokio::time::Instant;

/// How long a server that failed is left alone.
const PAUSE: Duration = Duration::from_millis(250);

/// What a waiter gets.
pub(super) type Handed = Result<RateGrant, SharedRateError>;

/// The line before the server.
#[derive(Debug)]
pub(super) struct Queue {
    terms: Terms,
    /// Whether an outage is bridged.
    has_reserve: bool,
    line: Line<Option<Patience>, Handed>,
    /// The runtimes in which a task serves the line: one in each that has waiters, since a runtime
    /// may stand still while another one runs.
    seats: Vec<Id>,
    /// The server grants nothing before.
    due: Option<Instant>,
    /// The arrival time that the server told last.
    told: u64,
    /// Tokens granted here since the server answered last, as far as a full bucket could pay them.
    elsewhere: u32,
    trouble: Option<Trouble>,
}

/// How long a waiter waits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    pub(super) timeout: Duration,
    pub(super) until: Instant,
}

/// The server failed.
#[derive(Debug)]
struct Trouble {
    error: SharedRateError,
    /// When it is asked again.
    until: Instant,
}

/// What is to be done for the line.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    /// Ask the server.
    Ask(Ask),
    /// Wait until the server can have a token.
    Rest(Instant),
    /// Serve from the reserve, and ask the server then.
    Reserve(Instant),
    /// Nothing: nobody waits.
    Leave,
}

impl Queue {
    pub(super) fn new(terms: Terms, has_reserve: bool) -> Self {
        Self {
            terms,
            has_reserve,
            line: Line::new(),
            seats: Vec::new(),
            due: None,
            told: 0,
            elsewhere: 0,
            trouble: None,
        }
    }

    /// Joins the line, unless it is known already that this comes to nothing.
    pub(super) fn join(
        &mut self,
        patience: Option<Patience>,
        now: Instant,
    ) -> Result<Ticket, SharedRateError> {
        if let Some(trouble) = &self.trouble
            && now < trouble.until
            && !self.on_reserve()
        {
            return Err(trouble.error.clone());
        }
        if let (Some(patience), Some(due)) = (patience, self.due) {
            let ahead = u32::try_from(self.line.len()).unwrap_or(u32::MAX);
            let wait = self.terms.interval().saturating_mul(ahead);
            if due > now && due.checked_add(wait).is_none_or(|granted| granted > patience.until) {
                return Err(SharedRateError::TooLong { timeout: patience.timeout });
            }
        }
        Ok(self.line.join(patience, None))
    }

    pub(super) fn poll(&mut self, ticket: Ticket, cx: &mut Context<'_>) -> Poll<Handed> {
        self.line.poll(ticket, cx)
    }

    /// Takes `ticket` out of the line. A token that it was handed goes to the next.
    pub(super) fn leave(&mut self, ticket: Ticket) -> Option<Waker> {
        match self.line.leave(ticket) {
            Left::Granted(Ok(grant)) => self.line.grant(Ok(grant)).ok().flatten(),
            Left::Granted(Err(_)) | Left::Waiting(..) | Left::Nothing => None,
        }
    }

    pub(super) fn waiting(&self) -> usize {
        self.line.len()
    }

    /// Whether tokens come from the reserve now.
    fn on_reserve(&self) -> bool {
        let outage = |trouble: &Trouble| matches!(trouble.error, SharedRateError::Outage { .. });
        self.has_reserve && self.trouble.as_ref().is_some_and(outage)
    }

    pub(super) fn next(&self, now: Instant) -> Step {
        if self.line.is_empty() {
            return Step::Leave;
        }
        if let Some(trouble) = self.trouble.as_ref().filter(|_| self.on_reserve()) {
            return Step::Reserve(trouble.until);
        }
        if let Some(due) = self.due.filter(|due| *due > now) {
            return Step::Rest(due);
        }
        let waiting = u32::try_from(self.line.len()).unwrap_or(u32::MAX);
        Step::Ask(self.ask(waiting.min(self.terms.burst)))
    }

    /// The question for `wanted` tokens. With none it is whether the server answers.
    pub(super) fn ask(&self, wanted: u32) -> Ask {
        Ask { wanted, elsewhere: self.elsewhere, told: self.told }
    }

    /// Hands out what the server granted. Returns whom to wake, in order.
    pub(super) fn answered(&mut self, ask: &Ask, answer: &Answer, now: Instant) -> Vec<Waker> {
        self.trouble = None;
        self.told = answer.arrival_us;
        self.elsewhere = self.elsewhere.saturating_sub(ask.elsewhere);
        let mut wakers = Vec::new();
        for _ in 0..answer.granted {
            // Where the line is shorter by now, the rest of the tokens is lost.
            wakers
                .extend(self.line.grant(Ok(RateGrant::Shared { at: answer.at() })).ok().flatten());
        }
        self.due = None;
        if answer.granted < ask.wanted {
            let due = now + answer.wait(self.terms);
            self.due = Some(due);
            while let Some(&Some(patience)) = self.line.front()
                && patience.until < due
            {
                let error = SharedRateError::TooLong { timeout: patience.timeout };
                wakers.extend(self.line.grant(Err(error)).ok().flatten());
            }
        }
        wakers
    }

    /// Notes that the server failed, and fails all who wait if nothing else serves them. Returns
    /// whom to wake, and whether an outage begins that the reserve bridges.
    pub(super) fn failed(&mut self, error: SharedRateError, now: Instant) -> (Vec<Waker>, bool) {
        let bridged = self.on_reserve();
        self.due = None;
        self.trouble = Some(Trouble { error: error.clone(), until: now + PAUSE });
        let mut wakers = Vec::new();
        if !self.on_reserve() {
            while !self.line.is_empty() {
                wakers.extend(self.line.grant(Err(error.clone())).ok().flatten());
            }
        }
        (wakers, self.on_reserve() && !bridged)
    }

    /// Hands a token of the reserve to the front.
    pub(super) fn grant_reserve(&mut self) -> Option<Waker> {
        let granted = self.line.grant(Ok(RateGrant::Local));
        if granted.is_ok() {
            self.elsewhere = (self.elsewhere + 1).min(self.terms.burst);
        }
        granted.ok().flatten()
    }

    /// Claims the seat of the task in `runtime`, if somebody waits and it is free.
    pub(super) fn claim_seat(&mut self, runtime: Id) -> bool {
        let claimed = !self.line.is_empty() && !self.seats.contains(&runtime);
        if claimed {
            self.seats.push(runtime);
        }
        claimed
    }

    /// Frees the seat in `runtime` if nobody waits.
    pub(super) fn retire(&mut self, runtime: Id) -> bool {
        let retired = self.line.is_empty();
        if retired {
            self.seats.retain(|seat| *seat != runtime);
        }
        retired
    }

    /// Frees the seat of a task that was lost with its runtime. Whoever waits is woken to find
    /// another.
    pub(super) fn lose_seat(&mut self, runtime: Id) -> Vec<Waker> {
        self.seats.retain(|seat| *seat != runtime);
        self.line.wakers()
    }
}

#[cfg(test)]
mod tests;
