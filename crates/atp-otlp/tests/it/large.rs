//! Recordings that take many requests.

use crate::collector::{Collector, Reply};
use crate::fixture::{AMPLE, planned, run, session};
use atp_journal::{Recording, RunStatus, TestRecord, TestStatus};
use atp_otlp::{BATCH_SPANS, MAX_TEXT_BYTES, export};
use opentelemetry_proto::tonic::trace::v1::Span;
use std::collections::{HashMap, HashSet};

/// A recording of so many tests, each with so many runs.
pub(crate) fn recording(tests: usize, runs: u32) -> Recording {
    let ids: Vec<_> = (0..tests).map(|number| format!("test-{number}")).collect();
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    let mut recording = planned(&ids);
    for (id, at) in ids.iter().zip(0..) {
        let at = f64::from(at);
        recording.runs.extend((1..=runs).map(|number| run(id, number, RunStatus::Passed, at)));
        recording.tests.push(TestRecord::new(*id, TestStatus::Passed));
    }
    recording.sessions = vec![session(0, 0, f64::from(runs) * tests as f64)];
    recording
}

/// How many spans have each kind.
fn kinds(spans: &[Span]) -> HashMap<String, usize> {
    let mut kinds = HashMap::new();
    for span in spans {
        let kind = crate::fixture::said(&span.attributes, "atp.span").unwrap();
        *kinds.entry(kind).or_default() += 1;
    }
    kinds
}

#[tokio::test]
async fn five_thousand_runs_arrive_complete_and_once() {
    // Busy now and then, as a collector is that gets much at once.
    let replies = [Reply::Take, Reply::Later(503, "0"), Reply::Take, Reply::Later(429, "0")];
    let collector = Collector::start(replies).await;
    let exported = export(&recording(1_000, 5), &collector.endpoint, AMPLE).await.unwrap();
    let spans = collector.spans();
    let expected = 1 + 1_000 + 3 * 5_000;
    assert_eq!((exported.spans, spans.len()), (expected, expected));
    assert_eq!(exported.requests, expected.div_ceil(BATCH_SPANS) + 2);
    let kinds = kinds(&spans);
    for (kind, count) in
        [("suite", 1), ("test", 1_000), ("run", 5_000), ("attempt", 5_000), ("agent", 5_000)]
    {
        assert_eq!(kinds[kind], count, "{kind}");
    }
    let ids: HashSet<_> = spans.iter().map(|span| &span.span_id).collect();
    assert_eq!(ids.len(), expected);
    let orphans = spans
        .iter()
        .filter(|span| !span.parent_span_id.is_empty() && !ids.contains(&span.parent_span_id));
    assert_eq!(orphans.count(), 0);
}

#[tokio::test]
async fn no_request_is_larger_than_a_collector_takes() {
    let long = "ä".repeat(100_000);
    let mut recording = recording(200, 2);
    recording.header.suite.clone_from(&long);
    recording.header.agent.clone_from(&long);
    for test in &mut recording.header.tests {
        (test.name, test.tags) = (long.clone(), vec![long.clone(); 3]);
    }
    for run in &mut recording.runs {
        (run.status, run.error) = (RunStatus::Failed, Some(long.clone()));
        (run.attempts[0].status, run.attempts[0].error) = (RunStatus::Failed, Some(long.clone()));
    }
    let collector = Collector::start([]).await;
    let exported = export(&recording, &collector.endpoint, AMPLE).await.unwrap();
    let received = collector.received();
    assert_eq!(received.iter().map(|request| request.spans()).sum::<usize>(), exported.spans);
    for request in received {
        assert!(request.spans() <= BATCH_SPANS);
        // The smallest limit that a well-known collector has by default is 4 MiB.
        assert!(request.bytes.len() < 4 << 20, "{} bytes", request.bytes.len());
        for span in request.resource_spans.iter().flat_map(|spans| &spans.scope_spans[0].spans) {
            assert!(span.name.len() <= MAX_TEXT_BYTES);
            assert!(span.status.as_ref().unwrap().message.len() <= MAX_TEXT_BYTES);
        }
    }
}
