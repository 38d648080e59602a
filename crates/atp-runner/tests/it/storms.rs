//! Many small sessions, each with other options and other agents, stopped anywhere and resumed.

use crate::actor::{Act, Actor, Call};
use crate::ledger::assert_balanced;
use crate::stage::Stage;
use atp_adapter::CancellationToken;
use atp_journal::{Journal, Recording, RunStatus, TestStatus};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

/// Numbers that look random and are the same in every run of the test.
struct Dice(AtomicU64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    /// A number below `sides`.
    fn throw(&self, sides: u64) -> u64 {
        let step = |state: u64| state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let state = self.0.fetch_update(SeqCst, SeqCst, |state| Some(step(state))).unwrap();
        (state >> 33) % sides
    }
}

fn act(call: &Call, dice: &Dice) -> Act {
    let act = match dice.throw(8) {
        0 => call.give_up(),
        1 => Act::crash(),
        2 => Act::busy(Some(Duration::from_secs(dice.throw(20)))),
        3 => Act::busy(None),
        4 => call.pass().after(1000.0),
        _ => call.pass(),
    };
    let act = if dice.throw(2) == 0 { act.saying(["{\"payload\": {}}", "no event"]) } else { act };
    if dice.throw(4) == 0 { act } else { act.after(0.1 * dice.throw(30) as f64) }
}

type Verdicts = BTreeMap<String, TestStatus>;
type Runs<'a> = BTreeSet<(String, u32, &'a str)>;

/// What a recording says, in an order of its own.
fn told(recording: &Recording) -> (Verdicts, Runs<'_>) {
    let tests = recording.tests.iter().map(|test| (test.test.clone(), test.status)).collect();
    let run = |run: &atp_journal::RunRecord| (run.test.clone(), run.run, run.status.as_str());
    (tests, recording.runs.iter().map(run).collect())
}

async fn storm(seed: u64) {
    let dice = std::sync::Arc::new(Dice::new(seed));
    let tests = 1 + dice.throw(8) as usize;
    let runs = 1 + dice.throw(3) as u32;
    let parallel = 1 + dice.throw(4) as u32;
    let fail_fast = dice.throw(3) == 0;
    let stage = Stage::of(tests, ", constraints: {timeout_seconds: 5}").with(|options| {
        let rate = if dice.throw(3) == 0 { Some(2.0) } else { None };
        let options = options.with_parallel(parallel).with_runs(Some(runs)).with_rate(rate);
        options.with_retries(Some(dice.throw(3) as u32)).with_fail_fast(fail_fast)
    });
    let own = dice.clone();
    let actor = Actor::new(move |call| act(call, &own));
    let header = stage.runner("test", actor.clone()).header();
    drop(Journal::create(stage.path(), &header).unwrap());
    for session in 0..40 {
        let runner = stage.runner("test", actor.clone());
        let (journal, already) = Journal::resume(stage.path(), &header).unwrap();
        let stop = CancellationToken::new();
        let patience = if session < 8 { 0.1 * dice.throw(80) as f64 } else { 1e9 };
        let limit = stop.clone();
        let stopper = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs_f64(patience)).await;
            limit.cancel();
        });
        let recording = runner.run(journal, already, stop, &()).await.unwrap();
        stopper.abort();
        assert_eq!(actor.busy(), 0);
        assert_balanced(&recording);
        assert_eq!(told(&recording), told(&stage.journal()), "seed {seed}");
        let ended: BTreeSet<_> = recording.tests.iter().map(|test| &test.test).collect();
        assert_eq!(ended.len(), recording.tests.len(), "seed {seed}: a test ended twice");
        let numbers: BTreeSet<_> =
            recording.sessions.iter().map(|session| session.number).collect();
        assert_eq!(numbers.len(), recording.sessions.len());
        let last = recording.sessions.last().unwrap();
        assert!(last.wall_seconds >= last.ideal_seconds.unwrap() - 0.05, "seed {seed}: {last:?}");
        let is_left_out = recording.tests.iter().any(|test| test.status == TestStatus::Skipped);
        assert!(!is_left_out || fail_fast);
        assert!(last.interrupted || recording.tests.len() == tests, "seed {seed}");
        if !last.interrupted && !is_left_out {
            let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
            for run in recording.runs.iter().filter(|run| run.status != RunStatus::Skipped) {
                *counts.entry(&run.test).or_default() += 1;
            }
            let whole = |count: &u32| if fail_fast { *count <= runs } else { *count == runs };
            assert!(counts.len() == tests && counts.values().all(whole), "seed {seed}: {counts:?}");
            assert!(actor.most_busy.load(SeqCst) <= parallel as usize);
            return;
        }
    }
    panic!("seed {seed} came to no end");
}

#[tokio::test(start_paused = true)]
async fn every_test_ends_exactly_once_wherever_sessions_are_stopped() {
    for seed in 0..30 {
        storm(seed).await;
    }
}
