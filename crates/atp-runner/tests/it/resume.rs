//! Stopping half-way, and going on.

use crate::actor::{Act, Actor, Manner};
use crate::stage::{Notes, Stage, run, test, verdicts};
use atp_adapter::CancellationToken;
use atp_journal::{Journal, Recording, RunStatus, TestStatus};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// Stops `stop` after so many seconds.
fn stop_after(stop: &CancellationToken, seconds: f64) {
    let stop = stop.clone();
    tokio::spawn(async move {
        sleep(Duration::from_secs_f64(seconds)).await;
        stop.cancel();
    });
}

fn ids(recording: &Recording) -> BTreeSet<&str> {
    recording.tests.iter().map(|test| test.test.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn what_was_stopped_is_done_by_the_session_that_resumes() {
    let stage = Stage::of(10, "").with(|options| options.with_parallel(2));
    stop_after(&stage.stop, 2.5);
    let event = r#"{"payload": {}}"#;
    let actor = Actor::new(move |call| call.pass().after(1.0).saying([event]));
    let first = stage.run(actor.clone()).await;
    assert!(first.sessions[0].interrupted);
    assert_eq!((first.tests.len(), first.runs.len(), actor.busy()), (4, 6, 0));
    let stopped: Vec<_> =
        first.runs.iter().filter(|run| run.status == RunStatus::Skipped).collect();
    assert_eq!(stopped.len(), 2);
    assert!(stopped.iter().all(|run| run.error.as_ref().unwrap().contains("stopped")));
    assert!(stopped.iter().all(|run| (run.events, run.ledger.agent) == (1, 0.5)));
    assert_eq!(stage.journal().tests, first.tests);

    let second = stage.resume(actor.clone()).await;
    assert_eq!(verdicts(&second).len(), 10);
    assert_eq!(ids(&second).len(), 10);
    assert!(second.tests.iter().all(|test| test.status == TestStatus::Passed));
    assert_eq!((second.runs.len(), second.sessions.len(), actor.calls()), (10, 2, 12));
    assert!(!second.sessions[1].interrupted);
    assert_eq!(second.runs.iter().filter(|run| run.session == 1).count(), 6);
    // What is read back is what was returned.
    let read = stage.journal();
    assert_eq!((read.tests, read.runs.len()), (second.tests, 10));

    let third = stage.resume(actor.clone()).await;
    assert_eq!((third.tests.len(), actor.calls()), (10, 12));
}

#[tokio::test(start_paused = true)]
async fn single_runs_of_an_unfinished_test_are_reused() {
    let stage = Stage::of(1, "").with(|options| options.with_runs(Some(5)).with_parallel(2));
    stop_after(&stage.stop, 1.5);
    let actor = Actor::new(|call| call.pass().after(1.0));
    let first = stage.run(actor.clone()).await;
    assert_eq!((first.tests.len(), first.runs.len()), (0, 4));
    let second = stage.resume(actor.clone()).await;
    assert_eq!((verdicts(&second), second.runs.len()), (vec![("t0", TestStatus::Passed)], 5));
    assert_eq!(actor.calls(), 7);
    let statistics = second.tests[0].statistics.as_ref().unwrap();
    assert_eq!((&statistics["n_runs"], &statistics["successful_runs"]), (&5.into(), &5.into()));
}

#[tokio::test(start_paused = true)]
async fn runs_that_were_all_recorded_need_only_their_verdict() {
    let stage = Stage::of(2, "");
    let actor = Actor::new(|call| call.pass());
    let whole = stage.run(actor.clone()).await;
    let mut torn = whole.clone();
    torn.tests.clear();
    let runner = stage.runner("test", actor.clone());
    let journal = Journal::create(stage.folder.path().join("other.jsonl"), &whole.header).unwrap();
    let stop = CancellationToken::new();
    let resumed = runner.run(journal, torn, stop, &()).await.unwrap();
    assert_eq!((ids(&resumed), actor.calls()), (ids(&whole), 2));
}

#[tokio::test(start_paused = true)]
async fn what_failed_is_run_again_on_demand() {
    let stage = Stage::of(4, "").with(|options| options.with_runs(Some(2)).with_parallel(1));
    let first =
        stage.run(Actor::new(|call| if call.number < 3 { Act::crash() } else { call.pass() }));
    let first = first.await;
    assert_eq!(test(&first, "t1").status, TestStatus::Error);
    let actor = Actor::new(|call| call.pass());
    let second =
        stage.resume_without(actor.clone(), |test| test.status == TestStatus::Passed).await;
    assert_eq!(actor.tests(), ["t0", "t0", "t1", "t1"]);
    assert!(second.tests.iter().all(|test| test.status == TestStatus::Passed));
    assert_eq!((second.tests.len(), second.runs.len()), (4, 8));
    assert_eq!(stage.journal().tests.len(), 4);
    assert!(stage.journal().tests.iter().all(|test| test.status == TestStatus::Passed));
}

#[tokio::test(start_paused = true)]
async fn fail_fast_ends_what_is_under_way_and_skips_the_rest() {
    let stage = Stage::of(6, "").with(|options| options.with_parallel(2).with_fail_fast(true));
    let actor = Actor::new(|call| match call.number {
        0 => call.pass().after(1.0),
        1 => call.pass().after(60.0),
        2 => call.give_up().after(1.0),
        _ => call.pass(),
    });
    let recording = stage.run(actor.clone()).await;
    let skipped = TestStatus::Skipped;
    let expected = [
        ("t0", TestStatus::Passed),
        ("t2", TestStatus::Failed),
        ("t1", skipped),
        ("t3", skipped),
        ("t4", skipped),
        ("t5", skipped),
    ];
    assert_eq!(verdicts(&recording), expected);
    assert_eq!((actor.calls(), actor.busy()), (3, 0));
    assert_eq!(recording.sessions[0].wall_seconds, 2.0);
    assert!(!recording.sessions[0].interrupted);
    let reason = test(&recording, "t5").error.as_deref();
    assert_eq!(reason, Some("left out, for t2 failed before"));
    assert_eq!(run(&recording, "t1").status, RunStatus::Skipped);
    // Those that were left out are done by the session that resumes.
    let actor = Actor::new(|call| call.pass());
    let resumed = stage.resume(actor.clone()).await;
    assert_eq!(actor.tests(), ["t1", "t3", "t4", "t5"]);
    assert_eq!((resumed.tests.len(), test(&resumed, "t5").status), (6, TestStatus::Passed));
    assert_eq!(stage.journal().tests.len(), 6);
}

#[tokio::test(start_paused = true)]
async fn fail_fast_decides_over_the_test_that_failed() {
    let stage = Stage::of(1, "")
        .with(|options| options.with_parallel(2).with_fail_fast(true).with_runs(Some(5)));
    let actor =
        Actor::new(|call| if call.number == 1 { Act::crash() } else { call.pass().after(9.0) });
    let recording = stage.run(actor).await;
    assert_eq!(verdicts(&recording), [("t0", TestStatus::Error)]);
    assert_eq!(recording.runs.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_the_wait_for_a_retry_and_for_the_rate() {
    let stage = Stage::of(3, "").with(|options| options.with_retries(Some(1)));
    stop_after(&stage.stop, 5.0);
    let actor = Actor::new(|_| Act::busy(Some(Duration::from_secs(200))).saying(["no event"]));
    let recording = stage.run(actor).await;
    assert_eq!((recording.tests.len(), recording.runs.len()), (0, 3));
    assert_eq!(recording.sessions[0].wall_seconds, 5.0);
    let error = recording.runs[0].error.as_deref().unwrap();
    assert!(error.starts_with("stopped before it was tried again; before that: "), "{error}");
    for run in &recording.runs {
        assert_eq!((run.ledger.retry_wait, run.ledger.total()), (5.0, 5.0));
        assert!(run.ledger.platform() < 1e-9, "a wait is no work: {:?}", run.ledger);
    }

    let stage = Stage::of(3, "").with(|options| options.with_rate(Some(0.01)));
    stop_after(&stage.stop, 5.0);
    let recording = stage.run(Actor::new(|call| call.pass())).await;
    assert_eq!((recording.tests.len(), recording.sessions[0].wall_seconds), (1, 5.0));
    assert!(recording.sessions[0].interrupted);
}

#[tokio::test(start_paused = true)]
async fn a_stop_before_or_after_everything() {
    let stage = Stage::of(3, "");
    stage.stop.cancel();
    let actor = Actor::new(|call| call.pass());
    let recording = stage.run(actor.clone()).await;
    assert_eq!((recording.runs.len(), recording.tests.len(), actor.calls()), (0, 0, 0));
    assert!(recording.sessions[0].interrupted);

    struct StopAtLast(CancellationToken);
    impl atp_runner::Observer for StopAtLast {
        fn test_finished(&self, test: &atp_journal::TestRecord) {
            if test.test == "t2" {
                self.0.cancel();
            }
        }
    }
    let stage = Stage::of(3, "").with(|options| options.with_parallel(1));
    let observer = StopAtLast(stage.stop.clone());
    let recording = stage.watched(actor, &observer).await.unwrap();
    assert_eq!(recording.tests.len(), 3);
    assert!(!recording.sessions[0].interrupted);
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_does_not_stop_is_left_behind() {
    let manner = Manner { ignores_limits: true, ..Manner::default() };
    let actor = Actor::with(manner, |call| call.pass().after(1e6));
    let stage = Stage::of(1, "");
    stop_after(&stage.stop, 1.0);
    let recording = stage.run(actor.clone()).await;
    assert_eq!(recording.sessions[0].wall_seconds, 31.0);
    assert_eq!((recording.runs[0].status, actor.busy()), (RunStatus::Skipped, 0));
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_dropped_leaves_what_was_written() {
    let stage = Stage::of(10, "").with(|options| options.with_parallel(2));
    let actor = Actor::new(|call| call.pass().after(1.0));
    let limit = Duration::from_millis(2500);
    assert!(tokio::time::timeout(limit, stage.run(actor.clone())).await.is_err());
    tokio::task::yield_now().await;
    assert_eq!(actor.busy(), 0);
    let left = stage.journal();
    assert_eq!((left.tests.len(), left.sessions.len()), (4, 0));
    let resumed = stage.resume(actor.clone()).await;
    assert_eq!((resumed.tests.len(), ids(&resumed).len(), actor.calls()), (10, 10, 12));
}

#[tokio::test(start_paused = true)]
async fn a_recording_of_something_else_is_refused() {
    let stage = Stage::of(2, "");
    let other = Stage::of(3, "");
    let adapter = Actor::new(|call| call.pass());
    let runner = stage.runner("test", adapter.clone());
    let journal = Journal::create(stage.path(), &runner.header()).unwrap();
    let foreign = Recording::new(other.runner("test", adapter).header());
    let notes = Arc::new(Notes::default());
    let error = runner.run(journal, foreign, CancellationToken::new(), &*notes).await.unwrap_err();
    assert!(error.to_string().contains("not of suite \"s\""), "{error}");
    assert_eq!(notes.lines(), [] as [&str; 0]);
}
