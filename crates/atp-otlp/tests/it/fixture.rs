//! Recordings to export, and spans to look at.

use atp_journal::{
    AttemptRecord, Header, Ledger, PlannedTest, Recording, RunRecord, RunStatus, Session,
    TestRecord, TestStatus,
};
use atp_protocol::Timestamp;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use std::time::Duration;

/// 2026-01-02T03:04:05.678Z, when all recordings here begin.
pub(crate) const BEGAN_MICROS: i64 = 1_767_323_045_678_000;

/// Long enough for everything that is to succeed.
pub(crate) const AMPLE: Duration = Duration::from_secs(60);

/// A recording of `ids` in which nothing has happened.
pub(crate) fn planned(ids: &[&str]) -> Recording {
    let mut header = Header::new("checkout", "hash", "claude", "cli");
    header.started_at = Timestamp::from_micros(BEGAN_MICROS);
    header.tests = ids.iter().map(|id| PlannedTest::new(*id, format!("name of {id}"))).collect();
    Recording::new(header)
}

/// A run of a second that began at `at`: 0.25 s to start the agent and 0.5 s of its work.
pub(crate) fn run(test: &str, number: u32, status: RunStatus, at: f64) -> RunRecord {
    let mut run = RunRecord::new(test, number, status);
    (run.started_seconds, run.finished_seconds) = (at, at + 1.0);
    let mut ledger = Ledger::default();
    (ledger.spawn, ledger.agent) = (0.25, 0.5);
    ledger.balance(1.0);
    run.ledger = ledger;
    run.attempts = vec![attempt(status, at)];
    run
}

pub(crate) fn attempt(status: RunStatus, at: f64) -> AttemptRecord {
    let mut attempt = AttemptRecord::new(status);
    (attempt.spawn_seconds, attempt.agent_seconds) = (0.25, 0.5);
    attempt.started_seconds = at;
    attempt
}

pub(crate) fn session(number: u32, started_seconds: i64, wall_seconds: f64) -> Session {
    let started = Timestamp::from_micros(BEGAN_MICROS + started_seconds * 1_000_000);
    let mut session = Session::new(number, started);
    session.wall_seconds = wall_seconds;
    session
}

/// One test for each way to end, and a session of ten seconds.
pub(crate) fn one_of_each() -> Recording {
    let mut recording = planned(&["pass", "fail", "late", "crash", "flaky", "left-out"]);
    recording.runs = vec![
        run("pass", 1, RunStatus::Passed, 0.0),
        run("fail", 1, RunStatus::Failed, 1.0),
        run("late", 1, RunStatus::Timeout, 2.0),
        run("crash", 1, RunStatus::Error, 3.0),
        run("flaky", 1, RunStatus::Passed, 4.0),
    ];
    recording.runs[1].error = Some("expected 12, found 21".into());
    recording.runs[4].attempts =
        vec![attempt(RunStatus::Error, 4.0), attempt(RunStatus::Passed, 4.875)];
    let verdicts = [
        ("pass", TestStatus::Passed),
        ("fail", TestStatus::Failed),
        ("late", TestStatus::Timeout),
        ("crash", TestStatus::Error),
        ("flaky", TestStatus::Flaky),
        ("left-out", TestStatus::Skipped),
    ];
    recording.tests = verdicts.map(|(test, status)| TestRecord::new(test, status)).to_vec();
    recording.tests[1].error = Some("expected 12, found 21".into());
    recording.tests[5].error = Some("the suite names other agents".into());
    recording.sessions = vec![session(0, 0, 10.0)];
    recording
}

/// The only span of that name.
#[track_caller]
pub(crate) fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let found: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
    let [span] = found[..] else { panic!("{} spans are named {name:?}", found.len()) };
    span
}

/// The spans directly below one.
pub(crate) fn below<'a>(spans: &'a [Span], parent: &Span) -> Vec<&'a Span> {
    spans.iter().filter(|span| span.parent_span_id == parent.span_id).collect()
}

/// Start and end in milliseconds since the recording began.
pub(crate) fn millis(span: &Span) -> (i64, i64) {
    let since = |nanos: u64| nanos as i64 / 1_000_000 - BEGAN_MICROS / 1_000;
    (since(span.start_time_unix_nano), since(span.end_time_unix_nano))
}

/// An attribute as text, if there is one.
pub(crate) fn said(attributes: &[KeyValue], key: &str) -> Option<String> {
    let value = attributes.iter().find(|attribute| attribute.key == key)?.value.as_ref()?;
    Some(shown(value))
}

fn shown(value: &AnyValue) -> String {
    match value.value.as_ref().unwrap() {
        Value::StringValue(text) => text.clone(),
        Value::BoolValue(flag) => flag.to_string(),
        Value::IntValue(number) => number.to_string(),
        Value::DoubleValue(number) => number.to_string(),
        Value::ArrayValue(array) => array.values.iter().map(shown).collect::<Vec<_>>().join(","),
        other => panic!("nobody sends {other:?}"),
    }
}
