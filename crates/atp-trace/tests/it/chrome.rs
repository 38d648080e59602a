//! A reader written for the trace files of a compiler takes ours too.

use atp_trace::{Arg, ChromeTrace, Event, Track};
use serde_json::{Value, json};
use std::io;
use std::time::Duration;
use typescript_tsbuildinfo::{TraceEvent, TraceEventType};

const MAIN: Track = Track { process: 1, thread: 2 };

fn us(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

fn whole_file() -> Vec<u8> {
    let mut trace = ChromeTrace::new(Vec::new());
    trace.name_process(1, "atp").unwrap();
    trace.name_thread(MAIN, "main \"thread\"\n").unwrap();
    let args = [
        ("text", Arg::Text("a\\b\u{1}")),
        ("whole", u64::MAX.into()),
        ("signed", i64::MIN.into()),
        ("part", 0.25.into()),
        ("none", f64::NAN.into()),
        ("yes", true.into()),
    ];
    let run = Event::new("run").with_args(&args);
    trace.complete(MAIN, us(1), Duration::from_nanos(2_001), &run).unwrap();
    let task = Event::new("task").with_category("async");
    trace.flow_start(MAIN, 9, us(1), &Event::new("spawn")).unwrap();
    trace.flow_end(Track { process: 1, thread: 3 }, 9, us(4), &Event::new("spawn")).unwrap();
    trace.async_begin(MAIN, 31, us(2), &task).unwrap();
    trace.async_end(MAIN, 31, us(8), &task).unwrap();
    trace.instant(MAIN, us(5), &Event::new("reset")).unwrap();
    trace.counter(1, us(6), &Event::new("rss").with_args(&[("bytes", 12_u64.into())])).unwrap();
    trace.finish().unwrap()
}

#[test]
fn a_foreign_reader_takes_every_kind_of_event() {
    let file = whole_file();
    let events: Vec<TraceEvent> = serde_json::from_slice(&file).unwrap();
    let kinds: Vec<_> = events.iter().map(|event| event.ph.clone()).collect();
    assert_eq!(
        kinds,
        [
            TraceEventType::Metadata,
            TraceEventType::Metadata,
            TraceEventType::Complete,
            TraceEventType::FlowStart,
            TraceEventType::FlowEnd,
            TraceEventType::AsyncStart,
            TraceEventType::AsyncEnd,
            TraceEventType::Instant,
            TraceEventType::Counter,
        ]
    );
    assert_eq!(events[2].name, "run");
}

#[test]
fn fields_are_those_of_the_format() {
    let events: Vec<Value> = serde_json::from_slice(&whole_file()).unwrap();
    assert_eq!(events[1]["args"], json!({"name": "main \"thread\"\n"}));
    assert_eq!(
        events[2],
        json!({"name": "run", "cat": "atp", "ph": "X", "ts": 1.0, "dur": 2.001, "pid": 1, "tid": 2,
            "args": {"text": "a\\b\u{1}", "whole": u64::MAX, "signed": i64::MIN, "part": 0.25,
                     "none": null, "yes": true}})
    );
    assert_eq!(events[4]["bp"], "e");
    assert_eq!((&events[3]["id"], &events[4]["id"]), (&json!("0x9"), &json!("0x9")));
    assert_eq!(events[5]["id2"], json!({"local": "0x1f"}));
    assert_eq!(events[6]["cat"], "async");
}

#[test]
fn a_trace_without_events_is_an_empty_array() {
    let file = ChromeTrace::new(Vec::new()).finish().unwrap();
    assert_eq!(serde_json::from_slice::<Vec<Value>>(&file).unwrap(), Vec::<Value>::new());
}

#[test]
fn a_file_cut_short_lacks_only_its_bracket() {
    let file = whole_file();
    let cut = file.strip_suffix(b"\n]\n").unwrap();
    let closed = [cut, b"]"].concat();
    assert_eq!(serde_json::from_slice::<Vec<Value>>(&closed).unwrap().len(), 9);
}

/// A disk that is full after `room` bytes.
struct Full {
    room: usize,
}

impl io::Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.room < bytes.len() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.room -= bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_writer_that_fails_is_reported_by_the_call_that_met_it() {
    let mut trace = ChromeTrace::new(Full { room: 200 });
    trace.name_process(1, "atp").unwrap();
    let error = trace.name_process(1, &"x".repeat(200)).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
}
