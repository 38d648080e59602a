//! Reading event lines, beside parsing the same line without looking at it.

use atp_benches::ThreadTime;
use atp_protocol::{EventDefaults, EventOrder, PartialEvent, Timestamp};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::Value;
use serde_json::value::RawValue;
use std::hint::black_box;

/// A usual event: 245 bytes.
const LINE: &str = r#"{"version":"1.0","task_id":"3f2b8c1e-9d47-4a6b-8e15-0c7d92f4ab36","timestamp":"2026-03-14T09:26:53.589793Z","sequence":421700,"event_type":"tool_call","payload":{"tool":"read_file","input":{"path":"src/lib.rs"},"duration_ms":12.5,"status":"ok"}}"#;

fn event_line(criterion: &mut Criterion<ThreadTime>) {
    assert_eq!(LINE.len(), 245);
    let received = Timestamp::now();
    let mut group = criterion.benchmark_group("event_line_245");
    group.throughput(Throughput::Elements(1));
    group.bench_function("partial_event", |bencher| {
        bencher.iter(|| PartialEvent::parse(black_box(LINE)));
    });
    group.bench_function("complete_and_in_order", |bencher| {
        let mut defaults = EventDefaults::new("3f2b8c1e-9d47-4a6b-8e15-0c7d92f4ab36");
        let mut order = EventOrder::lenient();
        bencher.iter(|| {
            let event = PartialEvent::parse(black_box(LINE)).map(|partial| {
                let event = partial.complete(&mut defaults, received);
                (order.check(&event).is_ok(), event.sequence)
            });
            event.ok()
        });
    });
    group.bench_function("serde_json_value", |bencher| {
        bencher.iter(|| serde_json::from_str::<Value>(black_box(LINE)));
    });
    group.bench_function("serde_json_skipped", |bencher| {
        bencher.iter(|| serde_json::from_str::<&RawValue>(black_box(LINE)));
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(ThreadTime);
    targets = event_line
}
criterion_main!(benches);
