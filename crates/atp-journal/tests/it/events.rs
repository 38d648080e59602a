//! Events, kept in a file of their own.

use crate::child;
use crate::sample::{event_line, header, new_journal};
use atp_journal::{EventSpool, Journal};
use atp_protocol::{Event, EventOrder, Timestamp, limits};
use std::fs;

fn push(spool: &mut EventSpool, line: &str) {
    spool.push(&Event::parse(line, Timestamp::from_micros(7)).unwrap()).unwrap();
}

#[test]
fn events_read_back_as_they_came() {
    let (_folder, path, journal) = new_journal();
    let lines = [
        r#"{"task_id":"t","sequence":3,"event_type":"progress","payload":{}}"#,
        "{\"task_id\":\"\\u00e9\\n\",\"sequence\":4,\"event_type\":\"error\",\n\"payload\":\n{\"a\":\n[1,\r\n\"\\n\"]}}",
        r#"{"task_id":"t","timestamp":"2026-03-14T09:26:53Z","sequence":18446744073709551615,"event_type":"reasoning","payload":{"deep":{"e":1e999}}}"#,
    ];
    let mut spool = journal.events("greets \"\u{1f980}\"\n", 2, 7);
    lines.iter().for_each(|line| push(&mut spool, line));
    let counts = spool.finish().unwrap();
    assert_eq!((counts.events, counts.spooled, counts.dropped), (3, 0, 0));

    let read: Vec<_> = Journal::events_of(&path).unwrap().map(Result::unwrap).collect();
    assert_eq!(read.len(), 3);
    for (read, line) in read.iter().zip(lines) {
        assert_eq!((read.test(), read.run(), read.attempt()), ("greets \"\u{1f980}\"\n", 2, 7));
        let event = Event::parse(line, Timestamp::from_micros(7)).unwrap();
        assert_eq!(read.event().task_id, event.task_id);
        assert_eq!(read.event().timestamp, event.timestamp);
        assert_eq!(read.event().sequence, event.sequence);
        assert_eq!(read.event().event_type, event.event_type);
        assert_eq!(read.event().payload.get(), event.payload.get().replace('\n', " "));
    }
    let text = fs::read_to_string(path.with_file_name("run.jsonl.events.jsonl")).unwrap();
    assert_eq!(text.lines().count(), 4, "{text}");
    let bytes: usize = text.split_inclusive('\n').skip(1).map(str::len).sum();
    assert_eq!(counts.bytes, bytes as u64);
}

/// What is no event never comes here, whatever bytes it has: it is the reader of the agent's
/// output that counts it. What is left of it in a record is text.
#[test]
fn lines_that_are_no_text_leave_the_file_whole() {
    let (_folder, path, journal) = new_journal();
    let mut spool = journal.events("greets", 1, 1);
    let mut record = crate::sample::run("greets", 1);
    let mut line = event_line(1).into_bytes();
    push(&mut spool, &event_line(0));
    for byte in [0xff, 0xc0, 0x80] {
        let at = line.len() / 2;
        line[at] = byte;
        match Event::parse(&line, Timestamp::now()) {
            Ok(event) => spool.push(&event).unwrap(),
            Err(_) => {
                record.invalid_events += 1;
                record.first_invalid = Some(String::from_utf8_lossy(&line).into_owned());
            }
        }
    }
    push(&mut spool, &event_line(2));
    spool.finish().unwrap();
    journal.run(&record).unwrap();
    assert_eq!(record.invalid_events, 3);
    assert_eq!(Journal::read(&path).unwrap().runs, [record]);
    let sequences = Journal::events_of(&path).unwrap().map(|event| event.unwrap().event().sequence);
    assert_eq!(sequences.collect::<Vec<_>>(), [0, 2]);
}

#[test]
fn x7_a_run_that_is_dropped_keeps_its_events() {
    let (_folder, path, journal) = new_journal();
    let mut spool = journal.events("greets", 1, 1);
    push(&mut spool, &event_line(0));
    assert_eq!(Journal::events_of(&path).unwrap().count(), 0);
    drop(spool);
    drop(journal.events("sums", 1, 1));
    assert_eq!(Journal::events_of(&path).unwrap().count(), 1);
}

