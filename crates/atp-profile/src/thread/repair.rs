//! What happens at the end of a span that is anything but plain.
//!
//! Guards may be dropped in any order, or be kept in a future across an await. Their times are
//! right all the same: whatever the order, each moment on a thread belongs to exactly one span's
//! own time.

use super::{BORROWED, CLOSED, Entered, FAILED, Frame, POLL, Thread, UNTIDY, UNTIMED, UNWINDING};
use crate::log::Kept;
use crate::paths::RECURSIVE;
use crate::ring::Call;
use crate::tally::Outcome;
use std::sync::atomic::Ordering::Relaxed;

impl Thread {
    /// Closes a span that is recursive, not timed, failed, unwinding or out of order.
    #[cold]
    pub(super) fn exit_rare(&self, entered: Entered) {
        // Without a place its frame was closed by the poll that it outlived.
        let Some(index) = self.place_of(entered) else { return };
        let frame = &self.frames[index];
        let unwinding = frame.flags.get() & UNWINDING == 0 && std::thread::panicking();
        let outcome = match (unwinding, frame.flags.get() & FAILED) {
            (true, _) => Outcome::Panicked,
            (false, 0) => Outcome::Completed,
            (false, _) => Outcome::Failed,
        };
        let end = if frame.flags.get() & UNTIMED == 0 { self.clock.ticks() } else { 0 };
        self.close(index, end, outcome);
    }

    /// Returns where the frame of a guard is: where it was put, or further down if room was made.
    pub(super) fn place_of(&self, entered: Entered) -> Option<usize> {
        (1..=entered.index.min(self.depth())).rev().find(|&index| {
            let frame = &self.frames[index];
            frame.id.get() == entered.id && frame.flags.get() & (POLL | BORROWED | CLOSED) == 0
        })
    }

    #[cold]
    pub(super) fn push_where_there_was_no_room(
        &self,
        id: u64,
        path: u32,
        flags: u32,
    ) -> Option<Entered> {
        let untidy = self.top.get() & UNTIDY != 0;
        if untidy && self.make_room() { self.push(id, path, flags) } else { None }
    }

    /// Takes closed frames out from below open ones, where the stack is full of them: a program that
    /// always opens the next guard before it drops the last is never outside of all spans. Returns
    /// whether there is room now. Frames below a poll that is going on stay where they are.
    fn make_room(&self) -> bool {
        let depth = self.depth();
        let stays = |frame: &Frame| {
            let kind = frame.flags.get() & (POLL | BORROWED | CLOSED);
            kind & CLOSED == 0 && kind != 0
        };
        let base = (0..=depth).rev().find(|&index| stays(&self.frames[index])).unwrap_or(0);
        let mut top = base;
        for from in base + 1..=depth {
            if self.frames[from].flags.get() & CLOSED != 0 {
                self.frames[top].add_child(self.frames[from].children.get());
            } else {
                top += 1;
                self.frames[top].copy(&self.frames[from]);
            }
        }
        self.top.set(top);
        self.mark_untidy();
        top < depth
    }

    /// Ends a poll by the id of its call, wherever it stands. Returns when it ended, how long it was,
    /// and how much of that was its own; `None` if it is not here.
    #[cfg(feature = "tracing")]
    #[inline]
    pub(crate) fn end_poll_of(&self, id: u64) -> Option<(u64, u64, u64)> {
        let is = |index: &usize| {
            let frame = &self.frames[*index];
            frame.id.get() == id && frame.flags.get() & (POLL | CLOSED) == POLL
        };
        let index = (1..=self.depth()).rev().find(is)?;
        let polls_above = self.frames[index + 1..=self.depth()]
            .iter()
            .any(|frame| frame.flags.get() & (POLL | BORROWED) != 0);
        if !polls_above {
            return Some(self.end_poll(Entered { index, id }));
        }
        let end = self.clock.ticks();
        let frame = &self.frames[index];
        let ticks = end.saturating_sub(frame.start.get());
        let inside = frame.children.get().wrapping_add(self.pending(index + 1, end));
        self.close(index, end, Outcome::Completed);
        Some((end, ticks, ticks.saturating_sub(inside)))
    }

    /// Closes the guards that were left open inside a poll or a borrowed parent.
    #[inline]
    pub(super) fn close_above(&self, entered: Entered, end: u64) {
        if self.top.get() != entered.index {
            self.close_left_open(entered, end);
        }
    }

