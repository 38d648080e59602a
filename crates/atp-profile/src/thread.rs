//! One thread's part of a session: which spans are open on it, and what they add up to.

mod ids;
mod repair;

use crate::Metadata;
use crate::clock::Clock;
use crate::labels::Labels;
use crate::log::Kept;
use crate::lookup::Lookup;
use crate::paths::{OVERFLOW, ROOT, SAMPLED, Step};
use crate::ring::{Call, Ring};
use crate::session::Session;
use crate::tally::{Outcome, Tallies};
use ids::Ids;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// What other threads read while the owner goes on writing.
#[derive(Debug)]
pub(crate) struct ThreadCells {
    pub(crate) index: u32,
    pub(crate) name: String,
    pub(crate) tallies: Tallies,
    pub(crate) ring: Ring,
    pub(crate) labels: Labels,
}

/// What only the thread itself touches: where it is.
#[derive(Debug)]
pub(crate) struct Thread {
    session: Arc<Session>,
    cells: Arc<ThreadCells>,
    clock: Clock,
    /// Frames by depth; the first stands for "outside of all spans" and is never closed.
    frames: Box<[Frame]>,
    /// The index of the top frame, plus [`UNTIDY`] while closed frames lie below open ones.
    top: Cell<usize>,
    lookup: RefCell<Lookup>,
    /// Whose turn it is, by path, of operations that are sampled.
    turns: RefCell<HashMap<u32, Turn>>,
    ring_ids: Ids,
    other_ids: Ids,
    slow_ticks: u64,
}

/// A span, a poll of a task, or a borrowed parent that is open on this thread.
#[derive(Debug, Default)]
struct Frame {
    start: Cell<u64>,
    /// Ticks of what ran inside and was recorded by itself.
    children: Cell<u64>,
    /// The call's id, or the task's; zero outside of all calls.
    id: Cell<u64>,
    path: Cell<u32>,
    flags: Cell<u32>,
}

/// Calls since the last one that was timed, and after how many it is one's turn again.
#[derive(Debug)]
struct Turn {
    calls: u32,
    every: u32,
}

/// A frame that its owner will close.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entered {
    index: usize,
    id: u64,
}

/// Flag of a frame: no clock is read for it, nor for what is inside it.
pub(crate) const UNTIMED: u32 = 4;

/// Flag of a frame: opened while the thread unwinds, so a panic at its end is not its own.
const UNWINDING: u32 = 8;

/// Flag of a frame: a poll, whose time its task adds up.
const POLL: u32 = 32;

/// Flag of a frame: a parent on another thread or task, which has no time here.
const BORROWED: u32 = 64;

/// Flag of a frame: closed, while a frame above it is open.
const CLOSED: u32 = 128;

/// Flag of a frame: its call has failed.
const FAILED: u32 = 256;

/// Set in `top` while a closed frame lies below an open one.
const UNTIDY: usize = 1 << (usize::BITS - 1);

impl Thread {
    pub(crate) fn new(session: Arc<Session>) -> Rc<Self> {
        let config = session.config();
        let frames = (0..=config.max_depth).map(|_| Frame::default()).collect::<Box<[_]>>();
        frames[0].path.set(ROOT);
        Rc::new(Self {
            cells: session.add_thread(),
            clock: session.clock().clone(),
            frames,
            top: Cell::new(0),
            lookup: RefCell::new(Lookup::new(4 * config.max_paths)),
            turns: RefCell::default(),
            ring_ids: Ids::default(),
            other_ids: Ids::default(),
            slow_ticks: session.slow_ticks(),
            session,
        })
    }

    #[inline]
    pub(crate) fn session(&self) -> &Arc<Session> {
        &self.session
    }

    #[inline]
    pub(crate) fn cells(&self) -> &ThreadCells {
        &self.cells
    }

    /// Records a call of a layer that has ended, in this thread's ring.
    #[cfg(feature = "tracing")]
    #[inline]
    pub(crate) fn record_call(&self, call: &Call) {
        if let Some(lasting) = self.cells.ring.record(call) {
            self.keep_open(lasting);
        }
        if call.end.saturating_sub(call.start) >= self.slow_ticks {
            self.session.log().keep_closed(Kept::new(&self.cells, *call));
        }
    }

    /// Returns the call that is open here and its path, for others to hang below.
    #[inline]
    pub(crate) fn parent(&self) -> (u64, u32, u32) {
        let frame = &self.frames[self.depth()];
        (frame.id.get(), frame.path.get(), frame.flags.get() & UNTIMED)
    }

    /// Opens a span. Returns `None` if it is too deep, in which case it has been counted.
    #[inline]
    pub(crate) fn enter(&self, name: &'static str) -> Option<Entered> {
        let (parent, path, untimed) = self.parent();
        let step = self.step(path, name);
        let mut flags = step.flags | untimed;
        if std::thread::panicking() {
            flags |= UNWINDING;
        }
        if flags & (SAMPLED | UNTIMED) != 0 {
            flags = self.sample(step, flags);
        }
        let id = if flags & UNTIMED == 0 { self.next_id() } else { self.next_other_id() };
        let Some(entered) = self.push(id, step.path, flags) else {
            self.too_deep(Outcome::Completed);
            return None;
        };
        if flags & UNTIMED == 0 {
            let start = self.clock.ticks();
            self.frames[entered.index].start.set(start);
            if let Some(lasting) = self.cells.ring.open(id, parent, step.path, start) {
                self.keep_open(lasting);
            }
        }
        Some(entered)
    }

