//! What changed between two runs, and what is only noise.

mod change;
mod outcomes;
mod suites;
mod text;

use crate::outcome::{RunReport, TestReport};
use crate::report::Report;
use serde::Serialize;
use std::collections::HashMap;

pub use change::{Change, LEAST_RATIO, LEAST_SECONDS};
pub use outcomes::OutcomeChange;
pub use suites::{SuiteComparison, SuitesComparison};

/// Two reports held against each other.
///
/// A change counts only where it is larger than what repeating the same run would change, at 95 %
/// confidence, and large enough to matter ([`LEAST_RATIO`], [`LEAST_SECONDS`]). What that takes
/// differs by figure and is told where the figure is. Tests are matched by id. A machine that was
/// busier during one of the two runs looks like a change, for nothing in a report tells it apart.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Comparison {
    /// Both sides in one word.
    pub verdict: ComparisonVerdict,
    /// How many tests both reports have a result of.
    pub compared: u64,
    /// Tests with another outcome than before, in the order of the suite.
    pub outcomes: Vec<OutcomeChange>,
    /// How long agents worked, over all tests that both know.
    pub latency: Option<Change>,
    /// What the platform cost, over all tests that both know.
    pub overhead: Option<Change>,
    /// Single tests whose agents took longer or shorter beyond noise, which only tests with
    /// several runs on both sides can show; the largest change first.
    pub tests: Vec<TestChange>,
    /// The three overhead ratios in percent, each once for each side. They are one figure a run,
    /// so nothing can be said of their noise, and they do not move the verdict.
    pub ratios: Vec<RatioChange>,
    /// Ids of tests that only the first report has.
    pub only_in_base: Vec<String>,
    /// Ids of tests that only the second report has.
    pub only_in_candidate: Vec<String>,
    /// Whether the two are reports of suites or agents with different names.
    pub names_differ: bool,
}

/// What a comparison comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ComparisonVerdict {
    /// Noise explains every difference.
    Same,
    /// Something got better and nothing worse.
    Better,
    /// Something got worse and nothing better.
    Worse,
    /// Something got better and something worse.
    Mixed,
    /// No test has a result in both.
    Incomparable,
}

/// A change of how long the agent worked for one test.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TestChange {
    /// The test's id.
    pub id: String,
    /// By how much.
    pub change: Change,
}

/// A ratio in percent, before and after.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RatioChange {
    /// What the ratio is.
    pub name: &'static str,
    /// In the first report.
    pub base: Option<f64>,
    /// In the second report.
    pub candidate: Option<f64>,
}

impl Comparison {
    /// Compares a report with an earlier one. Linear in the number of runs.
    pub fn new(base: &Report, candidate: &Report) -> Self {
        let places = by_id(candidate);
        let pairs: Vec<_> = base
            .tests
            .iter()
            .filter_map(|test| Some((test, *places.get(test.id.as_str())?)))
            .collect();
        let outcomes: Vec<_> = pairs
            .iter()
            .filter_map(|(base, candidate)| OutcomeChange::of(base, candidate))
            .collect();
        let mut comparison = Self {
            verdict: ComparisonVerdict::Same,
            compared: pairs.iter().filter(|pair| has_results(pair)).count() as u64,
            latency: Change::over_tests(&pairs, agent_seconds),
            overhead: Change::over_tests(&pairs, overhead_seconds),
            tests: test_changes(&pairs),
            ratios: ratios(base, candidate),
            only_in_base: missing(base, &places),
            only_in_candidate: missing(candidate, &by_id(base)),
            names_differ: (&base.suite, &base.agent) != (&candidate.suite, &candidate.agent),
            outcomes,
        };
        comparison.verdict = comparison.judge();
        comparison
    }

    fn judge(&self) -> ComparisonVerdict {
        if self.compared == 0 {
            return ComparisonVerdict::Incomparable;
        }
        let tests = self.tests.iter().map(|test| &test.change);
        let changes = self.latency.iter().chain(&self.overhead).chain(tests);
        let (mut better, mut worse) = (false, false);
        for change in changes.filter(|change| !change.is_noise) {
            better |= change.ratio < 1.0;
            worse |= change.ratio > 1.0;
        }
        for outcome in self.outcomes.iter().filter(|outcome| !outcome.is_noise) {
            better |= outcome.is_better();
            worse |= outcome.is_worse();
        }
        match (better, worse) {
            (false, false) => ComparisonVerdict::Same,
            (true, false) => ComparisonVerdict::Better,
            (false, true) => ComparisonVerdict::Worse,
            (true, true) => ComparisonVerdict::Mixed,
        }
    }
}

impl ComparisonVerdict {
    /// Returns the verdict as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Mixed => "mixed",
            Self::Incomparable => "incomparable",
        }
    }
}

fn by_id(report: &Report) -> HashMap<&str, &TestReport> {
    report.tests.iter().map(|test| (test.id.as_str(), test)).collect()
}

/// The ids of a report that are not among the others.
fn missing(report: &Report, others: &HashMap<&str, &TestReport>) -> Vec<String> {
    let ids = report.tests.iter().map(|test| &test.id);
    ids.filter(|id| !others.contains_key(id.as_str())).cloned().collect()
}

fn has_results((base, candidate): &(&TestReport, &TestReport)) -> bool {
    [base, candidate].iter().all(|test| test.status != atp_journal::TestStatus::Skipped)
}

/// The changes of single tests beyond noise. So many tests are looked at that some of them would
/// differ by chance, so each is held to a confidence at which all together err once in twenty.
fn test_changes(pairs: &[(&TestReport, &TestReport)]) -> Vec<TestChange> {
    let repeated: Vec<_> = pairs
        .iter()
        .filter(|(base, candidate)| base.runs.len() > 1 && candidate.runs.len() > 1)
        .collect();
    let mut changes: Vec<_> = repeated
        .iter()
        .filter_map(|(base, candidate)| {
            let change = Change::over_runs(base, candidate, agent_seconds, repeated.len())?;
            (!change.is_noise).then(|| TestChange { id: base.id.clone(), change })
        })
        .collect();
    changes.sort_by(|a, b| b.change.ratio.ln().abs().total_cmp(&a.change.ratio.ln().abs()));
    changes
}

fn ratios(base: &Report, candidate: &Report) -> Vec<RatioChange> {
    let pairs = base.overhead.ratios().into_iter().zip(candidate.overhead.ratios());
    pairs.map(|((name, base), (_, candidate))| RatioChange { name, base, candidate }).collect()
}

/// A run that did not pass says little about how long the agent takes: it may have given up at
/// once, or been given up on.
fn agent_seconds(run: &RunReport) -> Option<f64> {
    run.agent_seconds.filter(|_| run.status == atp_journal::RunStatus::Passed)
}

fn overhead_seconds(run: &RunReport) -> Option<f64> {
    run.overhead_seconds.filter(|_| run.status == atp_journal::RunStatus::Passed)
}
