//! All that is recorded from one reset to the next, over all threads.

use crate::clock::Clock;
use crate::config::ProfilerConfig;
use crate::labels::Labels;
use crate::log::{Log, TaskCall};
use crate::paths::{Paths, SAMPLED, Step};
use crate::ring::Ring;
use crate::tally::{Outcome, Tallies, Tally, TaskTimes, Totals};
use crate::thread::ThreadCells;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The shared part. Its locks are taken at the first sight of a path, at the start and end of
/// threads and tasks, and by snapshots; never by a plain span.
#[derive(Debug)]
pub(crate) struct Session {
    id: u64,
    config: ProfilerConfig,
    clock: Clock,
    origin: u64,
    slow_ticks: u64,
    paths: Mutex<Paths>,
    threads: Mutex<Threads>,
    log: Mutex<Log>,
    counters: Counters,
    /// Set when a reset has put another session in its place, or the profiler is gone.
    over: AtomicBool,
}

/// The threads that are alive, and the figures of those that ended.
#[derive(Debug, Default)]
pub(crate) struct Threads {
    live: Vec<Arc<ThreadCells>>,
    ended: BTreeMap<u32, Totals>,
    started: u32,
}

/// What went missing or had to be repaired.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) too_deep: AtomicU64,
    pub(crate) out_of_order: AtomicU64,
    pub(crate) lost: AtomicU64,
}

/// Takes a lock whether or not a thread panicked with it: what it guards is whole between any
/// two statements.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Session {
    pub(crate) fn new(config: ProfilerConfig, clock: Clock) -> Arc<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Arc::new(Self {
            id: NEXT.fetch_add(1, Relaxed),
            origin: clock.ticks(),
            paths: Mutex::new(Paths::new(config.max_paths, config.max_depth)),
            threads: Mutex::default(),
            log: Mutex::new(Log::new(config.ring_capacity)),
            counters: Counters::default(),
            over: AtomicBool::new(false),
            slow_ticks: config.slow_threshold.map_or(u64::MAX, |slow| clock.ticks_in(slow)),
            config,
            clock,
        })
    }

    /// Returns the session's number, which is never zero.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn config(&self) -> &ProfilerConfig {
        &self.config
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    pub(crate) fn end(&self) {
        self.over.store(true, Relaxed);
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Relaxed)
    }

    /// Returns the clock's ticks at which the session began.
    pub(crate) fn origin(&self) -> u64 {
        self.origin
    }

    /// Returns how long a call is at least that is kept apart.
    pub(crate) fn slow_ticks(&self) -> u64 {
        self.slow_ticks
    }

    pub(crate) fn step(&self, from: u32, name: &'static str) -> Step {
        let mut step = lock(&self.paths).step(from, name);
        if self.config.sampling.get(name).is_some_and(|&every| every > 1) {
            step.flags |= SAMPLED;
        }
        step
    }

    /// Returns of how many calls of a path's operation one is timed.
    pub(crate) fn every(&self, path: u32) -> u32 {
        let name = lock(&self.paths).name_of(path);
        self.config.sampling.get(name).copied().unwrap_or(1)
    }

    pub(crate) fn add_thread(&self) -> Arc<ThreadCells> {
        let mut threads = lock(&self.threads);
        threads.started += 1;
        let index = threads.started;
        let name = match std::thread::current().name() {
            Some(name) => name.to_owned(),
            None => format!("thread {index}"),
        };
        let cells = Arc::new(ThreadCells {
            index,
            name,
            tallies: Tallies::new(self.config.max_paths),
            ring: Ring::new(self.config.ring_capacity),
            labels: Labels::new(self.config.ring_capacity),
        });
        threads.live.push(Arc::clone(&cells));
        cells
    }

    /// Folds the figures of a thread that ends into those of all ended ones.
    pub(crate) fn end_thread(&self, cells: &ThreadCells) {
        if self.is_over() {
            return;
        }
        let mut threads = lock(&self.threads);
        threads.live.retain(|live| live.index != cells.index);
        for (path, tally) in cells.tallies.iter() {
            threads.ended.entry(path).or_default().add(tally);
        }
        let mut log = lock(&self.log);
        log.add_ended(cells);
    }

    /// Calls `visit` with the figures of each path of each thread, and of the ended threads.
    pub(crate) fn visit_totals(&self, mut visit: impl FnMut(u32, Figures<'_>)) {
        let threads = lock(&self.threads);
        for cells in &threads.live {
            cells.tallies.iter().for_each(|(path, tally)| visit(path, Figures::Live(tally)));
        }
        threads.ended.iter().for_each(|(path, totals)| visit(*path, Figures::Ended(totals)));
    }

    /// Records a task where no thread state can be had: while the thread's locals are destroyed.
    pub(crate) fn record_stray_task(&self, path: u32, times: TaskTimes, outcome: Outcome) {
        let tally = Tally::new();
        tally.record_task(times);
        tally.mark(outcome);
        lock(&self.threads).ended.entry(path).or_default().add(&tally);
    }

    pub(crate) fn paths(&self) -> MutexGuard<'_, Paths> {
        lock(&self.paths)
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        lock(&self.log)
    }

    /// Returns the threads that are alive.
    pub(crate) fn live_threads(&self) -> Vec<Arc<ThreadCells>> {
        lock(&self.threads).live.clone()
    }

    pub(crate) fn open_task(&self, task: TaskCall) {
        self.log().open_task(task);
    }
}

/// Figures as they are kept: still being written, or at rest.
pub(crate) enum Figures<'a> {
    Live(&'a Tally),
    Ended(&'a Totals),
}

impl Figures<'_> {
    pub(crate) fn add_to(&self, totals: &mut Totals) {
        match self {
            Self::Live(tally) => totals.add(tally),
            Self::Ended(ended) => totals.merge(ended),
        }
    }
}