    /// Closes a span.
    #[inline]
    pub(crate) fn exit(&self, entered: Entered) {
        let frame = &self.frames[entered.index];
        let plain = self.top.get() == entered.index
            && frame.id.get() == entered.id
            && frame.flags.get() == 0
            && !std::thread::panicking();
        if !plain {
            return self.exit_rare(entered);
        }
        let end = self.clock.ticks();
        let ticks = end.saturating_sub(frame.start.get());
        let path = frame.path.get();
        self.cells.tallies.of(path).record(ticks, ticks.saturating_sub(frame.children.get()));
        self.frames[entered.index - 1].add_child(ticks);
        self.top.set(entered.index - 1);
        let kept = self.cells.ring.close(entered.id, path, end, Outcome::Completed);
        if !kept || ticks >= self.slow_ticks {
            self.keep(entered.index, end, Outcome::Completed);
        }
    }

    #[cold]
    fn keep_open(&self, lasting: Call) {
        self.session.log().keep_open(Kept::new(&self.cells, lasting));
    }

    /// Puts a task on the stack for a poll. Returns `None` if that is too deep.
    #[inline]
    pub(crate) fn enter_poll(&self, id: u64, path: u32, untimed: u32) -> Option<Entered> {
        self.push(id, path, POLL | untimed)
    }

    /// Puts a parent from another thread or task on the stack. Returns `None` if that is too deep.
    pub(crate) fn enter_borrowed(&self, id: u64, path: u32, untimed: u32) -> Option<Entered> {
        self.push(id, path, BORROWED | untimed)
    }

    /// Reads the clock for a poll that starts now, as late as possible.
    #[inline]
    pub(crate) fn start_poll(&self, entered: Entered) -> u64 {
        let start = self.clock.ticks();
        self.frames[entered.index].start.set(start);
        start
    }

    /// Ends a poll. Returns when it ended, how long it was, and how much of that was its own.
    #[inline]
    pub(crate) fn end_poll(&self, entered: Entered) -> (u64, u64, u64) {
        let end = self.clock.ticks();
        self.close_above(entered, end);
        let frame = &self.frames[entered.index];
        let ticks = end.saturating_sub(frame.start.get());
        let own = ticks.saturating_sub(frame.children.get());
        self.pop(entered.index, ticks);
        (end, ticks, own)
    }

    /// Takes a parent off the stack that was only borrowed, or a poll that is not timed: what ran
    /// inside counts as having run in the frame below.
    pub(crate) fn exit_untimed(&self, entered: Entered) {
        if self.depth() > entered.index {
            self.close_above(entered, self.clock.ticks());
        }
        let children = self.frames[entered.index].children.get();
        self.pop(entered.index, children);
    }

    /// Gives the call of a frame its metadata.
    #[cold]
    pub(crate) fn describe(&self, entered: Entered, metadata: Metadata) {
        if self.frames[entered.index].flags.get() & UNTIMED == 0 {
            self.cells.labels.put(entered.id, Arc::new(metadata));
        }
    }

    /// Marks the call of a frame as failed.
    pub(crate) fn fail(&self, entered: Entered) {
        if let Some(index) = self.place_of(entered) {
            let flags = &self.frames[index].flags;
            flags.set(flags.get() | FAILED);
        }
    }

    #[inline]
    fn push(&self, id: u64, path: u32, flags: u32) -> Option<Entered> {
        let top = self.top.get();
        let index = (top & !UNTIDY) + 1;
        let Some(frame) = self.frames.get(index) else {
            return self.push_where_there_was_no_room(id, path, flags);
        };
        frame.children.set(0);
        frame.id.set(id);
        frame.path.set(path);
        frame.flags.set(flags);
        self.top.set(top + 1);
        Some(Entered { index, id })
    }

    /// Counts a call that found no room.
    #[cold]
    pub(crate) fn too_deep(&self, outcome: Outcome) {
        let tally = self.cells.tallies.of(OVERFLOW);
        tally.record_untimed();
        tally.mark(outcome);
        self.session.counters().too_deep.fetch_add(1, Relaxed);
    }

    #[inline]
    fn depth(&self) -> usize {
        self.top.get() & !UNTIDY
    }

    /// Returns where `name` leads from a path.
    #[inline]
    pub(crate) fn step(&self, from: u32, name: &'static str) -> Step {
        if let Some(step) = self.lookup.borrow().get(from, name) {
            return step;
        }
        self.first_step(from, name)
    }

    #[cold]
    fn first_step(&self, from: u32, name: &'static str) -> Step {
        let step = self.session.step(from, name);
        self.lookup.borrow_mut().insert(from, name, step);
        step
    }

    /// Decides whether a call is timed: never inside one that is not, else one in so many.
    #[cold]
    pub(crate) fn sample(&self, step: Step, flags: u32) -> u32 {
        let timed = flags & UNTIMED == 0 && {
            let mut turns = self.turns.borrow_mut();
            let turn = turns
                .entry(step.path)
                .or_insert_with(|| Turn { calls: 0, every: self.session.every(step.path) });
            let first = turn.calls == 0;
            turn.calls = (turn.calls + 1) % turn.every;
            first
        };
        let flags = flags & !SAMPLED;
        if timed { flags } else { flags | UNTIMED }
    }

    /// Returns an id that no other call of the process has, for one that will stand in a ring.
    #[inline]
    pub(crate) fn next_id(&self) -> u64 {
        self.ring_ids.next()
    }

    /// The same for tasks and calls that are not timed: a gap in the ids of a ring is a place there
    /// that nobody takes.
    #[inline]
    pub(crate) fn next_other_id(&self) -> u64 {
        self.other_ids.next()
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.session.end_thread(&self.cells);
    }
}
