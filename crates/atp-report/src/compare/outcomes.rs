//! Tests that ended otherwise than before.

use crate::outcome::TestReport;
use crate::status::is_failure;
use atp_journal::{RunStatus, TestStatus};
use atp_stats::{Interval, wilson_interval};
use serde::Serialize;

/// A test with another outcome than before.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct OutcomeChange {
    /// The test's id.
    pub id: String,
    /// How it ended before.
    pub base: TestStatus,
    /// How it ended after.
    pub candidate: TestStatus,
    /// Runs that passed before, and all runs before.
    pub base_passed: (u64, u64),
    /// Runs that passed after, and all runs after.
    pub candidate_passed: (u64, u64),
    /// Whether noise explains it: the test failed before and after, or passed before and after if
    /// not at once, or was left out on one side, or has several runs on both sides whose shares of passes differ by no more
    /// than chance makes them. A test with one run on a side gives chance no share: its change
    /// counts.
    pub is_noise: bool,
    /// Why it did not pass, if it did not pass after.
    pub error: Option<String>,
}

impl OutcomeChange {
    pub(super) fn of(base: &TestReport, candidate: &TestReport) -> Option<Self> {
        if base.status == candidate.status {
            return None;
        }
        let (before, after) = (passed(base), passed(candidate));
        let by_chance = before.1 > 1 && after.1 > 1 && may_be_chance(before, after);
        let has_turned = is_failure(base.status) != is_failure(candidate.status);
        let mut change = Self {
            id: base.id.clone(),
            base: base.status,
            candidate: candidate.status,
            base_passed: before,
            candidate_passed: after,
            is_noise: by_chance || !has_turned,
            error: candidate.error.clone(),
        };
        change.is_noise |= change.is_left_out();
        Some(change)
    }

    /// Whether one side has no result, which says nothing of the test.
    pub fn is_left_out(&self) -> bool {
        [self.base, self.candidate].contains(&TestStatus::Skipped)
    }

    /// Whether the test passed before and does not now.
    pub fn is_worse(&self) -> bool {
        !is_failure(self.base) && is_failure(self.candidate)
    }

    /// Whether the test passes now and did not before.
    pub fn is_better(&self) -> bool {
        is_failure(self.base) && !is_failure(self.candidate)
    }
}

/// Runs that passed, and runs that were carried out.
fn passed(test: &TestReport) -> (u64, u64) {
    let ran = test.runs.iter().filter(|run| run.status != RunStatus::Skipped);
    ran.fold((0, 0), |(passed, all), run| {
        (passed + u64::from(run.status == RunStatus::Passed), all + 1)
    })
}

/// Whether two shares of passes may differ by chance: whether 0 lies in the interval of their
/// difference.
fn may_be_chance(before: (u64, u64), after: (u64, u64)) -> bool {
    difference(before, after).is_none_or(|interval| interval.contains(0.0))
}

/// The 95 % interval of the difference of two proportions, none where one is of nothing (R. G.
/// Newcombe, Statistics in Medicine 17, 1998, method 10).
fn difference((one, of_one): (u64, u64), (two, of_two): (u64, u64)) -> Option<Interval> {
    let first = wilson_interval(one, of_one, 0.95).ok()?;
    let second = wilson_interval(two, of_two, 0.95).ok()?;
    let (p, q) = (one as f64 / of_one as f64, two as f64 / of_two as f64);
    Some(Interval {
        lower: p - q - (p - first.lower).hypot(second.upper - q),
        upper: p - q + (first.upper - p).hypot(q - second.lower),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_runs_prove_only_large_differences() {
        assert!(!may_be_chance((3, 3), (0, 3)));
        assert!(may_be_chance((3, 3), (2, 3)));
        assert!(may_be_chance((3, 3), (1, 3)));
        assert!(!may_be_chance((20, 20), (12, 20)));
        assert!(may_be_chance((5, 10), (5, 10)));
        assert!(may_be_chance((0, 4), (0, 9)));
        assert!(may_be_chance((0, 0), (1, 1)));
    }

    #[test]
    fn the_interval_is_that_of_the_paper() {
        // The examples (a) to (d) of the paper's table of methods.
        for (one, two, lower, upper) in [
            ((56, 70), (48, 80), 0.0524, 0.3339),
            ((9, 10), (3, 10), 0.1705, 0.8090),
            ((6, 7), (2, 7), 0.0582, 0.8062),
            ((5, 56), (0, 29), -0.0381, 0.1926),
        ] {
            let interval = difference(one, two).unwrap();
            assert!((interval.lower - lower).abs() < 5e-5, "{interval:?}");
            assert!((interval.upper - upper).abs() < 5e-5, "{interval:?}");
        }
    }
}
