//! A fair semaphore whose limit can be moved.

use crate::line::{Left, Line, Ticket};
use crate::sync::lock;
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::Waker;

/// Lets at most `limit` holders in, in the order of their arrival.
#[derive(Debug)]
pub(crate) struct Gate(Mutex<State>);

#[derive(Debug)]
struct State {
    limit: usize,
    held: usize,
    /// How often the last place was taken.
    filled: u64,
    line: Line<(), Entry>,
}

/// What a holder was told when it was let in.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Entry {
    /// How often the last place had been taken before.
    filled_before: u64,
}

/// A place inside, free again when dropped.
#[must_use = "a permit that is dropped at once lets the next one in"]
#[derive(Debug)]
pub(crate) struct Permit {
    gate: Arc<Gate>,
    entry: Entry,
}

impl Gate {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State { limit, held: 0, filled: 0, line: Line::new() })))
    }

    pub(crate) fn limit(&self) -> usize {
        lock(&self.0).limit
    }

    pub(crate) fn held(&self) -> usize {
        lock(&self.0).held
    }

    /// Moves the limit. Whoever is inside stays, even above it.
    pub(crate) fn set_limit(&self, limit: usize) {
        self.change(|state| state.limit = limit);
    }

    /// Lets the caller in if there is room and nobody waits.
    pub(crate) fn try_enter(self: &Arc<Self>) -> Option<Permit> {
        let mut state = lock(&self.0);
        let entry = if state.line.is_empty() { state.enter() } else { None };
        drop(state);
        entry.map(|entry| Permit { gate: Arc::clone(self), entry })
    }

    pub(crate) async fn enter(self: Arc<Self>) -> Permit {
        if let Some(permit) = self.try_enter() {
            return permit;
        }
        // Nothing can be between the two looks: the line is joined first, and then served.
        let place = Place { gate: &self, ticket: lock(&self.0).line.join((), None) };
        self.change(|_| ());
        let entry = poll_fn(|cx| lock(&place.gate.0).line.poll(place.ticket, cx)).await;
        drop(place);
        Permit { gate: Arc::clone(&self), entry }
    }

    /// Changes the state, and lets in whom it makes room for.
    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = lock(&self.0);
        change(&mut state);
        let wakers = state.admit();
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl State {
    fn enter(&mut self) -> Option<Entry> {
        if self.held >= self.limit {
            return None;
        }
        let entry = Entry { filled_before: self.filled };
        self.held += 1;
        self.filled += u64::from(self.held == self.limit);
        Some(entry)
    }

    fn admit(&mut self) -> Vec<Waker> {
        let mut wakers = Vec::new();
        while !self.line.is_empty()
            && let Some(entry) = self.enter()
        {
            if let Ok(Some(waker)) = self.line.grant(entry) {
                wakers.push(waker);
            }
        }
        wakers
    }
}

impl Permit {
    /// Whether the limit was fully used at some time since this place was taken.
    pub(crate) fn saw_limit_used(&self) -> bool {
        lock(&self.gate.0).filled != self.entry.filled_before
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.gate.change(|state| state.held -= 1);
    }
}

/// A place in the line, left when dropped.
struct Place<'a> {
    gate: &'a Gate,
    ticket: Ticket,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.gate.change(|state| {
            if let Left::Granted(_) = state.line.leave(self.ticket) {
                state.held -= 1;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_limit_that_moves_up_lets_several_in_and_down_none() {
        let gate = Gate::new(1);
        let first = Arc::clone(&gate).enter().await;
        assert!(first.saw_limit_used());
        let mut waiting = Vec::from_iter((0..3).map(|_| Box::pin(Arc::clone(&gate).enter())));
        for enter in &mut waiting {
            assert!(futures::poll!(enter.as_mut()).is_pending());
        }
        gate.set_limit(3);
        assert!(futures::poll!(waiting[2].as_mut()).is_pending(), "in order of arrival");
        let second = waiting.remove(0).await;
        let third = waiting.remove(0).await;
        assert!(second.saw_limit_used() && third.saw_limit_used());
        gate.set_limit(1);
        drop((first, second));
        assert!(futures::poll!(waiting[0].as_mut()).is_pending());
        drop(third);
        drop(waiting.remove(0).await);
        assert_eq!(gate.held(), 0);
    }

    #[test]
    fn all_who_were_inside_when_the_last_place_was_taken_saw_the_limit_used() {
        let gate = Gate::new(3);
        let (first, second) = (gate.try_enter().unwrap(), gate.try_enter().unwrap());
        assert!(!first.saw_limit_used() && !second.saw_limit_used());
        let third = gate.try_enter().unwrap();
        assert!(first.saw_limit_used() && second.saw_limit_used() && third.saw_limit_used());
        drop((first, second));
        assert!(!gate.try_enter().unwrap().saw_limit_used(), "it was full before, and not since");
    }

    #[tokio::test]
    async fn one_who_was_let_in_and_leaves_makes_room() {
        let gate = Gate::new(1);
        let held = Arc::clone(&gate).enter().await;
        let mut granted = Box::pin(Arc::clone(&gate).enter());
        assert!(futures::poll!(granted.as_mut()).is_pending());
        drop(held);
        assert!(gate.try_enter().is_none(), "the place is the waiter's");
        drop(granted);
        assert!(gate.try_enter().is_some());
        assert_eq!(gate.held(), 0);
    }
}
