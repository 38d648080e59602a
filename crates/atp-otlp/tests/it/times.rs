//! When spans are, which is when it happened.

use crate::collector::Collector;
use crate::fixture::{AMPLE, below, millis, named, one_of_each, planned, run, said, session};
use atp_journal::{Recording, RunStatus, TestRecord, TestStatus};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;

async fn exported(recording: &Recording) -> Vec<Span> {
    let collector = Collector::start([]).await;
    atp_otlp::export(recording, &collector.endpoint, AMPLE).await.unwrap();
    collector.spans()
}

#[tokio::test]
async fn times_are_those_of_the_recording() {
    let spans = exported(&one_of_each()).await;
    assert_eq!(millis(named(&spans, "suite checkout")), (0, 10_000));
    let flaky = named(&spans, "test flaky");
    assert_eq!(millis(flaky), (4_000, 5_000));
    let run = below(&spans, flaky)[0];
    assert_eq!(millis(run), (4_000, 5_000));
    let attempts = below(&spans, run);
    assert_eq!(millis(attempts[0]), (4_000, 4_750));
    assert_eq!(millis(attempts[1]), (4_875, 5_625));
    let agents: Vec<_> = attempts.iter().map(|attempt| millis(below(&spans, attempt)[0])).collect();
    assert_eq!(agents, [(4_250, 4_750), (5_125, 5_625)]);
    assert_eq!(millis(named(&spans, "test left-out")), (0, 0), "it never ran");
}

#[tokio::test]
async fn a_test_lasts_from_its_first_run_to_the_end_of_its_last() {
    let mut recording = planned(&["a"]);
    recording.runs = vec![
        run("a", 2, RunStatus::Passed, 3.0),
        run("a", 1, RunStatus::Passed, 2.0),
        run("a", 3, RunStatus::Passed, 7.5),
    ];
    let spans = exported(&recording).await;
    assert_eq!(millis(named(&spans, "test a")), (2_000, 8_500));
}

#[tokio::test]
async fn runs_count_from_the_start_of_the_process_that_made_them() {
    let mut recording = planned(&["a", "b"]);
    recording.runs = vec![run("a", 1, RunStatus::Passed, 0.5), run("b", 1, RunStatus::Passed, 0.5)];
    recording.runs[1].session = 1;
    recording.sessions = vec![session(0, 0, 2.0), session(1, 3_600, 2.0)];
    let spans = exported(&recording).await;
    assert_eq!(millis(named(&spans, "test a")), (500, 1_500));
    assert_eq!(millis(named(&spans, "test b")), (3_600_500, 3_601_500));
    assert_eq!(millis(named(&spans, "suite checkout")), (0, 3_602_000));
}

#[tokio::test]
async fn a_run_that_was_interrupted_is_told_as_far_as_it_came() {
    let mut recording = planned(&["done", "begun", "waiting"]);
    recording.runs =
        vec![run("done", 1, RunStatus::Passed, 0.0), run("begun", 1, RunStatus::Passed, 1.0)];
    recording.tests = vec![TestRecord::new("done", TestStatus::Passed)];
    // Stopped by a signal, or killed so that there is no record of the session.
    let mut stopped = recording.clone();
    stopped.sessions = vec![session(0, 0, 2.0)];
    stopped.sessions[0].interrupted = true;
    for recording in [recording, stopped] {
        let spans = exported(&recording).await;
        assert_eq!(spans.len(), 1 + 2 + 2 * 3, "nothing is known of the test that waited");
        let suite = named(&spans, "suite checkout");
        assert_eq!(millis(suite), (0, 2_000));
        let status = suite.status.as_ref().unwrap();
        assert_eq!(status.code(), StatusCode::Error);
        assert_eq!(status.message, "2 of 3 tests have no verdict");
        let said = |span: &Span, key: &str| said(&span.attributes, key);
        assert_eq!(said(suite, "test.suite.run.status").as_deref(), Some("aborted"));
        assert_eq!(said(suite, "atp.tests.planned").as_deref(), Some("3"));
        assert_eq!(said(suite, "atp.tests.unfinished").as_deref(), Some("2"));
        let begun = named(&spans, "test begun");
        assert_eq!(begun.status.as_ref().unwrap().code(), StatusCode::Unset);
        assert_eq!(said(begun, "atp.test.status"), None, "it has no verdict");
    }
}

#[tokio::test]
async fn a_killed_process_that_was_not_the_first_follows_the_one_before_it() {
    let mut recording = planned(&["a", "b"]);
    recording.runs = vec![run("a", 1, RunStatus::Passed, 0.5), run("b", 1, RunStatus::Passed, 0.5)];
    recording.runs[1].session = 1;
    recording.sessions = vec![session(0, 0, 2.0)];
    let spans = exported(&recording).await;
    assert_eq!(millis(named(&spans, "test b")), (2_500, 3_500));
    for (test, expected) in [("test a", "false"), ("test b", "true")] {
        let run = below(&spans, named(&spans, test))[0];
        let estimated = said(&run.attributes, "atp.time.estimated");
        assert_eq!(estimated.as_deref(), Some(expected), "{test}");
    }
}

#[tokio::test]
async fn figures_that_are_no_times_make_no_span_end_before_it_begins() {
    let mut recording = planned(&["a"]);
    for (number, wrong) in (1..).zip([f64::NAN, f64::INFINITY, -1e300, 1e300, f64::MIN_POSITIVE]) {
        let mut run = run("a", number, RunStatus::Passed, wrong);
        run.attempts[0].spawn_seconds = wrong;
        run.attempts[0].agent_seconds = wrong;
        recording.runs.push(run);
    }
    recording.sessions = vec![session(0, 0, f64::NAN)];
    let spans = exported(&recording).await;
    // The agent of the runs whose time is NaN or below zero did no work.
    assert_eq!(spans.len(), 2 + 5 * 2 + 3);
    for span in &spans {
        assert!(span.start_time_unix_nano <= span.end_time_unix_nano, "{span:?}");
        assert!(millis(span).0 >= 0, "{span:?}");
    }
}
