//! Measures the standard benchmarks: one of them in a process of its own, or all of them.
//!
//! Arguments are those of [`atp_bench::worker`], and `--suites` and `--chains`, which answer with
//! suites as JSON.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "its answers are what it is for")]

mod chains;

use atp_bench::{
    BenchmarkSuite, async_benchmarks, run_async_benchmarks, run_standard_benchmarks,
    standard_benchmarks, worker,
};
use atp_memory::TrackingAllocator;
use std::{env, error::Error, ffi::OsString, process::ExitCode};
use tokio::runtime;

#[global_allocator]
static ALLOCATOR: TrackingAllocator = TrackingAllocator::system();

fn main() -> ExitCode {
    match answer(env::args_os().skip(1).collect()) {
        Ok(answer) => {
            println!("{answer}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("atp-bench-worker: {error}");
            ExitCode::FAILURE
        }
    }
}

fn answer(arguments: Vec<OsString>) -> Result<String, Box<dyn Error>> {
    let runtime = runtime::Builder::new_current_thread().enable_time().build()?;
    let json = |suite: BenchmarkSuite| suite.to_json();
    if arguments.iter().any(|argument| argument == "--suites") {
        let standard = json(run_standard_benchmarks());
        return Ok(format!("[{standard},{}]", json(runtime.block_on(run_async_benchmarks()))));
    }
    if arguments.iter().any(|argument| argument == "--chains") {
        return Ok(json(chains::measure()));
    }
    let sets = [standard_benchmarks(), async_benchmarks()];
    Ok(runtime.block_on(worker::serve(&sets, arguments))?)
}
