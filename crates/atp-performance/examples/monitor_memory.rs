//! Monitor memory over large suites: what each leaves behind, and a warning at 100 MB.
//!
//!     cargo run --release -p atp-performance --example monitor_memory
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use atp_performance::{
    Environment, GroupBy, TestSuite, TrackingAllocator, enable_memory_tracking, suite, track_memory,
};
use std::{error::Error, fmt::Write};

#[global_allocator]
static ALLOCATOR: TrackingAllocator = TrackingAllocator::system();

const LIMIT_BYTES: i64 = 100_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let tracker = enable_memory_tracking();
    tracker.start()?;
    let mut transcripts = Vec::new();
    for name in ["smoke", "regression", "nightly"] {
        let (suite, change) = track_memory(name, || run(name, &mut transcripts));
        let scope = change.scope.ok_or("the allocator is not installed")?;
        let (net, allocated) = (scope.net_bytes(), scope.allocated_bytes);
        println!(
            "{name:<10} {:>5} tests, allocated {:>6.1} MB, left {:>5.1} MB",
            suite?.tests.len(),
            allocated as f64 / 1e6,
            net as f64 / 1e6
        );
    }
    let report = tracker.stop();
    match report.net_memory_change_bytes() {
        Some(bytes) if bytes > LIMIT_BYTES => {
            println!("\nwarning: {:.0} MB are left, more than 100 MB", bytes as f64 / 1e6);
            // Who holds them? Stacks are sampled, so this figure is an estimate.
            if let Some(site) = report.top_allocators(GroupBy::Function).unwrap_or_default().first()
            {
                println!("about {:.0} MB by {}", site.live_bytes.value as f64 / 1e6, site.name);
            }
        }
        Some(bytes) => println!("\n{:.0} MB are left", bytes as f64 / 1e6),
        None => println!("\nnot measured"),
    }
    Ok(())
}

/// Runs a suite of 2,000 tests and forgets to let go of what the agents said.
fn run(name: &str, transcripts: &mut Vec<String>) -> Result<TestSuite, Box<dyn Error>> {
    let mut text = format!("test_suite: {name}\ntests:\n");
    for n in 0..2_000 {
        writeln!(text, "  - {{id: t{n}, name: Test {n}, task: {{description: Write file {n}}}}}")?;
    }
    let suite = suite::load_str(&text, &Environment::process())?;
    transcripts.extend(suite.tests.iter().map(|test| transcript(&test.id)));
    Ok(suite)
}

fn transcript(test: &str) -> String {
    format!("{test}: I shall write that file. ").repeat(700)
}
