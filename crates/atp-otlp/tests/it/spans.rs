//! What a collector is told of a run.

use crate::collector::Collector;
use crate::fixture::{AMPLE, below, named, one_of_each, planned, run, said};
use atp_journal::{Recording, RunStatus, TestRecord, TestStatus};
use atp_protocol::Metrics;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use std::collections::HashSet;

/// The spans that a collector gets of a recording, which are as many as the export says.
async fn exported(recording: &Recording) -> Vec<Span> {
    let collector = Collector::start([]).await;
    let exported = atp_otlp::export(recording, &collector.endpoint, AMPLE).await.unwrap();
    let spans = collector.spans();
    assert_eq!(exported.spans, spans.len());
    spans
}

fn status(span: &Span) -> (StatusCode, &str) {
    let status = span.status.as_ref().unwrap();
    (status.code(), &status.message)
}

#[tokio::test]
async fn each_span_stands_below_its_parent() {
    let spans = exported(&one_of_each()).await;
    // The suite, 6 tests, 5 runs, and 6 attempts each with an agent.
    assert_eq!(spans.len(), 1 + 6 + 5 + 2 * 6);
    let suite = named(&spans, "suite checkout");
    assert_eq!(suite.parent_span_id, [0_u8; 0]);
    assert_eq!(below(&spans, suite).len(), 6);
    let flaky = named(&spans, "test flaky");
    let runs = below(&spans, flaky);
    assert_eq!(runs.iter().map(|run| &run.name).collect::<Vec<_>>(), ["run 1"]);
    let attempts = below(&spans, runs[0]);
    assert_eq!(
        attempts.iter().map(|span| &span.name).collect::<Vec<_>>(),
        ["attempt 1", "attempt 2"]
    );
    for attempt in attempts {
        let agents = below(&spans, attempt);
        assert_eq!(agents.len(), 1);
        assert_eq!(agents[0].name, "invoke_agent claude");
        assert_eq!(below(&spans, agents[0]), [] as [&Span; 0]);
    }
    assert_eq!(below(&spans, named(&spans, "test left-out")), [] as [&Span; 0]);
    let ids: HashSet<_> = spans.iter().map(|span| &span.span_id).collect();
    assert_eq!(ids.len(), spans.len(), "no id is used twice");
    assert!(spans.iter().all(|span| span.trace_id == suite.trace_id));
}

#[tokio::test]
async fn what_did_not_pass_is_an_error_with_its_reason() {
    let spans = exported(&one_of_each()).await;
    for (test, code, message, result, reason) in [
        ("pass", StatusCode::Ok, "", Some("pass"), None),
        ("flaky", StatusCode::Ok, "", Some("pass"), None),
        ("fail", StatusCode::Error, "expected 12, found 21", Some("fail"), Some("failed")),
        ("late", StatusCode::Error, "timeout", Some("fail"), Some("timeout")),
        ("crash", StatusCode::Error, "error", Some("fail"), Some("error")),
        ("left-out", StatusCode::Unset, "", None, None),
    ] {
        let span = named(&spans, &format!("test {test}"));
        assert_eq!(status(span), (code, message), "{test}");
        let said = |key: &str| said(&span.attributes, key);
        assert_eq!(said("test.case.result.status").as_deref(), result, "{test}");
        assert_eq!(said("error.type").as_deref(), reason, "{test}");
        assert_eq!(said("test.case.name").unwrap(), format!("name of {test}"));
    }
    let left_out = named(&spans, "test left-out");
    let reason = said(&left_out.attributes, "atp.reason");
    assert_eq!(reason.as_deref(), Some("the suite names other agents"));
    let suite = named(&spans, "suite checkout");
    assert_eq!(status(suite), (StatusCode::Error, "3 of 6 tests did not pass"));
    assert_eq!(said(&suite.attributes, "test.suite.run.status").as_deref(), Some("failure"));
    assert_eq!(said(&suite.attributes, "atp.tests.flaky").as_deref(), Some("1"));
}

#[tokio::test]
async fn an_agent_that_answered_is_no_error_whatever_it_answered() {
    let spans = exported(&one_of_each()).await;
    for (test, expected) in [
        ("pass", StatusCode::Ok),
        ("fail", StatusCode::Unset),
        ("late", StatusCode::Error),
        ("crash", StatusCode::Error),
    ] {
        let run = below(&spans, named(&spans, &format!("test {test}")))[0];
        let attempt = below(&spans, run)[0];
        assert_eq!(status(attempt).0 == StatusCode::Error, test != "pass");
        assert_eq!(status(below(&spans, attempt)[0]).0, expected, "{test}");
    }
}

#[tokio::test]
async fn an_attempt_that_reached_no_agent_has_none_below_it() {
    let mut recording = planned(&["a"]);
    let mut run = run("a", 1, RunStatus::Error, 0.0);
    run.attempts[0].agent_seconds = 0.0;
    recording.runs.push(run);
    let spans = exported(&recording).await;
    assert_eq!(below(&spans, named(&spans, "attempt 1")), [] as [&Span; 0]);
}

