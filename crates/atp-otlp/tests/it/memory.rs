//! How much memory an export takes.

use crate::alone::passes_alone;
use crate::collector::Collector;
use crate::fixture::AMPLE;
use crate::large::recording;
use cap::Cap;
use std::alloc::System;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

#[test]
fn an_export_keeps_one_batch_and_not_all_spans() {
    passes_alone("memory::of_ten_thousand_tests", &[]);
}

/// In one request its 40,001 spans took 125 MiB, and 4 MiB in batches of 512.
#[tokio::test]
#[ignore = "needs the process of its own that the test above gives it"]
async fn of_ten_thousand_tests() {
    let recording = recording(10_000, 1);
    let collector = Collector::forgetful().await;
    let before = ALLOCATOR.allocated();
    let exported = atp_otlp::export(&recording, &collector.endpoint, AMPLE).await.unwrap();
    let added = ALLOCATOR.max_allocated() - before;
    assert_eq!(exported.spans, 1 + 4 * 10_000);
    // The batch is there as spans, as messages and as bytes, and once more at the collector.
    assert!(added < 16 << 20, "{added} bytes at the most");
}
