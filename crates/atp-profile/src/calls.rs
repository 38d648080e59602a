//! Single calls, gathered from wherever they are kept.

use crate::log::{FirstPoll, Kept, TaskCall};
use crate::metadata::Metadata;
use crate::ring::Call;
use crate::session::Session;
use crate::tally::Outcome;
use std::collections::HashMap;
use std::sync::Arc;

/// A call of either kind, in ticks.
#[derive(Debug, Clone)]
pub(crate) struct AnyCall {
    pub(crate) id: u64,
    pub(crate) parent: u64,
    pub(crate) path: u32,
    pub(crate) outcome: Outcome,
    pub(crate) start: u64,
    /// Meaningless while the call is open.
    pub(crate) end: u64,
    /// The thread it ran on, or the one that built the task.
    pub(crate) thread: u32,
    pub(crate) task: Option<TaskPart>,
    pub(crate) metadata: Option<Arc<Metadata>>,
}

/// What only tasks have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TaskPart {
    pub(crate) built: u64,
    pub(crate) busy: u64,
    pub(crate) first_poll: Option<FirstPoll>,
}

impl AnyCall {
    pub(crate) fn is_open(&self) -> bool {
        self.outcome == Outcome::Open
    }

    fn of_thread(kept: Kept) -> Self {
        let Kept { thread, call, metadata } = kept;
        let Call { id, parent, path, outcome, start, end } = call;
        Self { id, parent, path, outcome, start, end, thread, task: None, metadata }
    }

    fn of_task(task: &TaskCall) -> Self {
        Self {
            id: task.id,
            parent: task.parent,
            path: task.path,
            outcome: task.outcome,
            start: task.first_poll.map_or(task.built, |first| first.start),
            end: task.end,
            thread: task.builder,
            task: Some(TaskPart {
                built: task.built,
                busy: task.busy,
                first_poll: task.first_poll,
            }),
            metadata: task.metadata.clone(),
        }
    }
}

impl Session {
    /// Returns the calls that are still known, in the order they started.
    pub(crate) fn calls(&self) -> Vec<AnyCall> {
        let mut calls = HashMap::<u64, AnyCall>::new();
        let mut add = |call: AnyCall| {
            let known = calls.entry(call.id).or_insert_with(|| call.clone());
            // A call that was open when one place was read may have ended in the next.
            if known.is_open() && !call.is_open() {
                *known = call;
            }
        };
        for cells in self.live_threads() {
            cells.ring.calls().for_each(|call| add(AnyCall::of_thread(Kept::new(&cells, call))));
        }
        let log = self.log();
        log.calls().for_each(|kept| add(AnyCall::of_thread(kept.clone())));
        log.tasks().for_each(|task| add(AnyCall::of_task(task)));
        let mut calls: Vec<_> = calls.into_values().collect();
        calls.sort_unstable_by_key(|call| (call.start, call.id));
        calls
    }

    /// Returns the names of the threads that recorded, by their numbers.
    pub(crate) fn thread_names(&self) -> HashMap<u32, String> {
        let live = self.live_threads();
        let live = live.iter().map(|cells| (cells.index, cells.name.clone()));
        self.log().ended_threads().cloned().chain(live).collect()
    }
}
