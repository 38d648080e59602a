//! Many writers, and records of any size.

use crate::sample::{event_line, header, new_journal, run, test};
use atp_journal::{Journal, Recording};
use atp_protocol::{Event, Timestamp};
use std::collections::HashSet;
use std::thread;

#[test]
fn records_and_events_of_many_threads_do_not_mix() {
    let (_folder, path, journal) = new_journal();
    const THREADS: u32 = 16;
    const TESTS: u32 = 60;
    thread::scope(|scope| {
        for writer in 0..THREADS {
            let journal = journal.clone();
            scope.spawn(move || {
                for index in 0..TESTS {
                    let name = format!("{writer}-{index}");
                    let mut record = run(&name, 1);
                    record.error = Some("x".repeat(index as usize * 99));
                    let mut spool = journal.events(&name, 1, 1);
                    for sequence in 0..u64::from(index) {
                        let line = event_line(sequence);
                        spool.push(&Event::parse(&line, Timestamp::now()).unwrap()).unwrap();
                    }
                    assert_eq!(spool.finish().unwrap().events, u64::from(index));
                    journal.run(&record).unwrap();
                    journal.test(&test(&name)).unwrap();
                }
            });
        }
        // Reading goes on beside it.
        for _ in 0..5 {
            let Recording { runs, tests, .. } = Journal::read(&path).unwrap();
            assert!(runs.len() >= tests.len());
            assert!(Journal::events_of(&path).unwrap().all(|event| event.is_ok()));
        }
    });
    journal.sync().unwrap();
    drop(journal);
    let (_journal, recording) = Journal::resume(&path, &header()).unwrap();
    let names: HashSet<_> = recording.tests.iter().map(|test| &test.test).collect();
    let all = (THREADS * TESTS) as usize;
    assert_eq!((recording.runs.len(), recording.tests.len(), names.len()), (all, all, all));

    let mut next = std::collections::HashMap::<_, u64>::new();
    for event in Journal::events_of(&path).unwrap() {
        let event = event.unwrap();
        let sequence = next.entry(event.test().to_owned()).or_default();
        assert_eq!((event.event().sequence, event.session()), (*sequence, 0));
        *sequence += 1;
    }
    assert_eq!(next.len(), (THREADS * (TESTS - 1)) as usize);
    assert_eq!(next.values().sum::<u64>(), u64::from(THREADS * TESTS * (TESTS - 1) / 2));
}

#[test]
fn a_huge_record_is_one_line_like_any_other() {
    let (_folder, path, journal) = new_journal();
    let mut record = run("greets", 1);
    record.error = Some("\u{0}\n\"\u{1f980}".repeat(500_000));
    journal.run(&record).unwrap();
    journal.test(&test("greets")).unwrap();
    drop(journal);
    let (_journal, recording) = Journal::resume(&path, &header()).unwrap();
    assert_eq!((recording.runs, recording.tests.len()), (vec![record], 1));
}

#[test]
fn a_journal_makes_the_folders_it_lies_in() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/run.jsonl");
    let journal = Journal::create(&path, &header()).unwrap();
    assert_eq!(journal.path(), path);
    journal.sync().unwrap();
    assert_eq!(Journal::read(&path).unwrap(), Recording::new(header()));
    assert!(!path.with_file_name("run.jsonl.events.jsonl").exists(), "no event, no file");
}
