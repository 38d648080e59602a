//! Control parallelism: too few at a time waste time, too many are refused.
//!
//!     cargo run --release -p atp-performance --example control_parallelism
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use atp_performance::{AdaptiveConfig, AdaptiveLimit, ParallelExecutor, Signal};
use std::{
    error::Error,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::{Duration, Instant},
};

const CALLS: usize = 400;
/// What the service takes at a time.
const CAPACITY: usize = 8;

static INSIDE: AtomicUsize = AtomicUsize::new(0);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    println!("{CALLS} calls of 10 ms to a service that takes {CAPACITY} at a time\n");
    println!("limit       time  refused");
    for limit in [2, CAPACITY, 50] {
        report(&limit.to_string(), &ParallelExecutor::new(limit)?).await;
    }
    // Nobody knows the capacity of somebody else's service: find it out, and follow it.
    let limit = AdaptiveLimit::new(AdaptiveConfig::new(50).with_decrease(0.5))?;
    report("adaptive", &ParallelExecutor::with_limit(limit.clone())).await;
    println!("\nthe adaptive limit is at {} now", limit.limit());
    Ok(())
}

async fn report(name: &str, executor: &ParallelExecutor) {
    let start = Instant::now();
    let calls = (0..CALLS).map(|_| service());
    let outcomes = executor
        .run_all_with_signal(calls, |result| match result {
            Ok(()) => Signal::Success,
            Err(Refused) => Signal::Overload,
        })
        .await;
    let refused = outcomes.iter().filter(|outcome| !outcome.is_done()).count();
    println!("{name:<8} {:>7.0?} {refused:>8}", start.elapsed());
}

struct Refused;

/// Takes 10 ms, also to refuse who comes while it is full.
async fn service() -> Result<(), Refused> {
    let has_room = INSIDE.fetch_add(1, Relaxed) < CAPACITY;
    tokio::time::sleep(Duration::from_millis(10)).await;
    INSIDE.fetch_sub(1, Relaxed);
    if has_room { Ok(()) } else { Err(Refused) }
}
