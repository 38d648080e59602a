//! Telling whoever listens that an initialisation begins and ends.

use crate::context::{self, Node};
use crate::error::InitError;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

/// How an initialisation runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartupKind {
    /// On one thread from begin to end.
    Sync,
    /// As a future: on whatever threads poll it, with pauses.
    Async,
    /// Not lazy: a stretch of code marked with [`phase`](crate::phase).
    Phase,
}

/// How an initialisation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartupOutcome {
    /// There is a value.
    Completed,
    /// It failed, panicked, was cancelled or met a cycle; the text says which.
    Failed(String),
    /// It was still running when the analyzer stopped, and its time is the time so far.
    Unfinished,
}

/// One initialisation, for all recorders that were listening when it began.
#[derive(Debug)]
pub(crate) struct Record {
    id: u64,
    recorders: Vec<Arc<Recorder>>,
}

/// What one analyzer has heard so far.
#[derive(Debug)]
pub(crate) struct Recorder {
    started: Instant,
    capacity: usize,
    heard: Mutex<Heard>,
}

/// The entries in the order in which they began.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) entries: Vec<Entry>,
    by_id: HashMap<u64, usize>,
    /// How many began when `entries` was full.
    pub(crate) dropped: u64,
}

#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) kind: StartupKind,
    /// Index of the entry inside of which this one began.
    pub(crate) parent: Option<usize>,
    pub(crate) thread: ThreadId,
    pub(crate) thread_name: Option<String>,
    pub(crate) begin: Duration,
    pub(crate) end: Option<(Duration, StartupOutcome)>,
}

/// How many recorders listen. Only a hint that saves the lock when there are none: a recorder
/// that was added on another thread a moment ago may miss what begins now.
static LISTENING: AtomicUsize = AtomicUsize::new(0);
static RECORDERS: Mutex<Vec<Arc<Recorder>>> = Mutex::new(Vec::new());

/// Tells whether anybody would hear of an initialisation that began now.
pub(crate) fn listening() -> bool {
    LISTENING.load(Relaxed) != 0
}

impl Record {
    /// Tells that `node` begins, inside the innermost node around it that was heard too.
    pub(crate) fn begin(node: &Node, kind: StartupKind) -> Self {
        let recorders = if listening() { recorders().clone() } else { Vec::new() };
        if !recorders.is_empty() {
            let around = context::enclosing();
            for recorder in &recorders {
                recorder.begin(node, kind, &around);
            }
        }
        Self { id: node.id(), recorders }
    }

    pub(crate) fn end(&self, outcome: impl Fn() -> StartupOutcome) {
        for recorder in &self.recorders {
            recorder.end(self.id, outcome());
        }
    }
}

impl StartupOutcome {
    pub(crate) fn of(result: &Result<(), InitError>) -> Self {
        match result {
            Ok(()) => Self::Completed,
            Err(error) => Self::Failed(error.full_text()),
        }
    }
}

impl Recorder {
    /// Begins to listen, for at most `capacity` initialisations.
    pub(crate) fn listen(capacity: usize) -> Arc<Self> {
        let recorder =
            Arc::new(Self { started: Instant::now(), capacity, heard: Mutex::default() });
        recorders().push(Arc::clone(&recorder));
        LISTENING.fetch_add(1, Relaxed);
        recorder
    }

    /// Stops listening and returns what was heard, and for how long.
    pub(crate) fn stop(self: &Arc<Self>) -> (Heard, Duration) {
        let mut all = recorders();
        if let Some(at) = all.iter().position(|recorder| Arc::ptr_eq(recorder, self)) {
            all.swap_remove(at);
            LISTENING.fetch_sub(1, Relaxed);
        }
        drop(all);
        // A run that is still in progress keeps its recorder, and finds it empty.
        (std::mem::take(&mut *self.heard()), self.started.elapsed())
    }

    fn begin(&self, node: &Node, kind: StartupKind, around: &[u64]) {
        let thread = thread::current();
        let mut heard = self.heard();
        // Read under the lock: the entries stand in the order of their begin.
        let begin = self.started.elapsed();
        if heard.entries.len() >= self.capacity {
            heard.dropped += 1;
            return;
        }
        let index = heard.entries.len();
        let entry = Entry {
            name: node.name().to_owned(),
            kind,
            parent: around.iter().find_map(|id| heard.by_id.get(id).copied()),
            thread: thread.id(),
            thread_name: thread.name().map(str::to_owned),
            begin,
            end: None,
        };
        heard.by_id.insert(node.id(), index);
        heard.entries.push(entry);
    }

    fn end(&self, id: u64, outcome: StartupOutcome) {
        let end = self.started.elapsed();
        let mut heard = self.heard();
        if let Some(index) = heard.by_id.get(&id).copied() {
            heard.entries[index].end = Some((end, outcome));
        }
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn recorders() -> MutexGuard<'static, Vec<Arc<Recorder>>> {
    RECORDERS.lock().unwrap_or_else(PoisonError::into_inner)
}
