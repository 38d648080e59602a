//! The verdict on a test, over all its runs.

use atp_journal::{RunRecord, RunStatus, TestRecord, TestStatus};
use atp_protocol::Metrics;
use atp_scoring::RunSamples;
use atp_suite::TestCase;

/// Sums up the runs of a test, of which `planned` were to be made.
///
/// A test passes if all its runs do, and is flaky if one of them needed more than one attempt.
/// Otherwise a timeout counts most, then an error, then a failure, and the first run of that status
/// gives the reason. Runs that were skipped, because fail-fast stopped them, decide only where there
/// are no others.
pub(crate) fn of(test: &TestCase, planned: u32, mut runs: Vec<&RunRecord>) -> TestRecord {
    runs.sort_by_key(|run| run.run);
    let first = |status| runs.iter().find(|run| run.status == status);
    let worst =
        [RunStatus::Timeout, RunStatus::Error, RunStatus::Failed].into_iter().find_map(first);
    let passed = runs.iter().filter(|run| run.status == RunStatus::Passed).count();
    let status = match worst.map(|run| run.status) {
        Some(RunStatus::Timeout) => TestStatus::Timeout,
        Some(RunStatus::Error) => TestStatus::Error,
        Some(_) => TestStatus::Failed,
        None if passed < planned as usize => TestStatus::Skipped,
        None if runs.iter().any(|run| run.attempts.len() > 1) => TestStatus::Flaky,
        None => TestStatus::Passed,
    };
    let mut record = TestRecord::new(test.id.as_str(), status);
    record.unasserted = passed > 0 && test.assertions.is_empty();
    let made: Vec<_> = runs.iter().filter(|run| run.status != RunStatus::Skipped).collect();
    let scores: Vec<f64> = made.iter().filter_map(|run| run.score).collect();
    if !scores.is_empty() {
        record.score = Some(scores.iter().sum::<f64>() / scores.len() as f64);
    }
    record.error = worst.map(|run| {
        let error = run.error.as_deref().unwrap_or("no reason is known");
        if planned > 1 { format!("run {} of {planned}: {error}", run.run) } else { error.into() }
    });
    if planned < 2 || made.is_empty() {
        return record;
    }
    let durations: Vec<f64> =
        made.iter().filter_map(|run| run.attempts.last()).map(|last| last.agent_seconds).collect();
    let figures = |figure: fn(&Metrics) -> Option<f64>| -> Vec<f64> {
        made.iter().filter_map(|run| run.metrics.as_ref().and_then(figure)).collect()
    };
    let steps = figures(|metrics| metrics.total_steps.map(|steps| steps as f64));
    let tokens = figures(|metrics| metrics.total_tokens.map(|tokens| tokens as f64));
    let costs = figures(|metrics| metrics.cost_usd);
    let samples = RunSamples::new(&test.id, passed)
        .with_total_runs(made.len())
        .with_scores(&scores)
        .with_durations(&durations)
        .with_steps(&steps)
        .with_tokens(&tokens)
        .with_costs(&costs);
    match samples.statistics() {
        Ok(statistics) => record.with_statistics(&statistics),
        // Figures that are no numbers have none.
        Err(_) => record,
    }
}
