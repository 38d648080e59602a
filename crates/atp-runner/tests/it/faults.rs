//! Adapters and observers that panic, a journal that cannot be written, and runs that hang.

use crate::actor::{Act, Actor};
use crate::stage::{Notes, Stage, run, verdicts};
use atp_journal::{JournalError, RunRecord, RunStatus, TestStatus};
use atp_runner::{Observer, RunError};
use std::error::Error;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn a_panic_of_an_adapter_is_the_error_of_its_run() {
    let stage = Stage::of(5, "").with(|options| options.with_parallel(2));
    let actor = Actor::new(|call| match call.test().as_str() {
        "t1" => Act::panic().after(0.5),
        "t3" => panic!("at once, with {} tests", 5),
        _ => call.pass().after(1.0),
    });
    let recording = stage.run(actor.clone()).await;
    assert_eq!((recording.tests.len(), actor.busy()), (5, 0));
    assert_eq!(run(&recording, "t1").error.as_deref(), Some("panicked: the adapter is broken"));
    assert_eq!(run(&recording, "t3").error.as_deref(), Some("panicked: at once, with 5 tests"));
    let passed = recording.tests.iter().filter(|test| test.status == TestStatus::Passed).count();
    assert_eq!((passed, run(&recording, "t1").status), (3, RunStatus::Error));
}

struct Broken(AtomicUsize);

impl Observer for Broken {
    fn run_finished(&self, _run: &RunRecord) {
        if self.0.fetch_add(1, SeqCst) == 1 {
            panic!("the screen is gone");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_observer_that_panics_is_not_called_again() {
    let observer = Broken(AtomicUsize::new(0));
    let recording = Stage::of(5, "").watched(Actor::new(|call| call.pass()), &observer).await;
    assert_eq!((recording.unwrap().tests.len(), observer.0.load(SeqCst)), (5, 2));
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_cannot_be_written_ends_the_runs_and_loses_nothing() {
    let stage = Stage::of(100, "").with(|options| options.with_parallel(2));
    let folder = stage.path().parent().unwrap().to_owned();
    let actor = Actor::new(move |call| {
        if call.number < 5 {
            return call.pass().after(1.0);
        }
        // From here on the file of events cannot be made.
        fs::remove_dir_all(&folder).ok();
        call.pass().after(1.0).saying([r#"{"payload": {}}"#])
    });
    let error = stage.watched(actor.clone(), &()).await.unwrap_err();
    assert_eq!(actor.busy(), 0);
    assert!(actor.calls() < 10);
    assert!(error.to_string().contains("journal cannot be written"), "{error}");
    assert!(error.source().unwrap().to_string().contains("run.jsonl.events.jsonl"));
    let RunError::Journal { source: JournalError::Open { .. }, recording } = error else {
        panic!("{error:?}");
    };
    assert!(recording.tests.len() >= 4, "{:?}", verdicts(&recording));
    assert!(recording.tests.iter().all(|test| test.status == TestStatus::Passed));
}

#[tokio::test(start_paused = true)]
async fn who_holds_up_the_others_is_named() {
    let stage = Stage::of(4, "")
        .with(|options| options.with_parallel(2).with_held_up_after(Duration::from_secs(30)));
    let stage = stage.with(|options| options.with_retries(Some(1)));
    let actor = Actor::new(|call| match call.number {
        1 => call.pass().after(100.0).saying([r#"{"payload": {}}"#]),
        3 => Act::busy(Some(Duration::from_secs(200))),
        _ => call.pass().after(5.0),
    });
    let notes = Notes::default();
    stage.watched(actor, &notes).await.unwrap();
    let named: Vec<_> = notes.lines().into_iter().filter(|line| line.contains(" for ")).collect();
    assert_eq!(named[0], "t1 1 for 40 s: in slot 1 the agent is at work, 1 events so far");
    assert_eq!(named[1], "t3 1 for 30 s: it waits before it is tried again");
    assert!(named.iter().all(|line| !line.starts_with("t0") && !line.starts_with("t2")));
    // t1 ends after 100 s; what is left is named again, with how long it takes by now.
    assert!(named.iter().any(|line| line.starts_with("t3 1 for 1")), "{named:?}");
}