    #[cold]
    fn close_left_open(&self, entered: Entered, end: u64) {
        while self.depth() > entered.index {
            self.session.counters().out_of_order.fetch_add(1, Relaxed);
            self.close(self.depth(), end, Outcome::Completed);
        }
    }

    /// Records the call of a frame and takes it off the stack, or marks it if it is not on top.
    fn close(&self, index: usize, end: u64, outcome: Outcome) {
        let frame = &self.frames[index];
        let pending = self.pending(index + 1, end);
        let inside = frame.children.get().wrapping_add(pending);
        // What is not timed is the frame below's, apart from what was recorded inside.
        let ticks = match frame.flags.get() & UNTIMED {
            0 => end.saturating_sub(frame.start.get()),
            _ => inside,
        };
        self.record(index, ticks, ticks.saturating_sub(inside), end, outcome);
        if index == self.depth() {
            return self.pop(index, ticks);
        }
        self.session.counters().out_of_order.fetch_add(1, Relaxed);
        self.frames[index - 1].add_child(ticks);
        // What is open above began inside this frame; only what follows now is the frame below's.
        // The sum wraps until the frames above are closed.
        frame.children.set(0u64.wrapping_sub(pending));
        frame.flags.set(frame.flags.get() | CLOSED);
        self.top.set(self.top.get() | UNTIDY);
    }

    fn record(&self, index: usize, ticks: u64, own: u64, end: u64, outcome: Outcome) {
        let frame = &self.frames[index];
        let (id, path, flags) = (frame.id.get(), frame.path.get(), frame.flags.get());
        if flags & (POLL | BORROWED) != 0 {
            return;
        }
        let tally = self.cells.tallies.of(path);
        tally.mark(outcome);
        if flags & UNTIMED != 0 {
            return tally.record_untimed();
        }
        if flags & RECURSIVE != 0 {
            tally.record_recursive(own);
        } else {
            tally.record(ticks, own);
        }
        if !self.cells.ring.close(id, path, end, outcome) || ticks >= self.slow_ticks {
            self.keep(index, end, outcome);
        }
    }

    /// Keeps a call apart that is slow, or that lasted longer than its place in the ring.
    #[cold]
    pub(super) fn keep(&self, index: usize, end: u64, outcome: Outcome) {
        let (frame, below) = (&self.frames[index], &self.frames[index - 1]);
        let (id, parent, path) = (frame.id.get(), below.id.get(), frame.path.get());
        let call = Call { id, parent, path, outcome, start: frame.start.get(), end };
        self.session.log().keep_closed(Kept::new(&self.cells, call));
    }

    /// Returns the ticks until `end` that the frames from `index` up will still add to the one
    /// below them.
    fn pending(&self, index: usize, end: u64) -> u64 {
        let mut pending = 0_u64;
        for frame in self.frames.iter().take(self.depth() + 1).skip(index) {
            if frame.flags.get() & (CLOSED | BORROWED | UNTIMED) == 0 {
                return pending.wrapping_add(end.saturating_sub(frame.start.get()));
            }
            pending = pending.wrapping_add(frame.children.get());
        }
        pending
    }

    /// Takes the top frame off, and with it the closed ones below.
    #[inline]
    pub(super) fn pop(&self, index: usize, ticks: u64) {
        self.frames[index - 1].add_child(ticks);
        let untidy = self.top.get() & UNTIDY;
        self.top.set((index - 1) | untidy);
        if untidy != 0 {
            self.tidy();
        }
    }

    #[cold]
    fn tidy(&self) {
        let mut top = self.depth();
        while self.frames[top].flags.get() & CLOSED != 0 {
            let left = self.frames[top].children.get();
            self.frames[top - 1].add_child(left);
            top -= 1;
        }
        self.top.set(top);
        self.mark_untidy();
    }

    /// Notes in a tidy `top` whether a closed frame lies below it.
    fn mark_untidy(&self) {
        let top = self.top.get();
        let closed_below = self.frames[1..=top].iter().any(|frame| frame.flags.get() & CLOSED != 0);
        self.top.set(if closed_below { top | UNTIDY } else { top });
    }
}

impl Frame {
    #[inline]
    pub(super) fn add_child(&self, ticks: u64) {
        self.children.set(self.children.get().wrapping_add(ticks));
    }

    fn copy(&self, from: &Self) {
        self.start.set(from.start.get());
        self.children.set(from.children.get());
        self.id.set(from.id.get());
        self.path.set(from.path.get());
        self.flags.set(from.flags.get());
    }
}
