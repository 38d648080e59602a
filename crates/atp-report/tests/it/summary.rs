//! The last lines of a run.

use crate::fixture::{hostile, one_of_each, planned, run, verdict};
use atp_journal::{Recording, RunStatus, TestStatus};
use atp_report::{Report, SUMMARY_LINES};
use expect_test::expect;

fn summary(recording: &Recording) -> String {
    let mut text = Vec::new();
    Report::new(recording).summary(&mut text).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn a_failed_run() {
    expect![[r#"
        FAILED: 3 of 6 tests in checkout with claude did not pass, 3.09 s
        tests       1 passed, 1 flaky, 1 failed, 1 timeout, 1 error, 1 skipped
        failures    fail (failed): file: contains: expected "total: 12" in out.txt, found "total: 21"
                    late (timeout): no answer within 1 s
                    crash (error): the agent ended with code 3
        slowest     pass 980 ms, fail 980 ms, late 980 ms
        overhead             measured  budget  margin
        ---------------------------------------------
        per test               2.13 %  5.00 %  2.87 %
        wall over ideal        3.00 %  5.00 %  2.00 %
        CPU of the platform    1.04 %  5.00 %  3.96 %
        bottleneck  agent: it works 940 ms a run
        notes       1 invalid event line (first: oops: not JSON); 1 leaky run; 2 agent processes had to be ended
    "#]].assert_eq(&summary(&one_of_each()));
}

#[test]
fn nothing_ran() {
    expect![[r#"
        NOTHING RAN: no test of checkout was chosen for claude
        tests       none
        overhead                 measured  budget  margin
        -------------------------------------------------
        per test             not measured  5.00 %       -
        wall over ideal      not measured  5.00 %       -
        CPU of the platform  not measured  5.00 %       -
        bottleneck  none: no agent ran
    "#]]
    .assert_eq(&summary(&planned(&[])));
}

#[test]
fn a_run_that_was_killed() {
    let mut recording = planned(&["a", "b"]);
    recording.runs = vec![run("a", RunStatus::Passed, 0, 0.0)];
    recording.tests = vec![verdict("a", TestStatus::Passed)];
    expect![[r#"
        INTERRUPTED: 1 of 2 tests in checkout with claude without a result, 1.00 s
        tests       1 passed, 1 skipped (1 of the skipped without a result)
        slowest     a 980 ms
        overhead                 measured  budget  margin
        -------------------------------------------------
        per test                   2.04 %  5.00 %  2.96 %
        wall over ideal      not measured  5.00 %       -
        CPU of the platform  not measured  5.00 %       -
        bottleneck  agent: it works 980 ms a run
    "#]]
    .assert_eq(&summary(&recording));
}

#[test]
fn it_never_takes_more_lines_than_promised() {
    let ids: Vec<_> = (0..500).map(|number| format!("t-{number}")).collect();
    let mut recording = planned(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    for id in &ids {
        let mut run = run(id, RunStatus::Failed, 0, 0.0);
        run.error = Some("line\nbreak ".repeat(1000));
        (run.leaky, run.invalid_events, run.misordered_events) = (true, 2, 2);
        (run.remaining_processes, run.ended_processes, run.dropped_events) = (1, 1, 1);
        recording.runs.push(run);
        let mut verdict = verdict(id, TestStatus::Failed);
        verdict.unasserted = true;
        recording.tests.push(verdict);
    }
    let text = summary(&recording);
    assert_eq!(text.lines().count(), SUMMARY_LINES, "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 350), "{text}");
}

#[test]
fn hostile_names_stay_text() {
    let text = summary(&hostile());
    assert!(text.lines().count() <= SUMMARY_LINES);
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
    assert!(!text.contains('\u{202e}'), "{text:?}");
}
