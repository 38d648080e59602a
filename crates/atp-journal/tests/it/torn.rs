//! Journals that do not end where a line does.

use crate::sample::{header, new_journal, replace, run, test};
use atp_journal::{Journal, JournalError, Recording};
use std::fs;

/// However much of the last record is there: what was before it is read, and a resumed run goes
/// on behind it.
#[test]
fn a_torn_last_record_is_passed_over_at_every_byte() {
    let (folder, path, journal) = new_journal();
    journal.run(&run("greets", 1)).unwrap();
    journal.test(&test("greets")).unwrap();
    let whole = fs::read(&path).unwrap();
    let mut last = run("sums", 1);
    last.error = Some("\u{1f980} a line\nof \"text\"".into());
    journal.run(&last).unwrap();
    let bytes = fs::read(&path).unwrap();
    let torn = folder.path().join("torn.jsonl");
    for cut in whole.len()..bytes.len() {
        replace(&torn, &bytes[..cut]);
        let read = Journal::read(&torn).unwrap();
        let (resumed, recording) = Journal::resume(&torn, &header()).unwrap();
        assert_eq!(read, recording, "{cut}");
        assert_eq!((recording.runs.len(), recording.tests.len()), (1, 1), "{cut}");
        assert_eq!(fs::read(&torn).unwrap(), whole, "{cut}");
        resumed.run(&last).unwrap();
        assert_eq!(fs::read(&torn).unwrap(), bytes, "{cut}");
    }
}

/// A process that was killed before anything happened leaves nothing, or a piece of a header.
#[test]
fn a_torn_header_begins_anew_at_every_byte() {
    let (folder, path, journal) = new_journal();
    drop(journal);
    let bytes = fs::read(&path).unwrap();
    let torn = folder.path().join("torn.jsonl");
    for cut in 0..bytes.len() {
        replace(&torn, &bytes[..cut]);
        assert!(matches!(Journal::read(&torn), Err(JournalError::Empty { .. })), "{cut}");
        let (journal, recording) = Journal::resume(&torn, &header()).unwrap();
        assert!(recording.runs.is_empty() && recording.tests.is_empty());
        assert_eq!(journal.session_number(), 0);
        assert_eq!(fs::read(&torn).unwrap(), bytes, "{cut}");
    }
}

/// After a loss of power a file can have its new length and none of the text.
#[test]
fn rubbish_at_the_end_is_passed_over() {
    let (_folder, path, journal) = new_journal();
    journal.test(&test("greets")).unwrap();
    drop(journal);
    let whole = fs::read(&path).unwrap();
    for rubbish in [&b"\0\0\0\0"[..], b"\0\0\0\n", b"\xff\xfe\n", b"{\"kind\":\"te\n", b"\n"] {
        fs::write(&path, [&whole, rubbish].concat()).unwrap();
        assert_eq!(Journal::read(&path).unwrap().tests.len(), 1);
        let (journal, recording) = Journal::resume(&path, &header()).unwrap();
        assert_eq!(recording.tests.len(), 1);
        drop(journal);
        assert_eq!(fs::read(&path).unwrap(), whole);
    }
}

#[test]
fn a_damaged_line_in_the_middle_is_an_error_with_its_place() {
    let (_folder, path, journal) = new_journal();
    journal.run(&run("greets", 1)).unwrap();
    journal.test(&test("greets")).unwrap();
    drop(journal);
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = text.lines().collect();
    for (damaged, reason) in [
        ("{\"kind\":\"run\",", "EOF while parsing a value at column"),
        ("\0\0\0", "expected value at column 1"),
        ("", "EOF while parsing"),
        ("{\"kind\":\"run\"}", "missing field `test`"),
        ("{\"kind\":\"nap\"}", "unknown variant `nap`"),
        ("{\"test\":\"greets\"}", "missing field `kind`"),
        (&lines[0].replace("my-agent", "other"), "a header of another suite or agent"),
    ] {
        let bytes = format!("{}\n{damaged}\n{}\n", lines[0], lines[2]);
        fs::write(&path, &bytes).unwrap();
        for error in [
            Journal::read(&path).unwrap_err(),
            Journal::resume(&path, &header()).map(drop).unwrap_err(),
        ] {
            let text = error.to_string();
            assert!(matches!(error, JournalError::Corrupt { line: 2, .. }), "{text}");
            assert!(text.contains(&format!("{}:2: ", path.display())), "{text}");
            assert!(text.contains(reason), "{text}");
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), bytes, "resuming changed it");
    }
}

/// A last line that is whole but says something else is damage: nothing was torn there.
#[test]
fn a_last_record_of_another_shape_is_an_error() {
    let (_folder, path, journal) = new_journal();
    drop(journal);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}{{\"kind\":\"test\",\"test\":7}}\n")).unwrap();
    let error = Journal::read(&path).unwrap_err();
    assert!(matches!(error, JournalError::Corrupt { line: 2, .. }), "{error}");
}

/// Whatever happens to the bytes: no panic, and no change where going on is refused.
#[test]
fn damage_anywhere_is_survived() {
    let (folder, path, journal) = new_journal();
    for number in 1..4 {
        journal.run(&run("greets", number)).unwrap();
        let line = crate::sample::event_line(0);
        let event = atp_protocol::Event::parse(&line, header().started_at).unwrap();
        journal.events("greets", number, 1).push(&event).unwrap();
    }
    journal.test(&test("greets")).unwrap();
    drop(journal);
    let events = |path: &std::path::Path| path.with_extension("jsonl.events.jsonl");
    let whole = [fs::read(&path).unwrap(), fs::read(events(&path)).unwrap()];
    let damaged = folder.path().join("damaged.jsonl");
    let mut rng = fastrand::Rng::with_seed(9);
    let mut refused = 0;
    for _ in 0..1000 {
        let files = whole.clone().map(|mut bytes| {
            let (at, length) = (rng.usize(..bytes.len()), rng.usize(..40));
            let end = bytes.len().min(at + length);
            let byte = [b'\n', b'0', b'"', b'{', 0, 0xff][rng.usize(..6)];
            match rng.u8(..3) {
                0 => bytes[at] = byte,
                1 => drop(bytes.drain(at..end)),
                _ => bytes.extend_from_within(at..end),
            }
            bytes
        });
        replace(&damaged, &files[0]);
        replace(&events(&damaged), &files[1]);
        let read = Journal::read(&damaged);
        let count = Journal::events_of(&damaged).unwrap().filter(Result::is_ok).count();
        assert!(count <= 6);
        match Journal::resume(&damaged, &header()) {
            Ok((_, recording)) => {
                let records = |recording: Recording| (recording.runs, recording.tests);
                let after = Journal::read(&damaged).unwrap();
                assert_eq!(after, recording);
                assert_eq!(read.map(records).unwrap_or_default(), records(recording));
            }
            Err(error) => {
                assert!(!matches!(error, JournalError::Write { .. }), "{error}");
                assert_eq!(fs::read(&damaged).unwrap(), files[0], "{error}");
                refused += 1;
            }
        }
    }
    assert!((100..900).contains(&refused), "{refused}");
}
