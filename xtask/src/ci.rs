//! `cargo xtask ci`: everything a change must pass.

use crate::{
    Outcome, bench, deny, docs, features, lint, loom, memcheck,
    process::{self, cargo, no_arguments},
    release::interfaces,
    test,
    tool::{self, Tool},
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
    ("semver", interfaces::run),
    ("loom", loom::run),
    ("memcheck", memcheck::run),
    ("bench", smoke),
];

/// What the steps use beyond a Rust toolchain. What cannot be installed is left out, and told.
const TOOLS: &[&Tool] = &[&tool::CARGO_DENY, &tool::VALGRIND, &tool::REDIS, &tool::CHROMIUM];

/// Installs what the steps need, then runs them all, and names those that failed.
pub(crate) fn run(args: Vec<OsString>) -> Outcome {
    no_arguments(&args)?;
    let mut missing = Vec::new();
    for tool in TOOLS {
        if let Err(error) = tool.ensure() {
            eprintln!("{error}");
            missing.push(tool);
        }
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
    // Again, where it is read: a step without its tool passes.
    missing.iter().for_each(|tool| tool.say_skipped());
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
