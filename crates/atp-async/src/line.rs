//! A first-come queue of waiters: who waits, for what, and what has been handed to whom.
//!
//! Plain data behind the lock of its owner. A waiter that leaves gives back what it was handed,
//! so nothing granted is ever lost with the future that waited for it.

use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};

/// Waiters in arrival order. `R` is what one asks for, `G` what it is handed.
#[derive(Debug)]
pub(crate) struct Line<R, G> {
    next: u64,
    /// Ascending by ticket, because tickets are handed out in order.
    waiting: VecDeque<Waiting<R>>,
    /// Ascending by ticket too: only the front is ever granted.
    granted: VecDeque<(Ticket, G)>,
}

/// A place in a [`Line`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket(u64);

#[derive(Debug)]
struct Waiting<R> {
    ticket: Ticket,
    request: R,
    /// None if it joined without and was not polled yet.
    waker: Option<Waker>,
}

/// What a waiter had when it left.
#[derive(Debug, PartialEq)]
pub(crate) enum Left<R, G> {
    /// It was still waiting; `true` when it was the front.
    Waiting(R, bool),
    /// It had been handed this and never took it.
    Granted(G),
    /// It had taken its grant.
    Nothing,
}

impl<R, G> Line<R, G> {
    pub(crate) fn new() -> Self {
        Self { next: 0, waiting: VecDeque::new(), granted: VecDeque::new() }
    }

    pub(crate) fn join(&mut self, request: R, waker: Option<Waker>) -> Ticket {
        let ticket = Ticket(self.next);
        self.next += 1;
        self.waiting.push_back(Waiting { ticket, request, waker });
        ticket
    }

    pub(crate) fn front(&self) -> Option<&R> {
        self.waiting.front().map(|waiter| &waiter.request)
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Hands `grant` to the front and returns its waker, to be woken outside the lock.
    ///
    /// # Errors
    ///
    /// `grant` itself, when nobody waits.
    pub(crate) fn grant(&mut self, grant: G) -> Result<Option<Waker>, G> {
        match self.waiting.pop_front() {
            Some(waiter) => {
                self.granted.push_back((waiter.ticket, grant));
                Ok(waiter.waker)
            }
            None => Err(grant),
        }
    }

    /// Takes the grant of `ticket`, or keeps the waker for when there is one.
    pub(crate) fn poll(&mut self, ticket: Ticket, cx: &mut Context<'_>) -> Poll<G> {
        if let Some(grant) = self.take_grant(ticket) {
            return Poll::Ready(grant);
        }
        if let Ok(at) = self.waiting.binary_search_by_key(&ticket, |waiter| waiter.ticket) {
            match &mut self.waiting[at].waker {
                Some(waker) => waker.clone_from(cx.waker()),
                none => *none = Some(cx.waker().clone()),
            }
        }
        Poll::Pending
    }

    /// Takes `ticket` out of the line, wherever it is.
    pub(crate) fn leave(&mut self, ticket: Ticket) -> Left<R, G> {
        if let Some(grant) = self.take_grant(ticket) {
            return Left::Granted(grant);
        }
        if let Ok(at) = self.waiting.binary_search_by_key(&ticket, |waiter| waiter.ticket)
            && let Some(waiter) = self.waiting.remove(at)
        {
            return Left::Waiting(waiter.request, at == 0);
        }
        Left::Nothing
    }

    /// Returns what was granted before `ticket` and was not taken yet.
    pub(crate) fn granted_before(&mut self, ticket: Ticket) -> impl Iterator<Item = &mut G> {
        let earlier = self.granted.iter_mut().take_while(move |(of, _)| *of < ticket);
        earlier.map(|(_, grant)| grant)
    }

    fn take_grant(&mut self, ticket: Ticket) -> Option<G> {
        let at = self.granted.binary_search_by_key(&ticket, |(of, _)| *of).ok()?;
        self.granted.remove(at).map(|(_, grant)| grant)
    }

    /// Returns the wakers of all that wait, who keep their places.
    pub(crate) fn wakers(&self) -> Vec<Waker> {
        self.waiting.iter().filter_map(|waiter| waiter.waker.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll(line: &mut Line<u32, char>, ticket: Ticket) -> Poll<char> {
        line.poll(ticket, &mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn grants_go_out_in_arrival_order() {
        let mut line = Line::new();
        let (a, b) = (line.join(1, None), line.join(2, None));
        assert!(poll(&mut line, b).is_pending());
        assert!(line.grant('a').unwrap().is_none(), "never polled, so there is no waker");
        assert!(line.grant('b').unwrap().is_some());
        assert_eq!(poll(&mut line, b), Poll::Ready('b'));
        assert_eq!(poll(&mut line, a), Poll::Ready('a'));
        assert!(matches!(line.grant('c'), Err('c')));
    }

    #[test]
    fn who_leaves_gives_back_what_it_was_handed() {
        let mut line = Line::new();
        let (a, b, c) = (line.join(1, None), line.join(2, None), line.join(3, None));
        assert!(line.grant('a').is_ok());
        assert_eq!(line.leave(a), Left::Granted('a'));
        assert_eq!(line.leave(c), Left::Waiting(3, false));
        assert_eq!(line.leave(b), Left::Waiting(2, true));
        assert_eq!(line.leave(b), Left::Nothing);
        assert!(line.is_empty());
    }
}
