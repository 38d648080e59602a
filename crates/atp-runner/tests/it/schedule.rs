//! Slots, order and the rate limit.

use crate::actor::Actor;
use crate::stage::{Notes, Stage, verdicts};
use atp_journal::{Journal, Recording, TestStatus};
use atp_runner::Shard;
use serde_json::json;
use std::sync::atomic::Ordering::SeqCst;

/// Seconds of work that vary from test to test.
fn varied(number: usize) -> f64 {
    0.1 * ((number * 7) % 11 + 1) as f64
}

#[tokio::test(start_paused = true)]
async fn runs_begin_in_the_order_of_the_suite_in_as_many_slots_as_there_are() {
    let stage = Stage::of(20, "").with(|options| options.with_parallel(3).with_runs(Some(2)));
    let actor = Actor::new(|call| call.pass().after(varied(call.number)));
    let notes = Notes::default();
    let recording = stage.watched(actor.clone(), &notes).await.unwrap();
    assert_eq!(actor.most_busy.load(SeqCst), 3);
    let expected: Vec<_> = (0..40).map(|n| (format!("t{}", n / 2), n % 2 + 1)).collect();
    let started = notes.started.lock().unwrap();
    let begun: Vec<_> = started.iter().map(|(test, run, _)| (test.clone(), *run)).collect();
    assert_eq!(begun, expected);
    assert_eq!(verdicts(&recording).len(), 20);
    for (test, run, slot) in &*started {
        let record = recording.runs.iter().find(|it| it.test == *test && it.run == *run).unwrap();
        assert_eq!(record.slot, *slot);
    }
}

