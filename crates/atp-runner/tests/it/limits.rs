//! How long an agent may take, and how long it may be silent.

use crate::actor::{Actor, Manner};
use crate::stage::{Stage, run, test};
use atp_journal::{RunStatus, TestStatus};
use serde_json::json;
use std::time::Duration;

const SUITE: &str = "
test_suite: s
defaults: {timeout_seconds: 20}
tests:
  - {id: own, name: T, task: {description: d}, constraints: {timeout_seconds: 7}}
  - {id: inherited, name: T, task: {description: d}}
";

/// The limit of each test as the adapter sees it, and what the request says of it.
async fn seen(stage: Stage) -> Vec<(String, Duration, Option<f64>)> {
    let actor = Actor::new(|call| call.pass());
    stage.run(actor.clone()).await;
    let asked = actor.asked.lock().unwrap();
    let seen = |call: &crate::actor::Call| {
        let said = call.request.constraints.get("timeout_seconds").and_then(|it| it.as_f64());
        (call.test(), call.limits.timeout.unwrap(), said)
    };
    asked.iter().map(seen).collect()
}

#[tokio::test(start_paused = true)]
async fn x9_the_nearest_limit_holds() {
    let seconds = Duration::from_secs;
    let expected = [("own".into(), seconds(7), Some(7.0)), ("inherited".into(), seconds(20), None)];
    assert_eq!(seen(Stage::new(SUITE)).await, expected);

    let options = |options: atp_runner::RunOptions| options.with_timeout(Some(seconds(3)));
    let expected =
        [("own".into(), seconds(3), Some(3.0)), ("inherited".into(), seconds(3), Some(3.0))];
    assert_eq!(seen(Stage::new(SUITE).with(options)).await, expected);

    let expected = [("t0".into(), seconds(300), None)];
    assert_eq!(seen(Stage::of(1, "")).await, expected);
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_hangs_ends_in_time_and_its_events_stay() {
    let stage = Stage::new(SUITE);
    let event = r#"{"payload": {"message": "still here"}}"#;
    let actor = Actor::new(move |call| match call.test().as_str() {
        "own" => call.pass().after(1e6).saying([event, event]),
        _ => call.pass(),
    });
    let recording = stage.run(actor).await;
    let hung = run(&recording, "own");
    assert_eq!((hung.status, hung.events), (RunStatus::Timeout, 2));
    assert_eq!((hung.finished_seconds, hung.ledger.agent), (7.0, 7.0));
    assert_eq!(test(&recording, "own").error.as_deref(), Some("timed out after 7 s"));
    assert_eq!(test(&recording, "inherited").status, TestStatus::Passed);
    let events: Vec<_> = atp_journal::Journal::events_of(stage.path()).unwrap().collect();
    assert_eq!(events.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn silence_ends_a_run_and_signs_of_life_do_not() {
    let idle =
        |options: atp_runner::RunOptions| options.with_idle_timeout(Some(Duration::from_secs(2)));
    let silent = json!({"steps": [{"event": {"payload": {}}}, {"wait": 5.0}]});
    let recording = Stage::of(1, "").with(idle).builtin("builtin:script", &silent).await;
    let error = "timed out without a sign of life after 2 s";
    assert_eq!(recording.runs[0].status, RunStatus::Timeout);
    assert_eq!(recording.runs[0].error.as_deref(), Some(error));

    let alive = json!({"steps": [{"event": {"payload": {}}}, {"wait": 1.0}], "repeat": 50});
    let recording = Stage::of(1, "").with(idle).builtin("builtin:script", &alive).await;
    assert_eq!((recording.runs[0].status, recording.runs[0].events), (RunStatus::Passed, 50));
}

#[tokio::test(start_paused = true)]
async fn an_adapter_that_keeps_no_limit_is_left_behind() {
    let manner = Manner { ignores_limits: true, ..Manner::default() };
    let actor = Actor::with(manner, |call| call.pass().after(1e6));
    let stage = Stage::new(SUITE);
    let recording = stage.run(actor.clone()).await;
    assert_eq!(run(&recording, "own").status, RunStatus::Timeout);
    assert_eq!(run(&recording, "own").finished_seconds, 37.0);
    assert_eq!(actor.busy(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_largest_numbers_work() {
    let stage = Stage::of(1, ", constraints: {timeout_seconds: 9223372036854775807}");
    let recording = stage.run(Actor::new(|call| call.pass().after(1.0))).await;
    assert_eq!(recording.runs[0].status, RunStatus::Passed);

    let stage = Stage::of(2, "").with(|options| {
        let options = options.with_timeout(Some(Duration::MAX)).with_parallel(u32::MAX);
        let options = options.with_held_up_after(Duration::MAX).with_rate(Some(1e6));
        options.with_idle_timeout(Some(Duration::MAX)).with_fail_fast(true).with_retries(Some(1000))
    });
    // The last run that can be counted to is not waited for.
    let stage = stage.with(|options| options.with_runs(Some(u32::MAX)).with_parallel(2));
    let actor = Actor::new(|call| match call.number {
        0..5 => call.pass().after(1.0),
        _ => crate::actor::Act::failure(atp_adapter::Failure::NotFound { program: "x".into() }),
    });
    let recording = stage.run(actor).await;
    assert_eq!(test(&recording, "t0").status, TestStatus::Error);
    assert_eq!(test(&recording, "t1").status, TestStatus::Skipped);
}
