//! The initialisations of one recording, with the times that follow from their nesting.

use crate::record::{Heard, StartupKind, StartupOutcome};
use std::collections::HashMap;
use std::time::Duration;

/// One initialisation, or phase, of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[doc(alias = "ImportTiming")]
pub struct StartupTiming {
    /// The name of the module, the key of the registry, or the type and line of the value.
    pub name: String,
    /// Whether it ran on one thread, as a future, or is a marked phase.
    pub kind: StartupKind,
    /// The index of the timing that this one began inside of.
    pub parent: Option<usize>,
    /// The thread it began on: threads are numbered from 0 in the order in which they appear.
    pub thread: usize,
    /// The name of that thread, if it has one.
    pub thread_name: Option<String>,
    /// From the start of the recording to the begin.
    pub offset: Duration,
    /// From begin to end, in wall time: with what it initialised in turn, with waits for what
    /// other threads were initialising, and for a future with its pauses.
    pub cumulative: Duration,
    /// The part of `cumulative` in which nothing that it initialised in turn was in progress.
    pub self_time: Duration,
    /// How it ended.
    pub outcome: StartupOutcome,
}

/// What a [`StartupAnalyzer`](crate::StartupAnalyzer) heard.
#[derive(Debug, Clone)]
pub struct StartupTimings {
    timings: Vec<StartupTiming>,
    /// The indices of the timings that began inside of each.
    children: Vec<Vec<usize>>,
    total: Duration,
    dropped: u64,
}

impl StartupTiming {
    /// Returns `cumulative` in milliseconds.
    #[must_use]
    #[doc(alias = "import_time_ms")]
    pub fn cumulative_ms(&self) -> f64 {
        self.cumulative.as_secs_f64() * 1e3
    }

    /// Returns `self_time` in milliseconds.
    #[must_use]
    pub fn self_ms(&self) -> f64 {
        self.self_time.as_secs_f64() * 1e3
    }
}

impl StartupTimings {
    pub(crate) fn new(heard: Heard, total: Duration) -> Self {
        let mut threads = HashMap::new();
        let mut children = vec![Vec::new(); heard.entries.len()];
        let mut timings = Vec::with_capacity(heard.entries.len());
        for (index, entry) in heard.entries.into_iter().enumerate() {
            let next = threads.len();
            let (end, outcome) = entry.end.unwrap_or((total, StartupOutcome::Unfinished));
            let cumulative = end.saturating_sub(entry.begin);
            if let Some(parent) = entry.parent {
                children[parent].push(index);
            }
            timings.push(StartupTiming {
                name: entry.name,
                kind: entry.kind,
                parent: entry.parent,
                thread: *threads.entry(entry.thread).or_insert(next),
                thread_name: entry.thread_name,
                offset: entry.begin,
                cumulative,
                self_time: cumulative,
                outcome,
            });
        }
        for (index, inner) in children.iter().enumerate() {
            let covered = covered(&timings[index], inner.iter().map(|&child| &timings[child]));
            timings[index].self_time -= covered;
        }
        Self { timings, children, total, dropped: heard.dropped }
    }

    /// Returns all timings, in the order in which they began.
    #[must_use]
    pub fn timings(&self) -> &[StartupTiming] {
        &self.timings
    }

    /// Returns the timings that began inside of the one at `index`; none if there is no such.
    #[doc(alias = "dependencies")]
    pub fn children(&self, index: usize) -> impl Iterator<Item = &StartupTiming> {
        self.child_indices(index).iter().map(|&child| &self.timings[child])
    }

    pub(crate) fn child_indices(&self, index: usize) -> &[usize] {
        self.children.get(index).map_or(&[], Vec::as_slice)
    }

    /// Returns the timings whose cumulative time is `threshold` or more, slowest first.
    #[must_use]
    #[doc(alias = "get_slow_imports")]
    pub fn slow(&self, threshold: Duration) -> Vec<&StartupTiming> {
        let mut slow: Vec<_> =
            self.timings.iter().filter(|timing| timing.cumulative >= threshold).collect();
        slow.sort_by_key(|timing| std::cmp::Reverse(timing.cumulative));
        slow
    }

    /// Returns the time from the start of the recording to its end.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.total
    }

    /// Returns how many initialisations were left out because the recording was full.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}

/// Returns for how much of `outer` at least one of `inner`, given by their begin, was in progress.
/// Futures overlap, so this is less than the sum of their times.
fn covered<'a>(outer: &StartupTiming, inner: impl Iterator<Item = &'a StartupTiming>) -> Duration {
    let end = outer.offset + outer.cumulative;
    let mut reached = outer.offset;
    let mut covered = Duration::ZERO;
    for timing in inner {
        let from = timing.offset.max(reached);
        let to = (timing.offset + timing.cumulative).min(end);
        if to > from {
            covered += to - from;
            reached = to;
        }
    }
    covered
}

#[cfg(test)]
mod tests;
