//! The trace.

use crate::fixture::{hostile, one_of_each, planned};
use atp_journal::Recording;
use atp_report::trace;
use serde_json::Value;

fn events(recording: &Recording) -> Vec<Value> {
    let mut text = Vec::new();
    trace::write(recording, &mut text).unwrap();
    serde_json::from_slice(&text).unwrap()
}

fn interval(event: &Value) -> (f64, f64) {
    let start = event["ts"].as_f64().unwrap();
    (start, start + event["dur"].as_f64().unwrap())
}

#[test]
fn each_slot_has_a_lane_with_its_runs_and_their_phases() {
    let events = events(&one_of_each());
    let named = |kind: &str| -> Vec<_> {
        let names = events.iter().filter(|event| event["name"] == kind);
        names.map(|event| event["args"]["name"].as_str().unwrap()).collect()
    };
    assert_eq!(named("process_name"), ["atp run checkout"]);
    assert_eq!(named("thread_name"), ["slot 0", "slot 1"]);
    let runs: Vec<_> = events.iter().filter(|event| event["cat"] == "run").collect();
    assert_eq!(runs.len(), 5);
    for phase in events.iter().filter(|event| event["cat"] == "phase") {
        let (start, end) = interval(phase);
        let within = runs.iter().any(|run| {
            let (first, last) = interval(run);
            run["tid"] == phase["tid"] && first <= start && end <= last
        });
        assert!(within, "{phase}");
    }
    let flaky = events.iter().filter(|event| {
        let in_flaky = event["ts"].as_f64().is_some_and(|at| at > 2e6);
        in_flaky && event["cat"] == "phase"
    });
    let names: Vec<_> = flaky.map(|event| event["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["spawn", "agent", "wait", "spawn", "agent", "events", "evaluation"]);
}

#[test]
fn runs_of_one_slot_do_not_overlap_when_they_waited_in_the_queue() {
    let mut recording = planned(&["a", "b"]);
    for (test, queue) in [("a", 0.0), ("b", 1.0)] {
        let mut run = crate::fixture::run(test, atp_journal::RunStatus::Passed, 0, 0.0);
        run.finished_seconds = 1.0 + queue;
        run.attempts[0].started_seconds = queue + 0.002;
        run.ledger.queue = queue;
        recording.runs.push(run);
    }
    let events = events(&recording);
    let runs: Vec<_> = events.iter().filter(|event| event["cat"] == "run").map(interval).collect();
    assert!((runs[0].1 - runs[1].0).abs() < 1.0, "{runs:?}");
    let waiting = events.iter().filter(|event| event["name"] == "waiting for a slot");
    let waiting: Vec<_> = waiting.map(|event| event["args"]["runs"].as_i64().unwrap()).collect();
    assert_eq!(waiting, [1, 0]);
}

#[test]
fn times_that_are_none_and_hostile_names_are_still_a_trace() {
    let mut recording = hostile();
    recording.runs[0].started_seconds = f64::NAN;
    recording.runs[0].finished_seconds = f64::INFINITY;
    recording.runs[0].ledger.agent = -1e300;
    recording.runs[0].ledger.queue = f64::NAN;
    assert!(events(&recording).len() > 3);
    assert!(events(&planned(&[])).is_empty());
}
