//! Where the time went.

use crate::actor::{Actor, Manner};
use crate::stage::Stage;
use atp_journal::{Recording, RunRecord};
use serde_json::json;

/// Fails unless every second from the start of the session is in one place, and none below zero.
pub(crate) fn assert_balanced(recording: &Recording) {
    for RunRecord { ledger, finished_seconds, started_seconds, attempts, .. } in &recording.runs {
        assert!((ledger.total() - finished_seconds).abs() < 1e-9, "{ledger:?}");
        let phases = [
            ledger.queue,
            ledger.limiter,
            ledger.retry_wait,
            ledger.spawn,
            ledger.agent,
            ledger.events,
            ledger.evaluation,
            ledger.journal,
            ledger.cleanup,
            ledger.workspace,
            ledger.other,
        ];
        assert!(phases.iter().all(|phase| *phase >= 0.0), "{ledger:?}");
        assert!(started_seconds <= finished_seconds);
        let agent: f64 = attempts.iter().map(|attempt| attempt.agent_seconds).sum();
        assert!((agent - ledger.agent).abs() < 1e-9, "{agent} is not {}", ledger.agent);
    }
}

#[tokio::test(start_paused = true)]
async fn every_second_has_one_place() {
    let stage = Stage::of(40, ", constraints: {timeout_seconds: 2}")
        .with(|options| options.with_parallel(3).with_rate(Some(5.0)).with_retries(Some(2)));
    let actor = Actor::new(|call| match call.number % 4 {
        0 => crate::actor::Act::busy(None),
        1 => call.pass().after(99.0).saying(["{}", "no event"]),
        2 => call.give_up().after(0.3),
        _ => call.pass().after(0.7),
    });
    let recording = stage.run(actor).await;
    assert_eq!(recording.tests.len(), 40);
    assert_balanced(&recording);
}

#[tokio::test]
async fn every_second_has_one_place_on_a_real_clock() {
    let stage =
        Stage::of(50, ", assertions: [{type: contains, config: {path: echo.txt, pattern: d}}]");
    let recording =
        stage.with(|options| options.with_parallel(4)).builtin("builtin:echo", &json!({})).await;
    assert_balanced(&recording);
    let session = &recording.sessions[0];
    assert!(session.platform_cpu_seconds.unwrap() > 0.0);
    assert!(session.peak_rss_bytes.unwrap() > 1_000_000);
    assert!(session.wall_seconds >= session.ideal_seconds.unwrap());
    assert!(recording.runs.iter().all(|run| run.finished_seconds <= session.wall_seconds));
}

#[tokio::test(start_paused = true)]
async fn the_queue_is_the_wait_for_a_slot() {
    let stage = Stage::of(3, "").with(|options| options.with_parallel(1));
    let recording = stage.run(Actor::new(|call| call.pass().after(1.0))).await;
    let queues: Vec<f64> = recording.runs.iter().map(|run| run.ledger.queue).collect();
    assert_eq!(queues, [0.0, 1.0, 2.0]);
}

#[tokio::test(start_paused = true)]
async fn two_hundred_agents_on_ten_slots_take_the_ideal_time() {
    let stage = Stage::of(200, "");
    let recording = stage.run(Actor::new(|call| call.pass().after(0.5))).await;
    let session = &recording.sessions[0];
    assert_eq!(session.ideal_seconds, Some(10.0));
    assert!((session.wall_seconds - 10.0).abs() < 0.05, "{}", session.wall_seconds);
    let agent: f64 = recording.runs.iter().map(|run| run.ledger.agent).sum();
    assert!((agent - 100.0).abs() < 1e-6, "{agent}");
}

#[tokio::test(start_paused = true)]
async fn an_adapter_that_measures_nothing_costs_the_platform_nothing() {
    let manner = Manner { measures_nothing: true, ..Manner::default() };
    let recording = Stage::of(1, "").run(Actor::with(manner, |call| call.pass().after(3.0))).await;
    assert_eq!(recording.runs[0].ledger.agent, 3.0);
    assert_eq!(recording.runs[0].ledger.platform(), 0.0);
}
