//! Ticks on the hot path, nanoseconds in the reports.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// What the profiler reads time from. Differences are turned into nanoseconds only in a snapshot.
#[derive(Debug, Clone)]
pub(crate) enum Clock {
    /// The time stamp counter where it is steady, the system's monotonic clock elsewhere.
    Machine(quanta::Clock),
    /// One tick a nanosecond, moved by hand.
    Manual(ManualClock),
}

/// A clock that stands still until it is told to move, for tests without sleeps.
///
/// Clones share one time. Profilers that read it are made by
/// [`Profiler::with_clock`](crate::Profiler::with_clock).
///
/// # Examples
///
/// ```
/// use atp_profile::{ManualClock, Profiler};
/// use std::time::Duration;
///
/// let clock = ManualClock::new();
/// let profiler = Profiler::with_clock(clock.clone());
/// let span = profiler.profile("load");
/// clock.advance(Duration::from_millis(5));
/// drop(span);
/// assert_eq!(profiler.stats()["load"].total, Duration::from_millis(5));
/// ```
#[derive(Debug, Clone, Default)]
pub struct ManualClock {
    nanos: Arc<AtomicU64>,
}

impl ManualClock {
    /// Creates a clock that stands at zero.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Moves the time forward. Past 584 years it stays at its end.
    pub fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        // The closure always returns a value, so there is no failure to report.
        let _moved = self.nanos.fetch_update(Relaxed, Relaxed, |now| Some(now.saturating_add(by)));
    }

    /// Returns the time since the clock was created.
    #[must_use]
    pub fn now(&self) -> Duration {
        Duration::from_nanos(self.nanos.load(Relaxed))
    }
}

impl Clock {
    /// Calibrates the machine's clock, which takes about a millisecond the first time in a process.
    pub(crate) fn machine() -> Self {
        Self::Machine(quanta::Clock::new())
    }

    #[inline]
    pub(crate) fn ticks(&self) -> u64 {
        match self {
            Self::Machine(clock) => clock.raw(),
            Self::Manual(clock) => clock.nanos.load(Relaxed),
        }
    }

    /// Returns how long `ticks` are, in nanoseconds.
    pub(crate) fn nanos(&self, ticks: u64) -> u64 {
        match self {
            Self::Machine(clock) => clock.delta_as_nanos(0, ticks),
            Self::Manual(_) => ticks,
        }
    }

    pub(crate) fn duration(&self, ticks: u64) -> Duration {
        Duration::from_nanos(self.nanos(ticks))
    }

    pub(crate) fn nanos_per_tick(&self) -> f64 {
        const MANY: u64 = 1 << 40;
        self.nanos(MANY) as f64 / MANY as f64
    }

    /// Returns how many ticks last about as long as `duration`.
    pub(crate) fn ticks_in(&self, duration: Duration) -> u64 {
        (duration.as_nanos() as f64 / self.nanos_per_tick()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_become_time_and_time_becomes_ticks() {
        for clock in [Clock::machine(), Clock::Manual(ManualClock::new())] {
            let second = clock.ticks_in(Duration::from_secs(1));
            let back = clock.duration(second).as_secs_f64();
            assert!((back - 1.0).abs() < 1e-6, "{back}");
            assert_eq!(clock.nanos(0), 0);
        }
    }

    #[test]
    fn a_manual_clock_stops_at_its_end() {
        let clock = ManualClock::new();
        clock.advance(Duration::MAX);
        clock.advance(Duration::from_secs(1));
        assert_eq!(clock.now(), Duration::from_nanos(u64::MAX));
    }
}
