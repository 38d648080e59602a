//! One benchmark in a process of its own: what a comparison of two builds is made of.
//!
//! A worker is a binary whose `main` hands its arguments to [`serve`]. A program that compares
//! builds starts each build's worker many times in turn and reads one line of JSON:
//!
//! | arguments | answer |
//! |---|---|
//! | `--list` | `[`[`Listed`]`, ...]` |
//! | `--exact NAME --calibrate` | [`Calibrated`]: how many calls last about a millisecond |
//! | `--exact NAME --iters K --samples S` | [`Sampled`]: what `S` samples of `K` calls took |
//! | `--exact NAME --count K` | [`Counted`]: allocations of `K` calls, and nothing that depends on time |
//!
//! `--json` is accepted everywhere and is the only form there is.
//!
//! ```no_run
//! use atp_bench::{BenchmarkSet, worker};
//! use std::error::Error;
//!
//! fn main() -> Result<(), Box<dyn Error>> {
//!     let sets = [BenchmarkSet::new("Parsing").with("integer", None, || || "12345".parse::<u32>())];
//!     let runtime = tokio::runtime::Builder::new_current_thread().build()?;
//!     println!("{}", runtime.block_on(worker::serve(&sets, std::env::args_os().skip(1)))?);
//!     Ok(())
//! }
//! ```

mod answer;
mod order;

pub use answer::{Calibrated, Counted, Listed, SCHEMA, Sampled};
pub use order::WorkerError;

use crate::{
    operation::Operation,
    sampling::batch_of,
    set::{BenchmarkSet, Entry},
};
use order::{Order, Task};
use std::{
    ffi::OsString,
    time::{Duration, Instant},
};

/// How long an operation runs before it is sampled.
const WARMUP: Duration = Duration::from_millis(5);
/// Calls before allocations are counted, so that what is made at first use is not.
const UNCOUNTED: u64 = 2;

/// Does what the arguments ask for with one of the benchmarks and returns the answer's line.
///
/// # Errors
///
/// [`WorkerError`] for arguments that make no sense and for an unknown name.
///
/// # Panics
///
/// If the benchmark does.
pub async fn serve(
    sets: &[BenchmarkSet],
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<String, WorkerError> {
    let Order { name, task } = Order::parse(arguments)?;
    let Some(name) = name else { return Ok(answer::line(&list(sets))) };
    let entry = find(sets, &name)?;
    let mut operation = (entry.make)();
    let operation = operation.as_mut();
    Ok(match task {
        Task::List => answer::line(&list(sets)),
        Task::Calibrate => {
            let iterations = batch_of(operation, Duration::MAX).await;
            answer::line(&Calibrated { schema: SCHEMA, name, iterations })
        }
        Task::Sample { iterations, samples } => {
            let samples_ns = sample(operation, iterations, samples).await;
            answer::line(&Sampled { schema: SCHEMA, name, iterations, samples_ns })
        }
        Task::Count { iterations } => answer::line(&count(name, operation, iterations).await),
    })
}

fn list(sets: &[BenchmarkSet]) -> Vec<Listed> {
    let listed = |set: &BenchmarkSet, entry: &Entry| Listed {
        name: entry.name.clone(),
        set: set.name().to_owned(),
        concurrent: entry.concurrent,
    };
    sets.iter().flat_map(|set| set.entries().iter().map(move |entry| listed(set, entry))).collect()
}

fn find<'a>(sets: &'a [BenchmarkSet], name: &str) -> Result<&'a Entry, WorkerError> {
    let mut entries = sets.iter().flat_map(BenchmarkSet::entries);
    entries.find(|entry| entry.name == name).ok_or_else(|| WorkerError::Unknown(name.to_owned()))
}

/// Warms up for a fixed time, then takes the samples as they come: nothing is taken off, because
/// both sides of a comparison carry the same.
async fn sample(operation: &mut dyn Operation, iterations: u64, samples: u64) -> Vec<u64> {
    let start = Instant::now();
    while start.elapsed() < WARMUP {
        operation.sample(1).await;
    }
    let mut nanos = Vec::new();
    for _ in 0..samples {
        let elapsed = operation.sample(iterations).await.elapsed;
        nanos.push(u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX));
    }
    nanos
}

async fn count(name: String, operation: &mut dyn Operation, iterations: u64) -> Counted {
    operation.sample(UNCOUNTED).await;
    let allocations = operation.sample(iterations).await.allocations;
    Counted {
        schema: SCHEMA,
        name,
        iterations,
        allocations: allocations.map(|counted| counted.count),
        allocated_bytes: allocations.map(|counted| counted.bytes),
    }
}

#[cfg(test)]
mod tests;
