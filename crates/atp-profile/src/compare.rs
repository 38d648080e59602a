//! What became slower between two profiles, by path.

use crate::snapshot::Profile;
use atp_table::{Column, Table, duration, nanos};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// The paths of two profiles side by side, the largest change of self time first.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ProfileComparison {
    /// A path that is in either profile, with its figures in both.
    pub paths: Vec<PathChange>,
}

/// One path before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PathChange {
    /// The names from the root.
    pub path: Vec<String>,
    /// The figures before; `None` if the path is new.
    pub before: Option<PathFigures>,
    /// The figures after; `None` if the path is gone.
    pub after: Option<PathFigures>,
}

/// What is compared of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PathFigures {
    /// Calls that ended. Unlike times these do not vary by chance: a change is a change.
    pub count: u64,
    /// Self time of all calls.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "self_ns", serialize_with = "crate::json::nanos::serialize")
    )]
    pub self_time: Duration,
    /// Mean time of a timed call, `None` without one.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "mean_ns", serialize_with = "crate::json::maybe_nanos::serialize")
    )]
    pub mean: Option<Duration>,
}

/// Compares two profiles by path.
///
/// One run against one run says little about a few per cent; call counts are exact, large changes
/// of self time name the place, and a verdict needs repeated runs.
///
/// # Examples
///
/// ```
/// use atp_profile::{ManualClock, Profiler, compare};
/// use std::time::Duration;
///
/// let run = |millis| {
///     let clock = ManualClock::new();
///     let profiler = Profiler::with_clock(clock.clone());
///     profiler.profile_fn("load", || clock.advance(Duration::from_millis(millis)));
///     profiler.snapshot()
/// };
/// let comparison = compare(&run(10), &run(15));
/// let slower: Vec<_> = comparison.slower(1.1).collect();
/// assert_eq!(slower[0].path, ["load"]);
/// assert_eq!(slower[0].ratio(), Some(1.5));
/// ```
#[must_use]
pub fn compare(before: &Profile, after: &Profile) -> ProfileComparison {
    let mut paths = BTreeMap::<Vec<String>, [Option<PathFigures>; 2]>::new();
    for (side, profile) in [before, after].into_iter().enumerate() {
        for (at, node) in profile.nodes.iter().enumerate() {
            let path = profile.path(at).into_iter().map(str::to_owned).collect();
            let stats = &node.stats;
            paths.entry(path).or_default()[side] = Some(PathFigures {
                count: stats.count,
                self_time: stats.self_time,
                mean: stats.mean(),
            });
        }
    }
    let sides = paths.into_iter();
    let mut paths: Vec<_> =
        sides.map(|(path, [before, after])| PathChange { path, before, after }).collect();
    paths.sort_by_key(|change| std::cmp::Reverse(change.self_change_nanos().unsigned_abs()));
    ProfileComparison { paths }
}

impl PathChange {
    /// Returns mean time after over mean time before, or `None` if either is missing or zero.
    #[must_use]
    pub fn ratio(&self) -> Option<f64> {
        let (before, after) = (self.before?.mean?, self.after?.mean?);
        (!before.is_zero()).then(|| after.as_secs_f64() / before.as_secs_f64())
    }

    /// Returns how many more calls there are.
    #[must_use]
    pub fn count_change(&self) -> i128 {
        let count = |side: Option<PathFigures>| side.map_or(0, |figures| i128::from(figures.count));
        count(self.after) - count(self.before)
    }

    fn self_change_nanos(&self) -> i128 {
        let time = |side: Option<PathFigures>| side.map_or(0, |f| f.self_time.as_nanos() as i128);
        time(self.after) - time(self.before)
    }
}

impl ProfileComparison {
    /// Returns the paths in both profiles whose mean grew beyond `ratio` times what it was.
    pub fn slower(&self, ratio: f64) -> impl Iterator<Item = &PathChange> {
        self.paths.iter().filter(move |change| change.ratio().is_some_and(|grown| grown > ratio))
    }
}

/// A table of the paths with any change.
impl fmt::Display for ProfileComparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = ["before", "after", "ratio", "self", "calls"].map(Column::right);
        let mut table = Table::new([Column::left("path")].into_iter().chain(columns));
        for change in self.paths.iter().filter(|change| change.before != change.after) {
            let mean = |side: Option<PathFigures>| {
                side.and_then(|f| f.mean).map_or_else(|| "-".to_owned(), duration)
            };
            let self_change = change.self_change_nanos() as f64;
            let sign = if self_change > 0.0 { "+" } else { "" };
            table.push([
                change.path.join(" > "),
                mean(change.before),
                mean(change.after),
                change.ratio().map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}x")),
                format!("{sign}{}", nanos(self_change)),
                format!("{:+}", change.count_change()),
            ]);
        }
        write!(f, "{table}")
    }
}
