//! Events of a run on their way to the file, beside writing each as JSON by itself; and what a
//! test costs in records.

use atp_benches::ThreadTime;
use atp_journal::{Header, Journal, RunRecord, RunStatus, TestRecord, TestStatus};
use atp_protocol::{Event, EventOrder, Timestamp};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::fs::File;
use std::hint::black_box;
use std::io::Write;

/// A usual event: 241 bytes, of which the sequence number is the only part that changes.
fn line(sequence: usize) -> String {
    format!(
        r#"{{"version":"1.0","task_id":"3f2b8c1e-9d47-4a6b-8e15-0c7d92f4ab36","timestamp":"2026-03-14T09:26:53.589793Z","sequence":{sequence:>5},"event_type":"tool_call","payload":{{"tool":"read_file","input":{{"path":"src/lib.rs"}},"duration_ms":12.5,"status":"ok"}}}}"#
    )
}

/// Events that one sample handles, so that what a spool holds back is a small part of it.
const EVENTS: usize = 10_000;

fn events(criterion: &mut Criterion<ThreadTime>) {
    let lines: Vec<_> = (0..EVENTS).map(line).collect();
    let received = Timestamp::now();
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mut group = criterion.benchmark_group("journal_10000_events");
    group.throughput(Throughput::ElementsAndBytes {
        elements: EVENTS as u64,
        bytes: lines.iter().map(|line| line.len() as u64).sum(),
    });

    let path = folder.path().join("ours.jsonl");
    let journal = || {
        let header = Header::new("bench", "sha256:0", "none", "builtin");
        Journal::create(&path, &header).expect("a journal can be made")
    };
    let write = |journal: Journal| {
        let mut spool = journal.events("test", 1, 1);
        let mut order = EventOrder::strict();
        for line in &lines {
            let event = Event::parse(black_box(line), received).expect("a valid event");
            order.check(&event).expect("an event in its place");
            spool.push(&event).expect("room on the disk");
        }
        spool.finish().expect("room on the disk")
    };
    group.bench_function("parsed_ordered_journalled", |bencher| {
        bencher.iter_batched(journal, write, BatchSize::PerIteration);
    });
    write(journal());
    group.bench_function("read_back", |bencher| {
        bencher.iter(|| {
            let events = Journal::events_of(&path).expect("it was just written");
            assert_eq!(events.filter(Result::is_ok).count(), EVENTS);
        });
    });
    group.bench_function("parsed_and_ordered", |bencher| {
        bencher.iter(|| {
            let mut order = EventOrder::strict();
            for line in &lines {
                let event = Event::parse(black_box(line), received).expect("a valid event");
                order.check(&event).expect("an event in its place");
            }
            order.accepted()
        });
    });
    let path = folder.path().join("theirs.jsonl");
    let file = || File::create(&path).expect("a file can be made");
    group.bench_function("serde_json_and_write", |bencher| {
        let write = |mut file: File| {
            let mut order = EventOrder::strict();
            for line in &lines {
                let event = Event::parse(black_box(line), received).expect("a valid event");
                order.check(&event).expect("an event in its place");
                let mut bytes = serde_json::to_vec(&event).expect("an event is JSON");
                bytes.push(b'\n');
                file.write_all(&bytes).expect("room on the disk");
            }
        };
        bencher.iter_batched(file, write, BatchSize::PerIteration);
    });
    group.finish();
}

/// The two lines of a test with one run, written and read.
fn records(criterion: &mut Criterion<ThreadTime>) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("run.jsonl");
    let header = Header::new("bench", "sha256:0", "none", "builtin");
    let run = RunRecord::new("some-test", 1, RunStatus::Passed);
    let test = TestRecord::new("some-test", TestStatus::Passed);
    let mut group = criterion.benchmark_group("journal_1000_tests");
    group.throughput(Throughput::Elements(1000));
    group.bench_function("run_and_test", |bencher| {
        let journal = || Journal::create(&path, &header).expect("a journal can be made");
        let write = |journal: Journal| {
            for _ in 0..1000 {
                journal.run(black_box(&run)).expect("room on the disk");
                journal.test(black_box(&test)).expect("room on the disk");
            }
        };
        bencher.iter_batched(journal, write, BatchSize::PerIteration);
    });
    group.finish();

    let mut group = criterion.benchmark_group("journal_resumed");
    group.sample_size(20);
    for tests in [1_000, 10_000] {
        let journal = Journal::create(&path, &header).expect("a journal can be made");
        for index in 0..tests {
            let name = format!("test-{index}");
            journal.run(&RunRecord::new(&*name, 1, RunStatus::Passed)).expect("room on the disk");
            journal.test(&TestRecord::new(name, TestStatus::Passed)).expect("room on the disk");
        }
        drop(journal);
        group.throughput(Throughput::Elements(tests));
        group.bench_function(BenchmarkId::from_parameter(tests), |bencher| {
            bencher.iter(|| Journal::resume(&path, &header).expect("it was just written").1);
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(ThreadTime);
    targets = events, records
}
criterion_main!(benches);
