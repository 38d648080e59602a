//! Journals that a run may not go on with.

use crate::sample::{header, new_journal, test};
use atp_journal::{Header, Journal, JournalError, SCHEMA};
use std::fs;

#[test]
fn another_suite_and_another_agent_are_named() {
    let (_folder, path, journal) = new_journal();
    drop(journal);
    let before = fs::read(&path).unwrap();

    let mut changed = header();
    changed.suite_hash = "sha256:77aa".into();
    let error = Journal::resume(&path, &changed).map(drop).unwrap_err();
    assert!(matches!(error, JournalError::OtherSuite { .. }), "{error}");
    let text = error.to_string();
    for part in ["run.jsonl", "\"smoke\" (sha256:5f1c)", "\"smoke\" (sha256:77aa)"] {
        assert!(text.contains(part), "{text}");
    }

    let mut changed = header();
    changed.agent = "other".into();
    let error = Journal::resume(&path, &changed).map(drop).unwrap_err();
    assert!(matches!(error, JournalError::OtherAgent { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("\"my-agent\"") && text.contains("\"other\""), "{text}");

    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_newer_schema_is_refused_whatever_it_looks_like() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.jsonl");
    fs::write(&path, "{\"kind\":\"header\",\"schema\":7,\"suites\":[]}\n{\"kind\":\"x\"}\n")
        .unwrap();
    for error in [
        Journal::read(&path).unwrap_err(),
        Journal::resume(&path, &header()).map(drop).unwrap_err(),
    ] {
        let JournalError::NewerSchema { found: 7, supported: SCHEMA, .. } = error else {
            panic!("{error}");
        };
        assert!(error.to_string().contains("has schema 7"), "{error}");
    }
}

#[test]
fn two_never_write_one_journal() {
    let (_folder, path, journal) = new_journal();
    let spool = journal.events("greets", 1, 1);
    journal.test(&test("greets")).unwrap();
    for error in [
        Journal::create(&path, &header()).map(drop).unwrap_err(),
        Journal::resume(&path, &header()).map(drop).unwrap_err(),
    ] {
        assert!(matches!(error, JournalError::Locked { .. }), "{error}");
        assert!(error.to_string().contains("in use by another run"), "{error}");
    }
    // Readers are welcome.
    assert_eq!(Journal::read(&path).unwrap().tests.len(), 1);
    // The last handle counts, whoever has it.
    drop(journal);
    assert!(matches!(Journal::resume(&path, &header()), Err(JournalError::Locked { .. })));
    drop(spool);
    assert_eq!(Journal::resume(&path, &header()).unwrap().1.tests.len(), 1);
}

#[test]
fn files_of_others_are_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    for text in ["buy milk", "{\"kind\":\"run\"}\n", "\n", "{}", "{\"kind\":\"headers\"}\n"] {
        fs::write(&path, text).unwrap();
        for error in [
            Journal::create(&path, &header()).map(drop).unwrap_err(),
            Journal::resume(&path, &header()).map(drop).unwrap_err(),
            Journal::read(&path).unwrap_err(),
        ] {
            assert!(matches!(error, JournalError::NotAJournal { .. }), "{text:?}: {error}");
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    let error = Journal::create(folder.path(), &header()).map(drop).unwrap_err();
    assert!(matches!(error, JournalError::NotAJournal { .. }), "{error}");
    #[cfg(unix)]
    for device in ["/dev/null", "/dev/zero", "/dev/full"] {
        let error = Journal::create(device, &header()).map(drop).unwrap_err();
        assert!(matches!(error, JournalError::NotAJournal { .. }), "{error}");
        assert!(Journal::read(device).is_err() && Journal::resume(device, &header()).is_err());
    }
}

#[test]
fn what_is_not_there_is_not_made_by_reading() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.jsonl");
    for error in [
        Journal::resume(&path, &header()).map(drop).unwrap_err(),
        Journal::read(&path).unwrap_err(),
        Journal::events_of(&path).map(drop).unwrap_err(),
    ] {
        assert!(matches!(error, JournalError::Open { .. }), "{error}");
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains("No such file") && !error.to_string().contains(&source));
    }
    assert!(!path.exists());
    // A folder that is a file.
    fs::write(&path, "").unwrap();
    let error = Journal::create(path.join("run.jsonl"), &header()).map(drop).unwrap_err();
    assert!(matches!(error, JournalError::Open { .. }), "{error}");
}

#[test]
fn a_new_run_replaces_the_journal_of_an_earlier_one_and_its_events() {
    let (_folder, path, journal) = new_journal();
    journal.test(&test("greets")).unwrap();
    let mut spool = journal.events("greets", 1, 1);
    let line = crate::sample::event_line(0);
    spool.push(&atp_protocol::Event::parse(&line, header().started_at).unwrap()).unwrap();
    spool.finish().unwrap();
    drop(journal);
    assert_eq!(Journal::events_of(&path).unwrap().count(), 1);

    let other = Header::new("other", "sha256:1", "else", "http");
    drop(Journal::create(&path, &other).unwrap());
    let recording = Journal::read(&path).unwrap();
    assert_eq!((recording.header, recording.tests), (other, vec![]));
    assert_eq!(Journal::events_of(&path).unwrap().count(), 0);
}
