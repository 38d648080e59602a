//! The figures of one path on one thread, added up in place.

use crate::histogram::{BUCKETS, bucket};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

/// Written by one thread alone, with plain loads and stores; a snapshot reads from any thread
/// while it goes on, and may see a span in one figure that is not yet in another.
#[derive(Debug)]
pub(crate) struct Tally {
    /// Spans whose time counts: not recursive, not left out by sampling.
    timed: AtomicU64,
    total: AtomicU64,
    own: AtomicU64,
    min: AtomicU64,
    max: AtomicU64,
    /// Bits of an `f64`: the sum of the squared times.
    squares: AtomicU64,
    rare: Rare,
    buckets: [AtomicU32; BUCKETS],
}

/// What most spans have none of.
#[derive(Debug, Default)]
struct Rare {
    untimed: AtomicU64,
    recursive: AtomicU64,
    failed: AtomicU64,
    cancelled: AtomicU64,
    panicked: AtomicU64,
    tasks: AtomicU64,
    idle: AtomicU64,
    delay: AtomicU64,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum Outcome {
    /// Not yet: the call was running when it was looked at.
    Open,
    /// It ran to its end.
    Completed,
    /// It returned an error, or its span was marked by [`Span::fail`](crate::Span::fail).
    Failed,
    /// Its future, stream or iterator was dropped before the end.
    Cancelled,
    /// It unwound.
    Panicked,
}

/// The times of a future, stream or iterator, in ticks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TaskTimes {
    pub(crate) delay: u64,
    pub(crate) wall: u64,
    pub(crate) busy: u64,
    pub(crate) own: u64,
}

/// Adds without a read-modify-write instruction: there is one writer.
#[inline]
fn add(cell: &AtomicU64, value: u64) {
    cell.store(cell.load(Relaxed).wrapping_add(value), Relaxed);
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self {
            timed: AtomicU64::new(0),
            total: AtomicU64::new(0),
            own: AtomicU64::new(0),
            min: AtomicU64::new(u64::MAX),
            max: AtomicU64::new(0),
            squares: AtomicU64::new(0f64.to_bits()),
            rare: Rare::default(),
            buckets: [const { AtomicU32::new(0) }; BUCKETS],
        }
    }

    /// Records a call of `ticks` ticks, `own` of them outside of its children.
    #[inline]
    pub(crate) fn record(&self, ticks: u64, own: u64) {
        add(&self.timed, 1);
        add(&self.total, ticks);
        add(&self.own, own);
        if ticks < self.min.load(Relaxed) {
            self.min.store(ticks, Relaxed);
        }
        if ticks > self.max.load(Relaxed) {
            self.max.store(ticks, Relaxed);
        }
        let squares = f64::from_bits(self.squares.load(Relaxed)) + (ticks as f64).powi(2);
        self.squares.store(squares.to_bits(), Relaxed);
        let count = &self.buckets[bucket(ticks)];
        // A full bucket stays full: 4 billion calls of one length distort no quantile visibly.
        count.store(count.load(Relaxed).saturating_add(1), Relaxed);
    }

    /// Records a task: its time is its wall time, its own time only what it was polled.
    pub(crate) fn record_task(&self, times: TaskTimes) {
        self.record(times.wall, times.own);
        add(&self.rare.tasks, 1);
        add(&self.rare.idle, times.wall.saturating_sub(times.busy));
        add(&self.rare.delay, times.delay);
    }

    /// Records an inner occurrence of an operation that is open already: its inclusive time is
    /// part of the outer one's.
    pub(crate) fn record_recursive(&self, own: u64) {
        add(&self.rare.recursive, 1);
        add(&self.own, own);
    }

    /// Adds a part of a task that is recorded as it goes: its wall time follows at the end.
    #[cfg(feature = "tracing")]
    #[inline]
    pub(crate) fn record_part(&self, busy: u64, own: u64) {
        add(&self.own, own);
        // Below zero until the wall time is added.
        add(&self.rare.idle, 0_u64.wrapping_sub(busy));
    }

    /// Adds the wall time of a task whose parts have been added.
    #[cfg(feature = "tracing")]
    #[inline]
    pub(crate) fn record_whole(&self, wall: u64) {
        self.record(wall, 0);
        add(&self.rare.idle, wall);
    }

    /// Counts a call that was not timed.
    pub(crate) fn record_untimed(&self) {
        add(&self.rare.untimed, 1);
    }

    /// Marks one of the recorded calls.
    #[inline]
    pub(crate) fn mark(&self, outcome: Outcome) {
        match outcome {
            Outcome::Open | Outcome::Completed => {}
            Outcome::Failed => add(&self.rare.failed, 1),
            Outcome::Cancelled => add(&self.rare.cancelled, 1),
            Outcome::Panicked => add(&self.rare.panicked, 1),
        }
    }
}

/// The tallies of one thread by path, in blocks that never move.
#[derive(Debug)]
pub(crate) struct Tallies {
    blocks: Box<[OnceLock<Box<Block>>]>,
}