#[test]
fn what_leaves_memory_early_is_counted() {
    let (_folder, path, journal) = new_journal();
    let mut spool = journal.events("greets", 1, 1);
    let mut sequence = 0;
    while spool.counts().spooled == 0 {
        push(&mut spool, &event_line(sequence));
        sequence += 1;
    }
    let in_file = Journal::events_of(&path).unwrap().count() as u64;
    assert_eq!((spool.counts().spooled, spool.counts().events), (in_file, sequence));
    assert!(spool.counts().bytes >= EventSpool::BUFFER_BYTES as u64 - 1000);
    push(&mut spool, &event_line(sequence));
    let counts = spool.finish().unwrap();
    assert_eq!((counts.spooled, counts.events), (sequence, sequence + 1));
    assert_eq!(Journal::events_of(&path).unwrap().count() as u64, counts.events);
}

/// The largest event that an agent may send, and one that grows beyond that as it is completed.
#[test]
fn huge_events_are_kept_up_to_the_length_of_a_line() {
    let (_folder, path, journal) = new_journal();
    let line = |bytes: usize, time: &str| {
        let start = format!(
            r#"{{"version":"1.0","task_id":"t",{time}"sequence":1,"event_type":"progress","payload":{{"a":""#
        );
        let line = format!("{start}{}\"}}}}", "x".repeat(bytes - start.len() - 3));
        assert_eq!(line.len(), bytes);
        line
    };
    let mut spool = journal.events("greets", 1, 1);
    push(&mut spool, &event_line(0));
    push(&mut spool, &line(limits::EVENT_LINE_BYTES - 1, r#""timestamp":"2026-03-14T09:26:53Z","#));
    push(&mut spool, &line(limits::EVENT_LINE_BYTES, ""));
    push(&mut spool, &event_line(2));
    let counts = spool.finish().unwrap();
    assert_eq!((counts.events, counts.dropped), (3, 1));
    let read: Vec<_> = Journal::events_of(&path).unwrap().map(Result::unwrap).collect();
    assert_eq!(read.len(), 3);
    assert!(read[1].event().payload.get().len() > limits::EVENT_LINE_BYTES - 200);
    // And a run goes on behind it.
    drop(journal);
    let before = fs::metadata(path.with_file_name("run.jsonl.events.jsonl")).unwrap().len();
    let (journal, _) = Journal::resume(&path, &header()).unwrap();
    assert_eq!(journal.session_number(), 1);
    let after = fs::metadata(path.with_file_name("run.jsonl.events.jsonl")).unwrap().len();
    assert_eq!(before, after);
}

#[test]
#[ignore = "for a process of its own, whose memory is measured"]
fn a_million_events_in_little_memory() {
    const EVENTS: u64 = 1_000_000;
    let path = child::path();
    let journal = Journal::create(&path, &header()).unwrap();
    let resident = || memory_stats::memory_stats().unwrap().physical_mem;
    let mut spool = journal.events("greets", 1, 1);
    let mut order = EventOrder::strict();
    let (idle, mut peak) = (resident(), 0);
    let line = event_line(0);
    let mut event = Event::parse(&line, Timestamp::now()).unwrap();
    for sequence in 0..EVENTS {
        event.sequence = sequence;
        order.check(&event).unwrap();
        spool.push(&event).unwrap();
        if sequence % 10_000 == 0 {
            peak = peak.max(resident());
        }
    }
    let counts = spool.finish().unwrap();
    assert_eq!((order.accepted(), counts.events, counts.dropped), (EVENTS, EVENTS, 0));
    assert!(counts.spooled > EVENTS - 1000);
    assert!(peak < idle + (2 << 20), "from {idle} to {peak} bytes while writing");

    // A resumed run does not look at them, and a report reads them one by one.
    drop(journal);
    let (journal, _) = Journal::resume(&path, &header()).unwrap();
    assert_eq!(journal.session_number(), 1);
    let events = Journal::events_of(&path).unwrap();
    let last = events.take(EVENTS as usize / 10).map(Result::unwrap).last().unwrap();
    assert_eq!(last.event().sequence, EVENTS / 10 - 1);
    let after = resident();
    assert!(after < idle + (2 << 20), "from {idle} to {after} bytes while reading");
    println!("{} KiB above idle while writing", peak.saturating_sub(idle) >> 10);
}

#[test]
fn memory_stays_flat_over_a_million_events() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.jsonl");
    let output =
        child::command("events::a_million_events_in_little_memory", &path).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}
