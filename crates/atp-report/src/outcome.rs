//! How tests and their runs ended.

use crate::digest::{Digest, TestView};
use crate::findings::Finding;
use crate::status::{is_failed_run, is_failure};
use atp_journal::{RunRecord, RunStatus, TestStatus};
use serde::{Deserialize, Serialize};

/// How many tests came to which end. Each test is counted once, so the counts add up to `total`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Summary {
    /// All planned tests.
    pub total: u64,
    /// Tests that passed at the first try.
    pub passed: u64,
    /// Tests whose answer was judged and found wanting.
    pub failed: u64,
    /// Tests whose agent did not answer in time.
    pub timeout: u64,
    /// Tests that could not be carried out.
    pub error: u64,
    /// Tests that were left out, those without a result included.
    pub skipped: u64,
    /// Tests that passed only after a failed attempt.
    pub flaky: u64,
    /// Those of the skipped that were planned and have no result, because the run ended before.
    #[serde(default)]
    pub unfinished: u64,
    /// Wall time of all sessions, without the time between them; what went on at the same time, as
    /// the parts of a merged run, counts once. A session that was killed counts to the end of its
    /// last run.
    pub duration_seconds: f64,
}

/// One test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TestReport {
    /// The test's id.
    pub id: String,
    /// The test's name.
    #[serde(default)]
    pub name: String,
    /// How it ended. A test without a result is `skipped`, and `error` says why.
    pub status: TestStatus,
    /// Whether nothing was asserted of it.
    pub unasserted: bool,
    /// The score from 0 to 100.
    pub score: Option<f64>,
    /// Why it did not pass, in one sentence.
    #[serde(default)]
    pub error: Option<String>,
    /// Its runs, by number.
    pub runs: Vec<RunReport>,
    /// Statistics over its runs.
    pub statistics: Option<serde_json::Value>,
}

/// One run of a test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunReport {
    /// How it ended.
    pub status: RunStatus,
    /// Which run of the test it was, from 1.
    #[serde(default)]
    pub run: u32,
    /// How often the agent was started for it.
    #[serde(default)]
    pub attempts: u64,
    /// The score from 0 to 100.
    #[serde(default)]
    pub score: Option<f64>,
    /// How long the agent worked, over all attempts, without any wait and without its start; none
    /// if it was never started.
    pub agent_seconds: Option<f64>,
    /// How long the run waited for a slot.
    pub queue_seconds: Option<f64>,
    /// How long it waited for the rate limit and between attempts.
    #[serde(default)]
    pub wait_seconds: Option<f64>,
    /// What the platform cost it.
    pub overhead_seconds: Option<f64>,
    /// How many events arrived.
    pub events: u64,
    /// How many lines were no valid events.
    pub invalid_events: u64,
    /// Whether the agent left a child behind that held its output open.
    pub leaky: bool,
    /// What went wrong.
    pub error: Option<String>,
    /// The checks that did not hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

impl Summary {
    pub(crate) fn new(digest: &Digest<'_>, tests: &[TestReport]) -> Self {
        let mut summary = Self {
            total: tests.len() as u64,
            unfinished: digest.tests.iter().filter(|test| test.record.is_none()).count() as u64,
            duration_seconds: digest.axis.seconds,
            ..Self::default()
        };
        for test in tests {
            *match test.status {
                TestStatus::Passed => &mut summary.passed,
                TestStatus::Failed => &mut summary.failed,
                TestStatus::Timeout => &mut summary.timeout,
                TestStatus::Error => &mut summary.error,
                TestStatus::Skipped => &mut summary.skipped,
                TestStatus::Flaky => &mut summary.flaky,
            } += 1;
        }
        summary
    }
}

impl TestReport {
    pub(crate) fn new(test: &TestView<'_>, runs_planned: u32) -> Self {
        let mut report = Self {
            id: test.id.to_owned(),
            name: test.name().to_owned(),
            status: test.record.map_or(TestStatus::Skipped, |record| record.status),
            unasserted: test.record.is_some_and(|record| record.unasserted),
            score: test.record.and_then(|record| record.score).and_then(known),
            error: test.record.and_then(|record| record.error.clone()),
            runs: test.runs.iter().map(|run| RunReport::new(run)).collect(),
            statistics: test.record.and_then(|record| record.statistics.clone()),
        };
        if test.record.is_none() {
            let done = report.runs.iter().filter(|run| run.status != RunStatus::Skipped).count();
            report.error = Some(match report.runs.len() {
                0 => "not run".to_owned(),
                _ => format!("not finished: {done} of {runs_planned} runs done"),
            });
        } else if report.error.is_none() && is_failure(report.status) {
            report.error = report.reason();
        }
        report
    }

    /// Says why the test failed by the first run that did: its error, else its first finding.
    fn reason(&self) -> Option<String> {
        let run = self.runs.iter().find(|run| is_failed_run(run.status))?;
        let reason = run.error.clone().or_else(|| run.findings.first().map(Finding::sentence))?;
        Some(if self.runs.len() > 1 { format!("run {}: {reason}", run.run) } else { reason })
    }

    /// How long the agent worked for this test, over all runs.
    pub(crate) fn agent_seconds(&self) -> Option<f64> {
        let known = self.runs.iter().filter_map(|run| run.agent_seconds);
        known.reduce(|sum, seconds| sum + seconds)
    }

    /// How long the agent worked in the run that it worked longest in.
    pub(crate) fn longest_run_seconds(&self) -> Option<f64> {
        self.runs.iter().filter_map(|run| run.agent_seconds).max_by(f64::total_cmp)
    }
}

impl RunReport {
    fn new(run: &RunRecord) -> Self {
        let started = !run.attempts.is_empty();
        Self {
            status: run.status,
            run: run.run,
            attempts: run.attempts.len() as u64,
            score: run.score.and_then(known),
            agent_seconds: known(run.ledger.agent).filter(|_| started),
            queue_seconds: known(run.ledger.queue),
            wait_seconds: known(run.ledger.limiter + run.ledger.retry_wait),
            overhead_seconds: known(run.ledger.platform()),
            events: run.events,
            invalid_events: run.invalid_events,
            leaky: run.leaky,
            error: run.error.clone(),
            findings: Finding::of(run),
        }
    }
}

/// A recorded figure, unless it could not be measured and was read back as no number.
fn known(figure: f64) -> Option<f64> {
    figure.is_finite().then_some(figure)
}
