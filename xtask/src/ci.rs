//! `cargo xtask ci`: everything a change must pass.

use crate::{
    Outcome, bench, deny, docs, features, lint, loom, memcheck,
    process::{self, cargo, no_arguments},
    test, tool,
};
use std::{ffi::OsString, process::ExitCode, time::Instant};

type Step = fn(Vec<OsString>) -> Outcome;

/// The steps, so ordered that a mistake shows early. The smoke run of the main job comes last: it
/// measures, and wants the machine for itself.
const STEPS: &[(&str, Step)] = &[
    ("lint", lint::run),
    ("features", features::run),
    ("test", test::run),
    ("docs", docs::run),
    ("deny", deny::run),
    ("loom", loom::run),
    ("memcheck", memcheck::run),
    ("bench", smoke),
];

/// Installs what the steps need, then runs them all, and names those that failed.
pub(crate) fn run(args: Vec<OsString>) -> Outcome {
    no_arguments(&args)?;
    tool::CARGO_DENY.ensure()?;
    if let Err(error) = tool::VALGRIND.ensure() {
        eprintln!("skipped: memcheck, because {error}");
    }
    if let Err(error) = tool::REDIS.ensure() {
        eprintln!("skipped: the tests of shared rate limits, because {error}");
    }
    if let Err(error) = tool::CHROMIUM.ensure() {
        eprintln!("skipped: the tests of the page of a run in a browser, because {error}");
    }
    let mut failed = Vec::new();
    for (name, step) in STEPS {
        eprintln!("\n== {name}");
        let start = Instant::now();
        let passed = match step(Vec::new()) {
            Ok(code) => code == ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{name}: {error}");
                false
            }
        };
        let seconds = start.elapsed().as_secs();
        eprintln!("== {name}: {} in {seconds} s", if passed { "passed" } else { "FAILED" });
        if !passed {
            failed.push(*name);
        }
    }
    if failed.is_empty() {
        println!("ci: all {} steps passed", STEPS.len());
        return Ok(ExitCode::SUCCESS);
    }
    println!("ci: failed: {}", failed.join(", "));
    Ok(ExitCode::FAILURE)
}

/// Runs the main job without the gate, which a pull request's variable asks for: comparing with the
/// merge base is the benchmark workflow's, which fetches the whole history for it.
///
/// A target that this machine misses while it has other work is told and fails nothing: here it is
/// only asked whether the job runs. Run for itself, `cargo xtask bench` ends with 2.
fn smoke(_: Vec<OsString>) -> Outcome {
    let words = ["run", "--quiet", "--package", "xtask", "--", "bench"];
    let status = process::status(cargo(&words).env_remove("GITHUB_BASE_REF"))?;
    if status.code() == Some(bench::MISSED.into()) {
        eprintln!("a target was missed on this machine; cargo xtask bench would fail");
        return Ok(ExitCode::SUCCESS);
    }
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