#[tokio::test]
async fn figures_are_told_with_the_names_of_the_conventions() {
    let mut recording = planned(&["a"]);
    recording.header.adapter = "http".into();
    recording.header.tests[0].tags = vec!["fast".into(), "paid".into()];
    let mut run = run("a", 3, RunStatus::Passed, 0.0);
    let metrics = r#"{"input_tokens":7,"output_tokens":5,"cost_usd":0.25,"tool_calls":2}"#;
    let metrics: Metrics = serde_json::from_str(metrics).unwrap();
    (run.metrics, run.score, run.slot, run.events) = (Some(metrics), Some(87.5), 4, 12);
    run.attempts.insert(0, crate::fixture::attempt(RunStatus::Error, 0.0));
    recording.runs.push(run);
    let spans = exported(&recording).await;
    let run = named(&spans, "run 3");
    for (key, expected) in [
        ("atp.test.id", "a"),
        ("atp.run.number", "3"),
        ("atp.run.status", "passed"),
        ("atp.slot", "4"),
        ("atp.score", "87.5"),
        ("atp.events.valid", "12"),
        ("atp.agent.cost_usd", "0.25"),
        ("atp.ledger.spawn_seconds", "0.25"),
        ("atp.ledger.agent_seconds", "0.5"),
    ] {
        assert_eq!(said(&run.attributes, key).as_deref(), Some(expected), "{key}");
    }
    assert_eq!(said(&run.attributes, "atp.agent.peak_rss_bytes"), None, "it was not measured");
    let tags = said(&named(&spans, "test a").attributes, "atp.test.tags");
    assert_eq!(tags.as_deref(), Some("fast,paid"));
    // What was used is said with the answer, and so of the attempt that gave it.
    for (attempt, tokens) in [("attempt 1", None), ("attempt 2", Some("7"))] {
        let agent = below(&spans, named(&spans, attempt))[0];
        let said = |key: &str| said(&agent.attributes, key);
        assert_eq!(said("gen_ai.usage.input_tokens").as_deref(), tokens);
        assert_eq!(said("gen_ai.operation.name").as_deref(), Some("invoke_agent"));
        assert_eq!(said("gen_ai.agent.name").as_deref(), Some("claude"));
        assert_eq!(agent.kind(), SpanKind::Client, "it is asked over the network");
    }
}

#[tokio::test]
async fn the_program_the_scope_and_the_schema_are_named_with_their_versions() {
    let collector = Collector::start([]).await;
    atp_otlp::export(&one_of_each(), &collector.endpoint, AMPLE).await.unwrap();
    let received = collector.received();
    let [request] = &received[..] else { panic!("{} requests", received.len()) };
    assert_eq!(request.path, "/v1/traces");
    assert_eq!(request.headers["content-type"], "application/x-protobuf");
    let version = env!("CARGO_PKG_VERSION");
    let said = |key: &str| said(&request.resource().attributes, key);
    assert_eq!(said("service.name").as_deref(), Some("atp"));
    assert_eq!(said("service.version").as_deref(), Some(version));
    let [scope] = &request.resource_spans[0].scope_spans[..] else { panic!("not one scope") };
    assert!(scope.schema_url.starts_with("https://opentelemetry.io/schemas/1."));
    assert_eq!(request.resource_spans[0].schema_url, scope.schema_url);
    let scope = scope.scope.as_ref().unwrap();
    assert_eq!((scope.name.as_str(), scope.version.as_str()), ("atp-otlp", version));
}

#[tokio::test]
async fn what_an_agent_wrote_and_where_files_lie_is_not_sent() {
    let mut recording = one_of_each();
    recording.header.suite_file = Some("/home/hunter2/suite.yaml".into());
    for run in &mut recording.runs {
        run.first_invalid = Some("hunter2: not JSON".into());
    }
    let collector = Collector::start([]).await;
    atp_otlp::export(&recording, &collector.endpoint, AMPLE).await.unwrap();
    let body = &collector.received()[0].bytes;
    assert!(!body.windows(7).any(|bytes| bytes == b"hunter2"));
    assert!(body.windows(8).any(|bytes| bytes == b"found 21"), "as against this");
}

#[tokio::test]
async fn a_recording_that_is_exported_again_is_the_same_trace() {
    let first = exported(&one_of_each()).await;
    assert_eq!(exported(&one_of_each()).await, first);
    // The same suite with the same agent, another time.
    let mut other = one_of_each();
    other.header.started_at = atp_protocol::Timestamp::from_micros(1);
    assert_ne!(exported(&other).await[0].trace_id, first[0].trace_id);
}

#[tokio::test]
async fn a_resumed_run_extends_its_trace() {
    let whole = one_of_each();
    let mut half = whole.clone();
    (half.sessions, half.header.parallel) = (Vec::new(), 7);
    half.runs.truncate(2);
    half.tests.truncate(2);
    let ids = |spans: Vec<Span>| -> HashSet<_> {
        spans.into_iter().map(|span| (span.trace_id, span.span_id)).collect()
    };
    let (half, whole) = (ids(exported(&half).await), ids(exported(&whole).await));
    assert!(half.is_subset(&whole) && half.len() < whole.len());
}

#[tokio::test]
async fn of_a_run_that_is_recorded_twice_the_later_record_counts() {
    let mut recording = planned(&["a"]);
    recording.runs = vec![run("a", 1, RunStatus::Failed, 0.0), run("a", 1, RunStatus::Passed, 5.0)];
    let spans = exported(&recording).await;
    assert_eq!(status(named(&spans, "run 1")).0, StatusCode::Ok);
    assert_eq!(spans.len(), 5);
}

#[tokio::test]
async fn a_run_without_any_test_is_one_span() {
    let spans = exported(&planned(&[])).await;
    let [suite] = &spans[..] else { panic!("{} spans", spans.len()) };
    assert_eq!(status(suite), (StatusCode::Unset, ""));
    assert_eq!(suite.start_time_unix_nano, suite.end_time_unix_nano);
}

#[tokio::test]
async fn a_test_that_was_never_planned_is_told_all_the_same() {
    let mut recording = planned(&[]);
    recording.runs = vec![run("stray", 1, RunStatus::Passed, 0.0)];
    recording.tests = vec![TestRecord::new("stray", TestStatus::Passed)];
    let spans = exported(&recording).await;
    let stray = named(&spans, "test stray");
    assert_eq!(said(&stray.attributes, "test.case.name").as_deref(), Some("stray"));
}
