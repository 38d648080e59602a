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
    hash::{BuildHasher, Hasher, RandomState},
    hint::black_box,
    time::{Duration, Instant},
};

/// Times that a process makes an operation's inputs anew, each time somewhere else.
const LAYOUTS: u64 = 5;
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
    let (name, task) = match Order::parse(arguments)? {
        Order::List => return Ok(answer::line(&list(sets))),
        Order::One { name, task } => (name, task),
    };
    let entry = find(sets, &name)?;
    Ok(match task {
        Task::Calibrate => {
            let iterations = batch_of((entry.make)().as_mut(), Duration::MAX).await;
            answer::line(&Calibrated { schema: SCHEMA, name, iterations })
        }
        Task::Sample { iterations, samples } => {
            let samples_ns = sample(entry, iterations, samples).await;
            answer::line(&Sampled { schema: SCHEMA, name, iterations, samples_ns })
        }
        Task::Count { iterations } => {
            answer::line(&count(name, (entry.make)().as_mut(), iterations).await)
        }
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

/// Takes the samples, a part of them in each of several layouts of memory. Nothing is taken off
/// them, because both sides of a comparison carry the same.
async fn sample(entry: &Entry, iterations: u64, samples: u64) -> Vec<u64> {
    let layouts = LAYOUTS.min(samples);
    let mut nanos = Vec::new();
    // What is given back to the allocator is handed out again at the same place.
    let mut kept = Vec::new();
    for layout in 1..=layouts {
        let displaced = displacement();
        let mut operation = (entry.make)();
        let start = Instant::now();
        while start.elapsed() < WARMUP {
            operation.sample(1).await;
        }
        while (nanos.len() as u64) < samples * layout / layouts {
            let elapsed = operation.sample(iterations).await.elapsed;
            nanos.push(u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX));
        }
        kept.push((operation, displaced));
    }
    nanos
}

/// Takes a random part of the heap, so that what is allocated afterwards lies elsewhere.
///
/// Where an input falls within cache lines can make a tenth of a difference. Left alone it follows
/// from what the program allocated before, down to the length of its own path, and is the same in
/// every process: a comparison would take it for a property of the build.
fn displacement() -> Vec<u8> {
    let random = RandomState::new().build_hasher().finish();
    black_box(Vec::with_capacity(16 * (random % 256) as usize))
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
