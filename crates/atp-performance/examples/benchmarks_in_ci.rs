//! Benchmarks in CI: a report for the job's summary, and an exit code that fails on a regression.
//!
//!     cargo run --release -p atp-performance --example benchmarks_in_ci
//!
//! As a step of a workflow that is the whole line: 0 is a pass, 2 a slowdown that noise does not
//! explain. A repository compares two builds; so that this file is all there is, it compares two
//! functions, each measured in fresh processes of this very program.
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use atp_performance::{Benchmark, BenchmarkSuite, Gate, Verdict};
use std::{
    env,
    error::Error,
    fs::OpenOptions,
    hint::black_box,
    io::Write,
    process::{Command, ExitCode},
    time::Duration,
};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let benchmark = Benchmark::new().with_target_time(Duration::from_millis(20));
    let numbers: Vec<u32> = (0..1_000).map(|n| n * 7_919 % 1_009).collect();
    // A process of its own for each figure: prints the nanoseconds of one call.
    if let Some(side) = env::args().nth(1) {
        let side = if side == "old" { distinct_old } else { distinct_new };
        println!("{}", benchmark.run("distinct", || side(black_box(&numbers))).min_seconds * 1e9);
        return Ok(ExitCode::SUCCESS);
    }

    let mut suite = BenchmarkSuite::new("Distinct numbers");
    suite.push(benchmark.run("old", || distinct_old(black_box(&numbers))));
    suite.push(benchmark.run("new", || distinct_new(black_box(&numbers))));
    suite.finish();
    println!("{}", suite.format_report());
    if let Some(summary) = env::var_os("GITHUB_STEP_SUMMARY") {
        let mut file = OpenOptions::new().append(true).create(true).open(summary)?;
        file.write_all(suite.to_markdown().as_bytes())?;
    }

    let decision = Gate::new().decide(|rounds| {
        let pair = |_| Ok::<_, Box<dyn Error>>((figure("old")?, figure("new")?));
        (0..rounds).map(pair).collect()
    })?;
    let Some(ratio) = decision.ratio else { return Err("no figures to compare".into()) };
    println!("{:?}: new takes {ratio:.2} times as long as old", decision.verdict);
    Ok(if decision.verdict == Verdict::Slower { ExitCode::from(2) } else { ExitCode::SUCCESS })
}

fn figure(side: &str) -> Result<f64, Box<dyn Error>> {
    let output = Command::new(env::current_exe()?).arg(side).output()?;
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

fn distinct_old(numbers: &[u32]) -> usize {
    let mut seen = Vec::new();
    for number in numbers {
        if !seen.contains(number) {
            seen.push(*number);
        }
    }
    seen.len()
}

fn distinct_new(numbers: &[u32]) -> usize {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    sorted.len()
}
