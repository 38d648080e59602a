//! The span of something that is polled: a future, a stream, an iterator.

use crate::emit::{Emitted, EmittedTask};
use crate::local;
use crate::log::{FirstPoll, TaskCall};
use crate::metadata::Metadata;
use crate::paths::{RECURSIVE, SAMPLED};
use crate::session::Session;
use crate::tally::{Outcome, TaskTimes};
use crate::thread::{Entered, Thread, UNTIMED};
use std::rc::Rc;
use std::sync::Arc;

/// Belongs to its future, not to a thread: built on one, polled on any, dropped on any.
#[derive(Debug)]
pub(crate) struct Task {
    open: Option<OpenTask>,
    emitted: EmittedTask,
}

#[derive(Debug)]
struct OpenTask {
    session: Arc<Session>,
    session_id: u64,
    id: u64,
    parent: u64,
    path: u32,
    flags: u32,
    built: u64,
    builder: u32,
    first_poll: Option<FirstPoll>,
    last_end: u64,
    busy: u64,
    own: u64,
    panicked: bool,
    /// A poll found no room on its thread's stack.
    too_deep: bool,
}

/// A poll that is going on; it ends when this is dropped, by a panic too.
#[derive(Debug)]
pub(crate) struct Poll<'a> {
    task: &'a mut OpenTask,
    thread: Rc<Thread>,
    entered: Entered,
    start: u64,
    /// Whether the thread was unwinding before: then a panic is not the task's.
    unwinding: bool,
    _emitted: Emitted,
}

impl Task {
    /// Opens a task below what is open on this thread now.
    pub(crate) fn new(
        thread: Option<Rc<Thread>>,
        name: &'static str,
        metadata: impl FnOnce() -> Option<Metadata>,
    ) -> Self {
        let Some(thread) = thread else {
            return Self { open: None, emitted: EmittedTask::none() };
        };
        let (parent, from, untimed) = thread.parent();
        let step = thread.step(from, name);
        let mut flags = step.flags | untimed;
        if flags & (SAMPLED | UNTIMED) != 0 {
            flags = thread.sample(step, flags);
        }
        let session = Arc::clone(thread.session());
        let built = session.clock().ticks();
        let task = OpenTask {
            session_id: session.id(),
            id: thread.next_other_id(),
            parent,
            path: step.path,
            flags,
            built,
            builder: thread.cells().index,
            first_poll: None,
            last_end: built,
            busy: 0,
            own: 0,
            panicked: false,
            too_deep: false,
            session,
        };
        let metadata = metadata().filter(|metadata| !metadata.is_empty());
        let emitted = EmittedTask::new(&thread, name, metadata.as_ref());
        if flags & UNTIMED == 0 {
            task.session.open_task(task.call(Outcome::Open, 0, metadata.map(Arc::new)));
        }
        Self { open: Some(task), emitted }
    }

    /// Starts a poll on this thread, unless the task is not recorded or has ended.
    #[inline]
    pub(crate) fn poll(&mut self) -> Option<Poll<'_>> {
        let task = self.open.as_mut()?;
        let emitted = self.emitted.enter();
        let session = &task.session;
        let thread = local::thread(task.session_id, || Some(Arc::clone(session)))?;
        let Some(entered) = thread.enter_poll(task.id, task.path, task.flags & UNTIMED) else {
            task.too_deep = true;
            return None;
        };
        let start = if task.flags & UNTIMED == 0 { thread.start_poll(entered) } else { 0 };
        let unwinding = std::thread::panicking();
        Some(Poll { task, thread, entered, start, unwinding, _emitted: emitted })
    }

    /// Ends the task after a poll that finished it.
    pub(crate) fn finish(&mut self, failed: bool) {
        if let Some(task) = self.open.take() {
            self.emitted = EmittedTask::none();
            let end = task.last_end;
            task.record(end, if failed { Outcome::Failed } else { Outcome::Completed });
        }
    }
}

/// Dropped before its end: cancelled, or the poll panicked.
impl Drop for Task {
    fn drop(&mut self) {
        if let Some(task) = self.open.take() {
            let outcome = if task.panicked { Outcome::Panicked } else { Outcome::Cancelled };
            let end = task.session.clock().ticks();
            task.record(end, outcome);
        }
    }
}

impl Drop for Poll<'_> {
    #[inline]
    fn drop(&mut self) {
        let task = &mut *self.task;
        if task.flags & UNTIMED == 0 {
            let (end, ticks, own) = self.thread.end_poll(self.entered);
            task.busy += ticks;
            task.own += own;
            task.last_end = end;
            if task.first_poll.is_none() {
                task.first_polled(self.thread.cells().index, self.start, end);
            }
        } else {
            self.thread.exit_untimed(self.entered);
        }
        if std::thread::panicking() && !self.unwinding {
            task.panicked = true;
        }
    }
}

impl OpenTask {
    #[cold]
    fn first_polled(&mut self, thread: u32, start: u64, end: u64) {
        let first = FirstPoll { thread, start, end };
        self.first_poll = Some(first);
        self.session.log().started_task(self.id, first);
    }

    fn call(&self, outcome: Outcome, end: u64, metadata: Option<Arc<Metadata>>) -> TaskCall {
        TaskCall {
            id: self.id,
            parent: self.parent,
            path: self.path,
            outcome,
            built: self.built,
            builder: self.builder,
            first_poll: self.first_poll,
            end,
            busy: self.busy,
            metadata,
        }
    }

    fn record(self, end: u64, outcome: Outcome) {
        let started = self.first_poll.map(|first| first.start);
        let times = TaskTimes {
            delay: started.unwrap_or(end).saturating_sub(self.built),
            wall: started.map_or(0, |start| end.saturating_sub(start)),
            busy: self.busy,
            own: self.own,
        };
        let session = &self.session;
        let thread = local::thread(self.session_id, || Some(Arc::clone(session)));
        if self.flags & UNTIMED == 0 {
            let slow = times.wall >= session.slow_ticks();
            session.log().close_task(self.call(outcome, end, None), slow);
        }
        let Some(thread) = thread else {
            return session.record_stray_task(self.path, times, outcome);
        };
        if self.too_deep && started.is_none() && self.flags & UNTIMED == 0 {
            return thread.too_deep(outcome);
        }
        let tally = thread.cells().tallies.of(self.path);
        if self.flags & UNTIMED != 0 || started.is_none() {
            // A task that was never polled took no time that could be compared.
            tally.record_untimed();
        } else if self.flags & RECURSIVE != 0 {
            tally.record_recursive(self.own);
        } else {
            tally.record_task(times);
        }
        tally.mark(outcome);
    }
}
