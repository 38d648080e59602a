//! What the calls of one operation, or of one path, add up to.

use crate::clock::Clock;
use crate::histogram::quantile;
use crate::tally::Totals;
use std::time::Duration;

/// The figures of one operation, or of one path in the call tree.
///
/// Times are `None` where nothing was timed: a call that was not measured is not a call that took
/// no time. For futures, streams and iterators the time of a call is its wall time, from the
/// first poll to the end.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ProfileStats {
    /// The name given to the span.
    pub operation: String,
    /// Calls that ended, timed or not.
    pub count: u64,
    /// Calls whose time counts below: not inner occurrences of a recursion, not left out by
    /// sampling, not tasks that were never polled.
    pub timed: u64,
    /// Inner occurrences of a recursion: their inclusive time is part of the outermost call's.
    pub recursive: u64,
    /// Calls that were futures, streams or iterators.
    pub tasks: u64,
    /// Calls that failed, by an error.
    pub failed: u64,
    /// Tasks that were dropped before their end.
    pub cancelled: u64,
    /// Calls that panicked.
    pub panicked: u64,
    /// Sum of the calls' times, with what ran inside them.
    #[cfg_attr(feature = "serde", serde(rename = "total_ns", with = "crate::json::nanos"))]
    pub total: Duration,
    /// Sum of the time spent in the calls themselves, outside of all spans below them. Waiting
    /// between the polls of a task is not part of it.
    #[cfg_attr(feature = "serde", serde(rename = "self_ns", with = "crate::json::nanos"))]
    pub self_time: Duration,
    /// `total` without the waiting between polls.
    #[cfg_attr(feature = "serde", serde(rename = "busy_ns", with = "crate::json::nanos"))]
    pub busy: Duration,
    /// The waiting of tasks between their polls.
    #[cfg_attr(feature = "serde", serde(rename = "idle_ns", with = "crate::json::nanos"))]
    pub idle: Duration,
    /// The waiting of tasks before their first poll, which is not part of `total`.
    #[cfg_attr(feature = "serde", serde(rename = "delay_ns", with = "crate::json::nanos"))]
    pub delay: Duration,
    /// The shortest call.
    #[cfg_attr(feature = "serde", serde(rename = "min_ns", with = "crate::json::maybe_nanos"))]
    pub min: Option<Duration>,
    /// The longest call.
    #[cfg_attr(feature = "serde", serde(rename = "max_ns", with = "crate::json::maybe_nanos"))]
    pub max: Option<Duration>,
    /// The sample standard deviation (over n - 1); `None` below two timed calls.
    #[cfg_attr(feature = "serde", serde(rename = "std_dev_ns", with = "crate::json::maybe_nanos"))]
    pub std_dev: Option<Duration>,
    /// The median. This and the other percentiles are nearest ranks, known to about 3 %.
    #[cfg_attr(feature = "serde", serde(rename = "p50_ns", with = "crate::json::maybe_nanos"))]
    pub p50: Option<Duration>,
    /// The 90th percentile.
    #[cfg_attr(feature = "serde", serde(rename = "p90_ns", with = "crate::json::maybe_nanos"))]
    pub p90: Option<Duration>,
    /// The 99th percentile.
    #[cfg_attr(feature = "serde", serde(rename = "p99_ns", with = "crate::json::maybe_nanos"))]
    pub p99: Option<Duration>,
    /// The 99.9th percentile.
    #[cfg_attr(feature = "serde", serde(rename = "p999_ns", with = "crate::json::maybe_nanos"))]
    pub p999: Option<Duration>,
}

impl ProfileStats {
    pub(crate) fn new(operation: &str, totals: &Totals, clock: &Clock) -> Self {
        let timed = (totals.timed > 0).then_some(totals);
        let at = |q| {
            timed.and_then(|t| quantile(&t.buckets, q, t.min, t.max)).map(|t| clock.duration(t))
        };
        let idle = totals.idle.cast_signed().max(0).cast_unsigned();
        Self {
            operation: operation.to_owned(),
            count: totals.count(),
            timed: totals.timed,
            recursive: totals.recursive,
            tasks: totals.tasks,
            failed: totals.failed,
            cancelled: totals.cancelled,
            panicked: totals.panicked,
            total: clock.duration(totals.total),
            self_time: clock.duration(totals.own),
            busy: clock.duration(totals.total.saturating_sub(idle)),
            idle: clock.duration(idle),
            delay: clock.duration(totals.delay),
            min: timed.map(|t| clock.duration(t.min)),
            max: timed.map(|t| clock.duration(t.max)),
            std_dev: std_dev_ticks(totals)
                .map(|ticks| Duration::from_secs_f64(ticks * clock.nanos_per_tick() / 1e9)),
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
        }
    }

    /// Returns the mean time of a timed call.
    #[must_use]
    pub fn mean(&self) -> Option<Duration> {
        (self.timed > 0).then(|| {
            let nanos = self.total.as_nanos() / u128::from(self.timed);
            Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
        })
    }

    /// Returns the mean time of a timed call in milliseconds, NaN if there is none.
    #[must_use]
    pub fn mean_ms(&self) -> f64 {
        self.total_ms() / self.timed as f64
    }

    /// Returns the sum of the calls' times in milliseconds.
    #[must_use]
    pub fn total_ms(&self) -> f64 {
        self.total.as_secs_f64() * 1e3
    }
}

/// The sample deviation from the sums, (Σx² − (Σx)²/n) / (n − 1) under the root. The terms are
/// kept in `f64`; a difference that rounding has made negative is none.
fn std_dev_ticks(totals: &Totals) -> Option<f64> {
    let (n, sum) = (totals.timed as f64, totals.total as f64);
    (totals.timed > 1).then(|| ((totals.squares - sum * (sum / n)).max(0.0) / (n - 1.0)).sqrt())
}
