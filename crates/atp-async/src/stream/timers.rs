//! The timers of one stream: when each begins, and which has passed.

use super::{StreamElapsed, StreamLimits};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};

#[derive(Debug)]
pub(super) struct Timers {
    limits: StreamLimits,
    /// The end of all, once the stream has been polled.
    ends_at: Option<Instant>,
    begun: bool,
    had_first: bool,
    /// When the wait for the item that is asked for began to be limited; kept from poll to poll.
    due: Option<Due>,
    timer: Option<Pin<Box<Sleep>>>,
}

/// The limit that passes next.
#[derive(Debug, Clone, Copy)]
struct Due {
    at: Instant,
    elapsed: StreamElapsed,
}

impl Timers {
    pub(super) fn new(limits: StreamLimits) -> Self {
        Self { limits, ends_at: None, begun: false, had_first: false, due: None, timer: None }
    }

    /// Starts the total at the first poll.
    pub(super) fn begin(&mut self) {
        if !std::mem::replace(&mut self.begun, true) {
            self.ends_at = self.limits.total.and_then(|limit| Instant::now().checked_add(limit));
        }
    }

    /// There was an item: the next wait begins when the next item is asked for.
    pub(super) fn item(&mut self) {
        self.had_first = true;
        self.due = None;
    }

    /// The total, if it has passed.
    pub(super) fn total_elapsed(&self) -> Option<StreamElapsed> {
        let (end, limit) = self.ends_at.zip(self.limits.total)?;
        (Instant::now() > end).then_some(StreamElapsed::Total(limit))
    }

    /// Ready when a limit passes while nothing comes.
    pub(super) fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<StreamElapsed> {
        let Some(due) = self.due.or_else(|| self.next_due()) else { return Poll::Pending };
        let timer = match (&mut self.timer, self.due) {
            (Some(timer), Some(_)) => timer,
            (Some(timer), None) => {
                timer.as_mut().reset(due.at);
                timer
            }
            (none, _) => none.insert(Box::pin(sleep_until(due.at))),
        };
        self.due = Some(due);
        if timer.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        // The wait goes on, with a limit of its own.
        self.due = None;
        Poll::Ready(due.elapsed)
    }

    fn next_due(&self) -> Option<Due> {
        let now = Instant::now();
        let due = |limit: Duration, elapsed| now.checked_add(limit).map(|at| Due { at, elapsed });
        let item = match (self.had_first, self.limits.first, self.limits.idle) {
            (false, Some(first), _) => due(first, StreamElapsed::First(first)),
            (_, _, Some(idle)) => due(idle, StreamElapsed::Idle(idle)),
            _ => None,
        };
        let total = self.ends_at.zip(self.limits.total);
        let total = total.map(|(at, limit)| Due { at, elapsed: StreamElapsed::Total(limit) });
        match (item, total) {
            (Some(item), Some(total)) => Some(if total.at <= item.at { total } else { item }),
            (item, total) => item.or(total),
        }
    }
}
