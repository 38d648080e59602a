//! Events: counted, put in order, and kept whatever becomes of the run.

use crate::actor::{Act, Actor};
use crate::stage::{Stage, run};
use atp_journal::{Journal, RunStatus, TestStatus};
use serde_json::json;

fn event(sequence: u64) -> String {
    format!(r#"{{"sequence": {sequence}, "event_type": "progress", "payload": {{}}}}"#)
}

#[tokio::test(start_paused = true)]
async fn x13_what_is_out_of_order_or_foreign_is_counted_and_kept() {
    let actor = Actor::new(|call| {
        let foreign = r#"{"task_id": "other", "sequence": 9, "payload": {}}"#.to_owned();
        let numbers = [5, 5, 3, 0, 6].map(event);
        call.pass().saying(numbers).saying([foreign])
    });
    let recording = Stage::of(1, "").run(actor).await;
    let run = &recording.runs[0];
    assert_eq!((run.events, run.misordered_events, run.invalid_events), (6, 3, 0));
    assert_eq!(run.status, RunStatus::Passed);
}

#[tokio::test(start_paused = true)]
async fn x7_events_of_runs_that_fail_are_kept() {
    let stage =
        Stage::of(3, ", constraints: {timeout_seconds: 1}").with(|o| o.with_retries(Some(1)));
    let actor = Actor::new(|call| {
        let act = match call.test().as_str() {
            "t0" => Act::crash(),
            "t1" => call.pass().after(9.0),
            _ => Act::panic(),
        };
        act.saying([event(0), "oops \u{1b}[31m".to_owned(), event(1)])
    });
    let recording = stage.run(actor).await;
    for id in ["t0", "t1", "t2"] {
        let run = run(&recording, id);
        assert_eq!((run.attempts.len(), run.events, run.invalid_events), (2, 4, 2), "{id}");
        let first = run.first_invalid.as_ref().unwrap();
        assert!(first.starts_with("oops"), "{first}");
    }
    let events: Vec<_> = Journal::events_of(stage.path()).unwrap().map(Result::unwrap).collect();
    let of = |test, attempt| {
        let is_of = |it: &&_| -> bool {
            let it: &atp_journal::RecordedEvent = it;
            it.test() == test && it.attempt() == attempt
        };
        events.iter().filter(is_of).count()
    };
    for test in ["t0", "t1", "t2"] {
        assert_eq!((of(test, 1), of(test, 2)), (2, 2), "{test}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_invalid_line_is_shown_in_part() {
    let long = format!("{{{}", "x".repeat(1 << 20));
    let actor = Actor::new(move |call| call.pass().saying([long.clone()]));
    let recording = Stage::of(1, "").run(actor).await;
    let shown = recording.runs[0].first_invalid.as_ref().unwrap();
    assert!(shown.starts_with("{xxx") && shown.len() < 1000, "{}", shown.len());
}

#[tokio::test(start_paused = true)]
async fn assertions_see_the_events_of_their_own_attempt() {
    let assertion = ", assertions: [{type: max_tool_calls, config: {limit: 2}}]";
    let tool = r#"{"event_type": "tool_call", "payload": {"tool": "search"}}"#;
    let stage = Stage::of(1, assertion).with(|options| options.with_retries(Some(1)));
    let actor = Actor::new(move |call| {
        call.pass().saying(vec![tool; if call.number == 0 { 3 } else { 2 }])
    });
    let recording = stage.run(actor).await;
    let statuses: Vec<_> = recording.runs[0].attempts.iter().map(|it| it.status).collect();
    assert_eq!(statuses, [RunStatus::Failed, RunStatus::Passed], "{:?}", recording.runs[0]);
    assert_eq!(recording.tests[0].status, TestStatus::Flaky);
}

#[tokio::test]
async fn a_hundred_thousand_events_are_all_in_the_journal() {
    let steps = json!({"steps": [{"event": {"payload": {"message": "m"}}}], "repeat": 100_000});
    let stage = Stage::of(1, "");
    let recording = stage.builtin("builtin:script", &steps).await;
    let run = &recording.runs[0];
    assert_eq!((run.events, run.misordered_events, run.dropped_events), (100_000, 0, 0));
    assert!(run.spooled_events > 99_000 && run.ledger.events > 0.0);
    let events = Journal::events_of(stage.path()).unwrap();
    assert_eq!(events.map(Result::unwrap).count(), 100_000);
}
