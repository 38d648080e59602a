//! Processes that are killed in the middle.

use crate::child;
use crate::sample::{event_line, header, run, test};
use atp_journal::Journal;
use atp_protocol::{Event, Timestamp};
use std::collections::{HashMap, HashSet};
use std::fs;
use std::process::Stdio;
use std::thread;

const TESTS: u32 = 3000;
const KILLS: u64 = 15;

/// Goes on where the journal ends: one run, its events and the verdict for each test.
#[test]
#[ignore = "the process that is killed"]
fn writes_until_killed() {
    let (journal, recording) = Journal::resume(child::path(), &header()).unwrap();
    let finished: HashSet<_> = recording.tests.iter().map(|test| &*test.test).collect();
    let started: HashSet<_> = recording.runs.iter().map(|run| &*run.test).collect();
    for index in 0..TESTS {
        let name = index.to_string();
        if finished.contains(&*name) {
            continue;
        }
        if !started.contains(&*name) {
            let mut spool = journal.events(&name, 1, 1);
            for sequence in 0..3 {
                let line = event_line(sequence);
                spool.push(&Event::parse(&line, Timestamp::now()).unwrap()).unwrap();
            }
            spool.finish().unwrap();
            let mut record = run(&name, 1);
            record.session = journal.session_number();
            journal.run(&record).unwrap();
        }
        journal.test(&test(&name)).unwrap();
    }
}

/// Killed again and again when the journal has grown by some random length, and then left to
/// finish: nothing is recorded twice and nothing that was recorded is lost.
#[test]
fn a_run_that_is_killed_and_resumed_has_every_test_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.jsonl");
    drop(Journal::create(&path, &header()).unwrap());
    let length = || fs::metadata(&path).unwrap().len();
    let mut rng = fastrand::Rng::with_seed(9);
    let (mut killed, mut recorded) = (0, 0);
    for kill in 0..=KILLS {
        let end = length() + rng.u64(..50_000);
        let mut process = child::command("killed::writes_until_killed", &path)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        while kill < KILLS && length() < end && process.try_wait().unwrap().is_none() {
            thread::yield_now();
        }
        if kill < KILLS {
            process.kill().unwrap();
        }
        killed += u64::from(!process.wait().unwrap().success());
        let recording = Journal::read(&path).unwrap();
        assert!(recording.tests.len() >= recorded, "records were lost");
        recorded = recording.tests.len();
    }
    assert_eq!(killed, KILLS, "processes ended before they were killed");

    let text = fs::read_to_string(&path).unwrap();
    for kind in ["run", "test"] {
        let start = format!(r#"{{"kind":"{kind}","test":""#);
        let lines = text.lines().filter_map(|line| line.strip_prefix(&start));
        let names: Vec<_> = lines.map(|line| line.split('"').next().unwrap()).collect();
        let different: HashSet<_> = names.iter().collect();
        assert_eq!((names.len(), different.len()), (TESTS as usize, TESTS as usize), "{kind}");
    }

    // The events of every run that counts are whole, and told from those of a killed session.
    let recording = Journal::read(&path).unwrap();
    let mut events = HashMap::<_, Vec<u64>>::new();
    for event in Journal::events_of(&path).unwrap() {
        let event = event.unwrap();
        let key = (event.test().to_owned(), event.session());
        events.entry(key).or_default().push(event.event().sequence);
    }
    for run in recording.runs {
        assert_eq!(events[&(run.test, run.session)], [0, 1, 2]);
    }
}