const BLOCK: usize = 64;

type Block = [OnceLock<Box<Tally>>; BLOCK];

impl Tallies {
    pub(crate) fn new(max_paths: usize) -> Self {
        let blocks = (max_paths + 2).div_ceil(BLOCK);
        Self { blocks: (0..blocks).map(|_| OnceLock::new()).collect() }
    }

    #[inline]
    pub(crate) fn of(&self, path: u32) -> &Tally {
        let path = path as usize;
        match self.blocks[path / BLOCK].get().and_then(|block| block[path % BLOCK].get()) {
            Some(tally) => tally,
            None => self.first(path),
        }
    }

    #[cold]
    fn first(&self, path: usize) -> &Tally {
        let block =
            self.blocks[path / BLOCK].get_or_init(|| Box::new([const { OnceLock::new() }; BLOCK]));
        block[path % BLOCK].get_or_init(|| Box::new(Tally::new()))
    }

    /// Returns the tallies that exist, with their paths.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Tally)> {
        let blocks = self.blocks.iter().enumerate();
        blocks.filter_map(|(at, block)| Some((at, block.get()?))).flat_map(|(at, block)| {
            block.iter().enumerate().filter_map(move |(index, tally)| {
                Some(((at * BLOCK + index) as u32, &**tally.get()?))
            })
        })
    }
}

/// Figures out of the way of their writers: one tally, or many that were merged.
#[derive(Debug, Clone)]
pub(crate) struct Totals {
    pub(crate) timed: u64,
    pub(crate) total: u64,
    pub(crate) own: u64,
    pub(crate) min: u64,
    pub(crate) max: u64,
    pub(crate) squares: f64,
    pub(crate) untimed: u64,
    pub(crate) recursive: u64,
    pub(crate) failed: u64,
    pub(crate) cancelled: u64,
    pub(crate) panicked: u64,
    pub(crate) tasks: u64,
    /// Wraps: a task on its way may have given its busy time and not yet its wall time.
    pub(crate) idle: u64,
    pub(crate) delay: u64,
    /// Counts of the histogram's buckets, up to the last one that is not empty.
    pub(crate) buckets: Vec<u64>,
}

impl Default for Totals {
    fn default() -> Self {
        Self {
            timed: 0,
            total: 0,
            own: 0,
            min: u64::MAX,
            max: 0,
            squares: 0.0,
            untimed: 0,
            recursive: 0,
            failed: 0,
            cancelled: 0,
            panicked: 0,
            tasks: 0,
            idle: 0,
            delay: 0,
            buckets: Vec::new(),
        }
    }
}

impl Totals {
    /// Adds what a tally holds now.
    pub(crate) fn add(&mut self, tally: &Tally) {
        let rare = &tally.rare;
        self.timed += tally.timed.load(Relaxed);
        self.total = self.total.saturating_add(tally.total.load(Relaxed));
        self.own = self.own.saturating_add(tally.own.load(Relaxed));
        self.min = self.min.min(tally.min.load(Relaxed));
        self.max = self.max.max(tally.max.load(Relaxed));
        self.squares += f64::from_bits(tally.squares.load(Relaxed));
        for (sum, cell) in [
            (&mut self.untimed, &rare.untimed),
            (&mut self.recursive, &rare.recursive),
            (&mut self.failed, &rare.failed),
            (&mut self.cancelled, &rare.cancelled),
            (&mut self.panicked, &rare.panicked),
            (&mut self.tasks, &rare.tasks),
            (&mut self.delay, &rare.delay),
        ] {
            *sum = sum.saturating_add(cell.load(Relaxed));
        }
        self.idle = self.idle.wrapping_add(rare.idle.load(Relaxed));
        for (bucket, count) in tally.buckets.iter().enumerate() {
            self.add_to_bucket(bucket, u64::from(count.load(Relaxed)));
        }
    }

    /// Adds the figures of another thread or path.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.timed += other.timed;
        self.total = self.total.saturating_add(other.total);
        self.own = self.own.saturating_add(other.own);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.squares += other.squares;
        self.untimed += other.untimed;
        self.recursive += other.recursive;
        self.failed += other.failed;
        self.cancelled += other.cancelled;
        self.panicked += other.panicked;
        self.tasks += other.tasks;
        self.idle = self.idle.wrapping_add(other.idle);
        self.delay = self.delay.saturating_add(other.delay);
        for (bucket, count) in other.buckets.iter().enumerate() {
            self.add_to_bucket(bucket, *count);
        }
    }

    fn add_to_bucket(&mut self, bucket: usize, count: u64) {
        if count > 0 {
            if self.buckets.len() <= bucket {
                self.buckets.resize(bucket + 1, 0);
            }
            self.buckets[bucket] += count;
        }
    }

    /// Returns how many calls ended, timed or not.
    pub(crate) fn count(&self) -> u64 {
        self.timed + self.untimed + self.recursive
    }
}
