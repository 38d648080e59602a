//! Single calls that are kept outside of the threads' rings, each kind in a ring of its own.

use crate::metadata::Metadata;
use crate::ring::Call;
use crate::tally::Outcome;
use crate::thread::ThreadCells;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// A call of a thread that is kept outside of its ring.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) thread: u32,
    pub(crate) call: Call,
    pub(crate) metadata: Option<Arc<Metadata>>,
}

/// A future, stream or iterator as a single call, in ticks.
#[derive(Debug, Clone)]
pub(crate) struct TaskCall {
    pub(crate) id: u64,
    pub(crate) parent: u64,
    pub(crate) path: u32,
    pub(crate) outcome: Outcome,
    pub(crate) built: u64,
    /// The thread that built it.
    pub(crate) builder: u32,
    pub(crate) first_poll: Option<FirstPoll>,
    pub(crate) end: u64,
    pub(crate) busy: u64,
    pub(crate) metadata: Option<Arc<Metadata>>,
}

/// Where and when a task was polled first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FirstPoll {
    pub(crate) thread: u32,
    pub(crate) start: u64,
    pub(crate) end: u64,
}

/// The calls kept apart, at most `capacity` of each kind.
#[derive(Debug)]
pub(crate) struct Log {
    capacity: usize,
    /// Open calls that lasted longer than their place in their thread's ring.
    lasting: HashMap<u64, Kept>,
    /// Slow ones, and those that had become lasting.
    closed: VecDeque<Kept>,
    /// What the rings of ended threads held.
    ended: VecDeque<Kept>,
    ended_threads: VecDeque<(u32, String)>,
    open_tasks: HashMap<u64, TaskCall>,
    done_tasks: VecDeque<TaskCall>,
    slow_tasks: VecDeque<TaskCall>,
    /// Calls that were not listed while they were open.
    pub(crate) unlisted: u64,
}

impl Kept {
    /// Takes along what is known of a call of a thread.
    pub(crate) fn new(cells: &ThreadCells, call: Call) -> Self {
        Self { thread: cells.index, call, metadata: cells.labels.of(call.id) }
    }
}

impl Log {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            lasting: HashMap::new(),
            closed: VecDeque::new(),
            ended: VecDeque::new(),
            ended_threads: VecDeque::new(),
            open_tasks: HashMap::new(),
            done_tasks: VecDeque::new(),
            slow_tasks: VecDeque::new(),
            unlisted: 0,
        }
    }

    pub(crate) fn keep_open(&mut self, call: Kept) {
        if self.lasting.len() < self.capacity {
            self.lasting.insert(call.call.id, call);
        } else {
            self.unlisted += 1;
        }
    }

    pub(crate) fn keep_closed(&mut self, mut call: Kept) {
        let lasting = self.lasting.remove(&call.call.id);
        call.metadata = call.metadata.or_else(|| lasting?.metadata);
        push(&mut self.closed, self.capacity, call);
    }

    pub(crate) fn add_ended(&mut self, cells: &ThreadCells) {
        push(&mut self.ended_threads, self.capacity, (cells.index, cells.name.clone()));
        let mut calls: Vec<_> =
            cells.ring.calls().filter(|call| call.outcome != Outcome::Open).collect();
        calls.sort_unstable_by_key(|call| call.id);
        for call in calls {
            push(&mut self.ended, self.capacity, Kept::new(cells, call));
        }
        self.lasting.retain(|_, kept| kept.thread != cells.index);
    }

    pub(crate) fn open_task(&mut self, task: TaskCall) {
        if self.open_tasks.len() < self.capacity {
            self.open_tasks.insert(task.id, task);
        } else {
            self.unlisted += 1;
        }
    }

    pub(crate) fn started_task(&mut self, id: u64, first: FirstPoll) {
        if let Some(task) = self.open_tasks.get_mut(&id) {
            task.first_poll = Some(first);
        }
    }

    /// Keeps a task that has ended, a slow one apart from the flood.
    pub(crate) fn close_task(&mut self, mut task: TaskCall, slow: bool) {
        let open = self.open_tasks.remove(&task.id);
        task.metadata = task.metadata.or_else(|| open?.metadata);
        let ring = if slow { &mut self.slow_tasks } else { &mut self.done_tasks };
        push(ring, self.capacity, task);
    }

    /// Returns the calls kept here; a call may also still stand in its thread's ring.
    pub(crate) fn calls(&self) -> impl Iterator<Item = &Kept> {
        self.lasting.values().chain(&self.closed).chain(&self.ended)
    }

    pub(crate) fn tasks(&self) -> impl Iterator<Item = &TaskCall> {
        self.open_tasks.values().chain(&self.done_tasks).chain(&self.slow_tasks)
    }

    pub(crate) fn ended_threads(&self) -> impl Iterator<Item = &(u32, String)> {
        self.ended_threads.iter()
    }
}

/// Adds to a ring, over the oldest.
fn push<T>(ring: &mut VecDeque<T>, capacity: usize, value: T) {
    if ring.len() >= capacity {
        ring.pop_front();
    }
    ring.push_back(value);
}
