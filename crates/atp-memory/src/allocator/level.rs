//! The heap's level over all threads, its peak, and how far that peak may be off.
//!
//! A thread adds what it holds to the level only when that has strayed by its *slack* since the
//! last time, and brings the highest mark it has seen meanwhile. Let N threads have slacks of at
//! most S each. When the true level is at its height, the first thread to flush afterwards adds
//! its own mark to a level from which at most the N - 1 others are missing: the peak is at most
//! (N - 1) S too low. A mark is at most S above what its thread last flushed, while the level may
//! have lost up to N S that no thread has flushed: the peak is at most (N + 1) S too high. With
//! one thread it is exact. Two flushes that cross within a few instructions may add to this what
//! the later one carried.

use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering::{AcqRel, Relaxed};

pub(crate) static LEVEL: Level = Level {
    flushed: AtomicI64::new(0),
    peak: AtomicI64::new(0),
    threads: AtomicI64::new(0),
    slack: AtomicI64::new(0),
    error: AtomicI64::new(0),
};

/// A thread's slack is never above this.
pub(crate) const MAX_SLACK: i64 = 64 * 1024;
/// Nor below this.
const MIN_SLACK: i64 = 256;
/// All slacks together aim at one part in this many of the heap.
const SHARE: i64 = 64;

/// A height, and the most it can be wrong by in either direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Peak {
    pub(crate) bytes: i64,
    pub(crate) error_bytes: i64,
}

impl Peak {
    /// The peak of two intervals together.
    pub(crate) fn max(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.max(other.bytes),
            error_bytes: self.error_bytes.max(other.error_bytes),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Level {
    /// What the threads have flushed.
    flushed: AtomicI64,
    /// The highest level since [`Level::restart`].
    peak: AtomicI64,
    /// How many threads flush into it.
    threads: AtomicI64,
    /// The sum of their slacks.
    slack: AtomicI64,
    /// The highest bound on the error since [`Level::restart`].
    error: AtomicI64,
}

impl Level {
    /// Adds `delta`, on the way to which the level was `mark` higher than before. Returns the
    /// slack that fits the heap as it is now.
    pub(super) fn shift(&self, delta: i64, mark: i64) -> i64 {
        let before = self.flushed.fetch_add(delta, AcqRel);
        self.peak.fetch_max(before + mark, AcqRel);
        self.fitting_slack(before + delta)
    }

    fn fitting_slack(&self, level: i64) -> i64 {
        let threads = self.threads.load(Relaxed).max(1);
        (level / (SHARE * threads)).clamp(MIN_SLACK, MAX_SLACK)
    }

    /// Counts one more thread in. Returns its first slack.
    pub(super) fn join(&self) -> i64 {
        self.threads.fetch_add(1, Relaxed);
        self.note_error();
        self.fitting_slack(self.flushed.load(Relaxed))
    }

    pub(super) fn leave(&self) {
        self.threads.fetch_sub(1, Relaxed);
    }

    pub(super) fn change_slack(&self, change: i64) {
        if change != 0 {
            self.slack.fetch_add(change, Relaxed);
            self.note_error();
        }
    }

    fn note_error(&self) {
        self.error.fetch_max(self.bound(), Relaxed);
    }

    /// The bound of this module's documentation, for the slacks as they are: their sum, and the
    /// largest of them once more.
    fn bound(&self) -> i64 {
        let slack = self.slack.load(Relaxed);
        if self.threads.load(Relaxed) <= 1 { 0 } else { slack + slack.min(MAX_SLACK) }
    }

    /// Returns the peak since the last call, and starts anew from the level as it is.
    ///
    /// What the calling thread holds must have been flushed.
    pub(super) fn restart(&self) -> Peak {
        let error_bytes = self.error.swap(self.bound(), Relaxed);
        let level = self.flushed.load(Relaxed);
        let bytes = self.peak.swap(level, AcqRel).max(level);
        Peak { bytes, error_bytes }
    }
}
