//! Trying again.

use crate::actor::{Act, Actor, Manner};
use crate::stage::{Stage, run, test, verdicts};
use atp_adapter::{Failure, Retry};
use atp_journal::{RunStatus, TestStatus};
use serde_json::json;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn x8_a_test_that_passes_at_a_later_attempt_is_flaky() {
    let assertion = ", assertions: [{type: artifact_exists, config: {path: a.txt}}]";
    let stage = Stage::of(2, assertion).with(|options| options.with_retries(Some(3)));
    let actor = Actor::new(|call| match call.number {
        0 | 1 => call.pass().after(1.0),
        _ => call.file("a.txt", "x").after(1.0),
    });
    let stage = stage.with(|options| options.with_parallel(1));
    let recording = stage.run(actor.clone()).await;
    assert_eq!(verdicts(&recording), [("t0", TestStatus::Flaky), ("t1", TestStatus::Passed)]);
    let flaky = run(&recording, "t0");
    let attempts: Vec<_> = flaky.attempts.iter().map(|attempt| attempt.status).collect();
    assert_eq!(attempts, [RunStatus::Failed, RunStatus::Failed, RunStatus::Passed]);
    assert!(flaky.attempts[0].error.is_some() && flaky.error.is_none());
    // A wrong answer is tried again at once, and the agent's time is that of all attempts.
    assert_eq!((flaky.ledger.agent, flaky.ledger.retry_wait), (3.0, 0.0));
    assert_eq!((flaky.finished_seconds, flaky.score), (3.0, Some(100.0)));
    assert_eq!(actor.tests(), ["t0", "t0", "t0", "t1"]);
}

#[tokio::test(start_paused = true)]
async fn retries_come_to_an_end() {
    for (retries, attempts) in [(0, 1), (1, 2), (4, 5)] {
        let stage = Stage::of(1, "").with(|options| options.with_retries(Some(retries)));
        let recording = stage.run(Actor::new(|_| Act::crash())).await;
        assert_eq!(recording.runs[0].attempts.len(), attempts);
        assert_eq!(test(&recording, "t0").status, TestStatus::Error);
        assert!(recording.runs[0].error.as_ref().unwrap().contains("core dumped"));
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_honoured_and_no_latency_of_the_agent() {
    let stage = Stage::of(1, "").with(|options| options.with_retries(Some(2)));
    let actor = Actor::new(|call| match call.number {
        0 => Act::busy(Some(Duration::from_secs(90))),
        _ => call.pass().after(0.5),
    });
    let recording = stage.run(actor).await;
    let run = &recording.runs[0];
    assert_eq!(test(&recording, "t0").status, TestStatus::Flaky);
    assert_eq!((run.ledger.agent, run.ledger.retry_wait), (0.5, 90.0));
    assert_eq!((run.attempts[1].wait_seconds, run.attempts[1].started_seconds), (90.0, 90.0));
    // Nothing could have been faster.
    assert_eq!(recording.sessions[0].ideal_seconds, Some(90.5));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_wants_too_long_a_wait_is_not_asked_again() {
    let stage = Stage::of(1, "").with(|options| options.with_retries(Some(2)));
    let recording = stage.run(Actor::new(|_| Act::busy(Some(Duration::from_secs(3600))))).await;
    assert_eq!(recording.runs[0].attempts.len(), 1);
    assert_eq!(recording.runs[0].finished_seconds, 0.0);
    let error = recording.runs[0].error.as_deref().unwrap();
    assert!(error.ends_with("not tried again, for 3600 s is more than 300 s to wait"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_agent_out_of_reach_is_asked_again_after_growing_waits() {
    let stage = Stage::of(1, "").with(|options| options.with_retries(Some(6)));
    let connection = || Failure::Connection { endpoint: "x".into(), reason: "refused".into() };
    let recording = stage.run(Actor::new(move |_| Act::failure(connection()))).await;
    let run = &recording.runs[0];
    assert_eq!(run.attempts.len(), 7);
    for (number, attempt) in run.attempts.iter().enumerate().skip(1) {
        let cap = 2.0_f64.powi(number as i32 - 1);
        // A timer of tokio rounds up to a millisecond.
        assert!(attempt.wait_seconds <= cap + 0.002, "{number}: {}", attempt.wait_seconds);
    }
    assert!(run.ledger.retry_wait > 0.0 && run.ledger.agent == 0.0);
}

#[tokio::test(start_paused = true)]
async fn the_adapter_says_how_often_and_after_which_wait() {
    let mut retry = Retry::default();
    (retry.count, retry.delay) = (2, Some(Duration::from_secs(5)));
    let manner = Manner { retry, ..Manner::default() };
    for failure in [Act::crash as fn() -> Act, || Act::busy(None)] {
        let recording = Stage::of(1, "").run(Actor::with(manner, move |_| failure())).await;
        let waits: Vec<f64> =
            recording.runs[0].attempts.iter().map(|attempt| attempt.wait_seconds).collect();
        assert_eq!(waits, [0.0, 5.0, 5.0]);
    }
    // The command line has the last word about how often.
    let stage = Stage::of(1, "").with(|options| options.with_retries(Some(0)));
    let recording = stage.run(Actor::with(manner, |_| Act::crash())).await;
    assert_eq!(recording.runs[0].attempts.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_waits_for_its_retry_holds_no_slot() {
    let stage = Stage::of(4, "");
    let stage = stage.with(|options| options.with_retries(Some(1)).with_parallel(1));
    let actor = Actor::new(|call| match call.number {
        0 => Act::busy(Some(Duration::from_secs(60))).after(1.0),
        _ => call.pass().after(1.0),
    });
    let recording = stage.run(actor.clone()).await;
    assert_eq!(actor.tests(), ["t0", "t1", "t2", "t3", "t0"]);
    let ended: Vec<_> = recording.runs.iter().map(|run| run.finished_seconds).collect();
    assert_eq!(ended, [2.0, 3.0, 4.0, 62.0]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_go_better_is_not_tried_again() {
    let blocked = Failure::Blocked { what: "10.0.0.1".into(), reason: "internal".into() };
    for failure in [Failure::NotFound { program: "agent".into() }, blocked] {
        let stage = Stage::of(1, "").with(|options| options.with_retries(Some(5)));
        let recording = stage.run(Actor::new(move |_| Act::failure(failure.clone()))).await;
        assert_eq!(recording.runs[0].attempts.len(), 1);
        assert_eq!(recording.runs[0].status, RunStatus::Error);
    }
}

#[tokio::test(start_paused = true)]
async fn timeouts_and_scripted_failures_are_tried_again() {
    let stage = Stage::of(1, ", constraints: {timeout_seconds: 3}");
    let stage = stage.with(|options| options.with_retries(Some(1)));
    let actor = Actor::new(|call| call.pass().after(if call.number == 0 { 1e6 } else { 1.0 }));
    let recording = stage.run(actor).await;
    assert_eq!(test(&recording, "t0").status, TestStatus::Flaky);
    assert_eq!(recording.runs[0].attempts[0].status, RunStatus::Timeout);

    let config = json!({"fail": "no luck", "fail_times": 2});
    let stage = Stage::of(1, "").with(|options| options.with_retries(Some(2)));
    let recording = stage.builtin("builtin:script", &config).await;
    assert_eq!(test(&recording, "t0").status, TestStatus::Flaky);
    assert_eq!(recording.runs[0].attempts[1].error.as_deref(), Some("no luck"));
}
