//! What a pool counts.

use std::time::Duration;

/// Of those who wait in line, one in so many is timed, and whoever is first.
pub(super) const TIMED_WAITS: usize = 8;

/// The counts of a pool at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStats {
    /// Resources ready to be lent.
    pub idle: usize,
    /// Resources lent.
    pub in_use: usize,
    /// All that count against the size: also those being created, checked or cleaned up.
    pub size: usize,
    /// Acquirers in line.
    pub waiting: usize,
    /// Resources created so far.
    pub created: u64,
    /// Factory calls that failed, panicked or were cancelled.
    pub create_failures: u64,
    /// Resources discarded so far: broken, expired, dropped in a panic, or at the close.
    pub discarded: u64,
    /// Cleanups that failed or panicked.
    pub cleanup_failures: u64,
    /// Acquisitions that had to wait in line and were granted.
    pub waits: u64,
    /// Those among them that were timed: each that was first in line, and one in eight of the
    /// others, by the length of the line before them.
    pub timed_waits: u64,
    /// How long the timed ones waited, all together.
    pub wait_time: Duration,
    /// The longest of the timed waits.
    pub max_wait: Duration,
}

impl PoolStats {
    /// Returns how long an acquisition waited in line, on average over those that were timed.
    pub fn mean_wait(&self) -> Option<Duration> {
        let waits = u32::try_from(self.timed_waits).unwrap_or(u32::MAX);
        self.wait_time.checked_div(waits)
    }

    pub(super) fn count_wait(&mut self, waited: Option<Duration>) {
        self.waits += 1;
        if let Some(waited) = waited {
            self.timed_waits += 1;
            self.wait_time += waited;
            self.max_wait = self.max_wait.max(waited);
        }
    }
}
