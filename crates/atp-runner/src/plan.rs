//! What is to be done, and what was done before.

use atp_journal::{Recording, RunStatus, TestStatus};
use atp_suite::{Mode, TestCase};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A test that has no verdict yet.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) test: Arc<TestCase>,
    pub(crate) work: Work,
}

/// What is to be done for a test.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Nothing, for this reason.
    Skip(String),
    /// Its runs but these, which were done before: their numbers, and where they are in the
    /// recording.
    RunsBut(BTreeMap<u32, usize>),
}

/// Plans `runs` runs of each test with the agent of this name, in the order of the tests.
///
/// Tests with a verdict are taken over. So are single runs of the others. What was stopped before
/// it had an answer runs anew, and so does a test that was left out and need not be now.
pub(crate) fn plan(
    tests: &[Arc<TestCase>],
    agent: &str,
    runs: u32,
    already: &Recording,
) -> Vec<Planned> {
    let mut verdicts: HashMap<&str, TestStatus> = HashMap::new();
    for test in &already.tests {
        verdicts.insert(&test.test, test.status);
    }
    let mut done: HashMap<&str, BTreeMap<u32, usize>> = HashMap::new();
    for (position, run) in already.runs.iter().enumerate() {
        if run.status != RunStatus::Skipped && (1..=runs).contains(&run.run) {
            done.entry(&run.test).or_default().insert(run.run, position);
        }
    }
    let mut planned = Vec::new();
    for test in tests {
        let work = match (verdicts.get(test.id.as_str()), reason_to_skip(test, agent)) {
            (None, Some(reason)) => Work::Skip(reason),
            (None | Some(TestStatus::Skipped), None) => {
                Work::RunsBut(done.remove(test.id.as_str()).unwrap_or_default())
            }
            (Some(_), _) => continue,
        };
        planned.push(Planned { test: Arc::clone(test), work });
    }
    planned
}

/// Returns why a test is not for one agent alone, or not for this one.
fn reason_to_skip(test: &TestCase, agent: &str) -> Option<String> {
    if let Some(mode) = test.mode {
        let mode = match mode {
            Mode::Comparison => "comparison",
            Mode::Collaboration => "collaboration",
            Mode::Handoff => "handoff",
        };
        return Some(format!("mode {mode} needs several agents, and one is run at a time"));
    }
    let agents = test.agents.as_ref()?;
    let is_meant = agents.iter().any(|name| name == agent);
    (!is_meant).then(|| format!("it is for {}, not for {agent}", agents.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use atp_journal::{Header, RunRecord, TestRecord};
    use atp_suite::{Environment, load_str};

    fn tests() -> Vec<Arc<TestCase>> {
        let suite = "
test_suite: s
agents: [{name: a, type: cli}, {name: b, type: cli}]
tests:
  - {id: one, name: One, task: {description: d}}
  - {id: two, name: Two, task: {description: d}, agents: [b]}
  - {id: three, name: Three, task: {description: d}, agents: [a, b], mode: handoff}
  - {id: four, name: Four, task: {description: d}, agents: [a]}
";
        load_str(suite, &Environment::new()).unwrap().tests.clone()
    }

    fn nothing() -> Recording {
        Recording::new(Header::new("s", "h", "a", "cli"))
    }

    fn shown(planned: &[Planned]) -> Vec<String> {
        let line = |planned: &Planned| match &planned.work {
            Work::Skip(reason) => format!("{}: {reason}", planned.test.id),
            Work::RunsBut(done) => format!("{} but {done:?}", planned.test.id),
        };
        planned.iter().map(line).collect()
    }

    #[test]
    fn tests_for_others_are_skipped() {
        let expected = [
            "one but {}",
            "two: it is for b, not for a",
            "three: mode handoff needs several agents, and one is run at a time",
            "four but {}",
        ];
        assert_eq!(shown(&plan(&tests(), "a", 2, &nothing())), expected);
    }

    #[test]
    fn what_is_finished_is_taken_over() {
        let mut already = nothing();
        let record = |test, run, status| RunRecord::new(test, run, status);
        already.runs = vec![
            record("four", 2, RunStatus::Failed),
            record("one", 1, RunStatus::Passed),
            record("four", 1, RunStatus::Skipped),
            record("four", 9, RunStatus::Passed),
            record("gone", 1, RunStatus::Skipped),
        ];
        already.tests = vec![
            TestRecord::new("one", TestStatus::Failed),
            TestRecord::new("two", TestStatus::Skipped),
            TestRecord::new("four", TestStatus::Skipped),
        ];
        let planned = plan(&tests(), "a", 3, &already);
        let expected = [
            "three: mode handoff needs several agents, and one is run at a time",
            "four but {2: 0}",
        ];
        assert_eq!(shown(&planned), expected);
    }
}