/// Fails if two runs were in one slot at the same time, or in a slot that there is not.
fn assert_slots(recording: &Recording, parallel: u32) {
    let mut runs: Vec<_> = recording.runs.iter().collect();
    runs.sort_by(|a, b| a.started_seconds.total_cmp(&b.started_seconds));
    for slot in 0..u32::MAX {
        let mut free_from = 0.0;
        let in_slot: Vec<_> = runs.iter().filter(|run| run.slot == slot).collect();
        if in_slot.is_empty() {
            break;
        }
        assert!(slot < parallel);
        for run in in_slot {
            assert!(run.started_seconds >= free_from - 1e-9, "{} {}", run.test, run.run);
            free_from = run.finished_seconds;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_slot_holds_two_runs_at_once() {
    for parallel in [1, 2, 7, 100] {
        let stage = Stage::of(50, "").with(|options| options.with_parallel(parallel));
        let actor = Actor::new(|call| call.pass().after(varied(call.number)));
        assert_slots(&stage.run(actor).await, parallel);
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_test_holds_up_no_other() {
    let stage = Stage::of(11, "").with(|options| options.with_parallel(2));
    let actor = Actor::new(|call| call.pass().after(if call.number == 0 { 10.0 } else { 1.0 }));
    let recording = stage.run(actor).await;
    assert_eq!(recording.sessions[0].wall_seconds, 10.0);
    assert_eq!(recording.sessions[0].ideal_seconds, Some(10.0));
}

#[tokio::test(start_paused = true)]
async fn the_rate_limit_spaces_out_the_beginnings() {
    let stage = Stage::of(5, "").with(|options| options.with_rate(Some(0.5)));
    let recording = stage.run(Actor::new(|call| call.pass().after(0.25))).await;
    let begun: Vec<f64> = recording.runs.iter().map(|run| run.started_seconds).collect();
    for (begun, expected) in begun.iter().zip([0.0, 2.0, 4.0, 6.0, 8.0]) {
        assert!((begun - expected).abs() < 0.01, "{begun} is not {expected}");
    }
    for run in &recording.runs {
        assert!((run.ledger.limiter - run.started_seconds).abs() < 1e-9, "{:?}", run.ledger);
        assert_eq!((run.ledger.queue, run.ledger.agent), (0.0, 0.25));
    }
    // The limit is not the platform's fault: the ideal schedule has it too.
    let session = &recording.sessions[0];
    assert!((session.wall_seconds - session.ideal_seconds.unwrap()).abs() < 0.01, "{session:?}");
}

#[tokio::test(start_paused = true)]
async fn the_rate_holds_for_retries_too() {
    let stage = Stage::of(3, "").with(|options| options.with_rate(Some(1.0)).with_retries(Some(1)));
    let recording = stage.run(Actor::new(|call| call.give_up())).await;
    let mut begun: Vec<f64> = recording
        .runs
        .iter()
        .flat_map(|run| run.attempts.iter().map(|attempt| attempt.started_seconds))
        .collect();
    begun.sort_by(f64::total_cmp);
    assert_eq!(begun.len(), 6);
    assert!(begun.windows(2).all(|pair| pair[1] - pair[0] > 0.99), "{begun:?}");
}

#[tokio::test(start_paused = true)]
async fn a_thousand_agents_work_at_once() {
    let stage = Stage::of(1000, "").with(|options| options.with_parallel(1000));
    let recording = stage.builtin("builtin:script", &json!({"delay": 2.0})).await;
    assert!(recording.tests.iter().all(|test| test.status == TestStatus::Passed));
    let session = &recording.sessions[0];
    assert!(session.wall_seconds < 2.01, "{}", session.wall_seconds);
    assert_slots(&recording, 1000);
}

#[tokio::test(start_paused = true)]
async fn an_empty_selection_is_done_at_once() {
    let stage = Stage::of(2, "");
    let mut runner = stage.runner("test", Actor::new(|call| call.pass()));
    let filter = atp_suite::TagFilter::new("nobody");
    assert_eq!(runner.select(Some(&filter), &[]).unwrap(), 0);
    let journal = Journal::create(stage.path(), &runner.header()).unwrap();
    let nothing = Recording::new(runner.header());
    let recording = runner.run(journal, nothing, stage.stop.clone(), &()).await.unwrap();
    assert_eq!((recording.runs.len(), recording.tests.len()), (0, 0));
    assert!(!recording.sessions[0].interrupted);
}

#[tokio::test]
async fn a_run_may_be_spawned_on_threads() {
    let stage = Stage::of(10, "");
    let runner = stage.runner("test", Actor::new(|call| call.pass()));
    let journal = Journal::create(stage.path(), &runner.header()).unwrap();
    let (nothing, stop) = (Recording::new(runner.header()), stage.stop.clone());
    let spawned = tokio::spawn(async move { runner.run(journal, nothing, stop, &()).await });
    assert_eq!(spawned.await.unwrap().unwrap().tests.len(), 10);
}

#[tokio::test(start_paused = true)]
async fn shards_run_each_test_once_the_longest_first() {
    let stage = Stage::of(10, "").with(|options| options.with_parallel(2));
    let actor = || Actor::new(|call| call.pass().after(varied(call.number)));
    let past = stage.run(actor()).await;
    let mut found = Vec::new();
    let mut hashes = Vec::new();
    for index in 1..=3 {
        let mut runner = stage.runner("actor", actor());
        let shard = Shard::new(index, 3).unwrap();
        let plan = runner.take_shard(shard, Some(&past));
        let header = runner.header();
        let ids = Vec::from_iter(header.tests.iter().map(|test| test.id.clone()));
        assert_eq!(ids, plan.tests(shard));
        let journal = stage.folder.path().join(format!("{index}.jsonl"));
        let journal = Journal::create(journal, &header).unwrap();
        let recording =
            runner.run(journal, Recording::new(header), stage.stop.clone(), &()).await.unwrap();
        found.extend(recording.tests.iter().map(|test| test.test.clone()));
        hashes.push(plan.hash());
    }
    found.sort();
    assert_eq!(found, Vec::from_iter((0..10).map(|number| format!("t{number}"))));
    assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{hashes:?}");
}
