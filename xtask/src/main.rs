//! Builds, checks, measures and releases the workspace: `cargo xtask TASK`.
//!
//! One file a task. Each needs nothing but cargo; where another tool would help, the task says
//! how to get it and what it skipped.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a task runner talks to the person who started it"
)]

mod bench;
mod ci;
mod deny;
mod docs;
mod features;
mod lint;
mod loom;
mod memcheck;
mod msrv;
mod process;
mod release;
mod test;
mod tool;

use std::{env, ffi::OsString, process::ExitCode};

/// What a task answers: the exit code, or what stopped it.
type Outcome = Result<ExitCode, Box<dyn std::error::Error>>;

struct Task {
    name: &'static str,
    about: &'static str,
    run: fn(Vec<OsString>) -> Outcome,
}

const TASKS: &[Task] = &[
    Task { name: "bench", about: "the benchmarks, the targets and the gate", run: bench::run },
    Task { name: "ci", about: "everything a change must pass, tools installed", run: ci::run },
    Task { name: "deny", about: "licences, bans, sources and advisories", run: deny::run },
    Task { name: "docs", about: "API documentation, warnings are errors", run: docs::run },
    Task { name: "features", about: "each feature of each library alone", run: features::run },
    Task { name: "lint", about: "rustfmt and clippy, warnings are errors", run: lint::run },
    Task { name: "loom", about: "every interleaving of our own atomics", run: loom::run },
    Task { name: "memcheck", about: "the allocator's tests under valgrind", run: memcheck::run },
    Task { name: "msrv", about: "a check with the oldest supported Rust", run: msrv::run },
    Task {
        name: "release",
        about: "one version of all crates, brought to the registry",
        run: release::run,
    },
    Task {
        name: "semver",
        about: "public interfaces against the last release",
        run: release::interfaces::run,
    },
    Task { name: "test", about: "all tests and doc tests", run: test::run },
];

fn main() -> ExitCode {
    let mut args = env::args_os().skip(1);
    let name = args.next().unwrap_or_default();
    let Some(task) = TASKS.iter().find(|task| name == task.name) else {
        return usage(&name);
    };
    match (task.run)(args.collect()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask {}: {error}", task.name);
            ExitCode::FAILURE
        }
    }
}

/// Lists the tasks; an unknown name is a failure, no name or `--help` is a question.
fn usage(name: &OsString) -> ExitCode {
    let asked = name.is_empty() || name == "--help" || name == "-h";
    if !asked {
        eprintln!("xtask: there is no task named {}\n", name.display());
    }
    println!("usage: cargo xtask TASK [OPTIONS]\n");
    for task in TASKS {
        println!("  {:<8} {}", task.name, task.about);
    }
    if asked { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
