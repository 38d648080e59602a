//! Files of events that do not end where a block does.

use crate::sample::{event_line, header, new_journal, replace};
use atp_journal::{Journal, JournalError};
use atp_protocol::{Event, Timestamp};
use std::fs;
use std::path::{Path, PathBuf};

fn events_path(journal: &Path) -> PathBuf {
    journal.with_file_name("run.jsonl.events.jsonl")
}

fn write(journal: &Journal, test: &str, events: u64) {
    let mut spool = journal.events(test, 1, 1);
    for sequence in 0..events {
        let line = event_line(sequence);
        spool.push(&Event::parse(&line, Timestamp::now()).unwrap()).unwrap();
    }
    spool.finish().unwrap();
}

fn read(journal: &Path) -> Vec<(String, u64, u32)> {
    let events = Journal::events_of(journal).unwrap().map(Result::unwrap);
    events.map(|event| (event.test().to_owned(), event.event().sequence, event.session())).collect()
}

/// Whole events of a torn block are read as long as nothing comes behind it. A resumed run cuts
/// the block off, for the attempt it belongs to was lost with its process.
#[test]
fn a_torn_block_is_cut_off_at_every_byte() {
    let (_folder, path, journal) = new_journal();
    write(&journal, "greets", 2);
    let first = fs::read(events_path(&path)).unwrap();
    write(&journal, "sums", 2);
    drop(journal);
    let bytes = fs::read(events_path(&path)).unwrap();
    let kept = [("greets".to_owned(), 0, 0), ("greets".to_owned(), 1, 0)];
    for cut in first.len()..bytes.len() {
        replace(&events_path(&path), &bytes[..cut]);
        let found = read(&path);
        assert!(found.starts_with(&kept) && found.len() <= 3, "{cut}: {found:?}");
        let (resumed, _) = Journal::resume(&path, &header()).unwrap();
        assert_eq!(fs::read(events_path(&path)).unwrap(), first, "{cut}");
        assert_eq!(resumed.session_number(), 1, "{cut}");
        write(&resumed, "sums", 1);
        let expected = [&kept[..], &[("sums".to_owned(), 0, 1)]].concat();
        assert_eq!(read(&path), expected, "{cut}");
    }
}

#[test]
fn a_file_with_nothing_but_a_torn_block_is_emptied() {
    let (_folder, path, journal) = new_journal();
    write(&journal, "greets", 1);
    drop(journal);
    let bytes = fs::read(events_path(&path)).unwrap();
    for cut in 0..bytes.len() {
        replace(&events_path(&path), &bytes[..cut]);
        drop(Journal::resume(&path, &header()).unwrap());
        assert_eq!(fs::read(events_path(&path)).unwrap(), b"", "{cut}");
    }
}

/// The last block is found from behind, also if it is longer than what is looked at first.
#[test]
fn a_long_torn_block_is_cut_off() {
    let (_folder, path, journal) = new_journal();
    write(&journal, "greets", 1);
    let first = fs::read(events_path(&path)).unwrap();
    let line = format!(
        r#"{{"task_id":"t","sequence":0,"event_type":"progress","payload":{{"a":"{}"}}}}"#,
        "{\"test\":".repeat(200_000).replace('"', "\\\"")
    );
    let mut spool = journal.events("sums", 1, 1);
    spool.push(&Event::parse(&line, Timestamp::now()).unwrap()).unwrap();
    spool.finish().unwrap();
    drop(journal);
    let bytes = fs::read(events_path(&path)).unwrap();
    fs::write(events_path(&path), &bytes[..bytes.len() - 1]).unwrap();
    drop(Journal::resume(&path, &header()).unwrap());
    assert_eq!(fs::read(events_path(&path)).unwrap(), first);
}

#[test]
fn damage_in_the_middle_is_an_error_with_its_place() {
    let (_folder, path, journal) = new_journal();
    write(&journal, "greets", 2);
    drop(journal);
    let text = fs::read_to_string(events_path(&path)).unwrap();
    for (from, to, line, reason) in [
        ("tool_call", "tool_ca\0l", 2, "control character"),
        ("\"sequence\":0", "\"sequence\":\"\"", 2, "$.sequence"),
        ("\"run\":1", "\"run\":x", 1, "expected value"),
        ("\"bytes\":                 ", "\"bytes\":                -", 1, "invalid value"),
        ("\"bytes\":                 4", "\"bytes\":                  ", 2, "beyond its block"),
    ] {
        assert!(text.contains(from), "{text}");
        fs::write(events_path(&path), text.replacen(from, to, 1)).unwrap();
        let mut events = Journal::events_of(&path).unwrap();
        let error = events.find_map(Result::err).unwrap();
        assert!(matches!(error, JournalError::Corrupt { line: at, .. } if at == line), "{error}");
        assert!(error.to_string().contains(reason), "{error}");
        assert!(events.next().is_none(), "after an error comes nothing");
    }
}

/// What is no file of events is not cut off.
#[test]
fn a_file_of_others_in_the_place_of_events_is_not_touched() {
    let (_folder, path, journal) = new_journal();
    drop(journal);
    for text in ["notes\n", "x", "\n"] {
        fs::write(events_path(&path), text).unwrap();
        let error = Journal::resume(&path, &header()).map(drop).unwrap_err();
        assert!(matches!(error, JournalError::Read { .. }), "{error}");
        assert_eq!(fs::read_to_string(events_path(&path)).unwrap(), text);
    }
}
