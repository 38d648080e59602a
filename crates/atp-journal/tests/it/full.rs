//! Disks that are full.

use crate::child;
use crate::sample::{event_line, header, run};
use atp_journal::{Journal, JournalError};
use atp_protocol::{Event, Timestamp};
use std::process::Command;

/// Runs a test of this program with files of at most 64 KiB, beyond which writing fails as it does
/// on a full disk: first a part is taken, then nothing.
fn with_little_room(test: &str) {
    let folder = tempfile::tempdir().unwrap();
    let inner = child::command(test, &folder.path().join("run.jsonl"));
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; ulimit -f 128; exec \"$0\" \"$@\""]).arg(inner.get_program());
    let variables = inner.get_envs().filter_map(|(name, value)| Some((name, value?)));
    let output = shell.args(inner.get_args()).envs(variables).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[test]
fn a_full_disk_is_told_and_keeps_what_was_written() {
    with_little_room("full::writes_records");
}

#[test]
fn a_disk_that_events_have_filled_is_told_by_every_call() {
    with_little_room("full::writes_events");
}

#[test]
#[ignore = "for a process with little room"]
fn writes_records() {
    let path = child::path();
    let journal = Journal::create(&path, &header()).unwrap();
    let mut written = 0;
    let error = loop {
        match journal.run(&run("greets", written + 1)) {
            Ok(()) => written += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(&error, JournalError::Write { path: at, .. } if *at == path), "{error}");
    assert!(std::error::Error::source(&error).is_some());
    let again = journal.run(&run("sums", 1)).unwrap_err();
    assert_eq!(again.to_string(), error.to_string());
    assert!(journal.events("sums", 1, 1).finish().is_err());
    journal.sync().expect("what is there can still be brought to the disk");
    drop(journal);
    assert!(std::fs::read(&path).unwrap().ends_with(b"\n"), "the torn line was taken back");
    let (_journal, recording) = Journal::resume(&path, &header()).unwrap();
    assert!(written > 10);
    assert_eq!(recording.runs.len() as u32, written);
}

#[test]
#[ignore = "for a process with little room"]
fn writes_events() {
    let path = child::path();
    let journal = Journal::create(&path, &header()).unwrap();
    journal.run(&run("greets", 1)).unwrap();
    let mut spool = journal.events("sums", 1, 1);
    let pushed = (0..10_000).try_for_each(|sequence| {
        let line = event_line(sequence);
        spool.push(&Event::parse(&line, Timestamp::now()).unwrap())
    });
    let error = pushed.unwrap_err();
    assert!(error.to_string().contains("run.jsonl.events.jsonl"), "{error}");
    let line = event_line(0);
    let event = Event::parse(&line, Timestamp::now()).unwrap();
    for later in [
        spool.finish().map(drop),
        journal.events("sums", 2, 1).push(&event),
        journal.run(&run("sums", 1)),
    ] {
        assert_eq!(later.unwrap_err().to_string(), error.to_string());
    }
    assert_eq!(Journal::read(&path).unwrap().runs, [run("greets", 1)]);
}
