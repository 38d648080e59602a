//! Building the worker of the working tree or of a checkout.

use super::{Failure, worker::Worker};
use crate::process;
use serde::Deserialize;
use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Where the worker's source lies; a revision without it has nothing to compare with.
pub(super) const SOURCE: &str = "crates/atp-bench/src/bin/atp-bench-worker/main.rs";

/// What a comparison builds on both sides: nothing beside the worker, because the features of
/// shared libraries are those of all that is built together.
const WORKER: &[&str] = &[
    "build",
    "--release",
    "--package=atp-bench",
    "--features=atp-bench/standard",
    "--bin=atp-bench-worker",
];

/// Functions begin at cache lines, so that code which merely moved runs as before.
const ALIGNED: &str = "-Cllvm-args=-align-all-functions=6";

/// What the main job needs beside the worker, built together with it in less time.
const PROGRAM: &[&str] = &["--package=atp-cli", "--bin=atp"];

/// The two binaries of the main job.
pub(super) struct Built {
    pub(super) worker: Worker,
    /// The `atp` program.
    pub(super) program: PathBuf,
}

/// Builds the worker and the program of the working tree.
pub(super) fn all(root: &Path) -> Result<Built, Failure> {
    let mut build = process::cargo(WORKER);
    let binaries = executables(build.args(PROGRAM).current_dir(root))?;
    let worker = Worker::new(named(&binaries, "atp-bench-worker")?);
    Ok(Built { worker, program: named(&binaries, "atp")? })
}

/// Builds the program of the working tree.
pub(super) fn program(root: &Path) -> Result<PathBuf, Failure> {
    let mut build = process::cargo(&["build", "--release"]);
    named(&executables(build.args(PROGRAM).current_dir(root))?, "atp")
}

/// Builds the worker of the working tree.
pub(super) fn candidate(root: &Path) -> Result<Worker, Failure> {
    let binaries = executables(process::cargo(WORKER).current_dir(root))?;
    Ok(Worker::new(named(&binaries, "atp-bench-worker")?))
}

/// The compiler's flags for the worker of a checkout.
pub(super) fn flags() -> String {
    format!("{} {ALIGNED}", env::var("RUSTFLAGS").unwrap_or_default())
}

/// Builds the worker of a checkout, into a target folder that outlives it.
pub(super) fn checkout(tree: &Path, target: &Path) -> Result<PathBuf, Failure> {
    let mut build = process::cargo(WORKER);
    build.arg("--target-dir").arg(target).current_dir(tree);
    // The second form of the variable would take the place of the first.
    build.env("RUSTFLAGS", flags()).env_remove("CARGO_ENCODED_RUSTFLAGS");
    named(&executables(&mut build)?, "atp-bench-worker")
}

/// One line of cargo's JSON messages, as far as it matters here.
#[derive(Deserialize)]
struct Message {
    executable: Option<PathBuf>,
}

/// Runs a build and returns where its binaries lie.
fn executables(build: &mut Command) -> Result<Vec<PathBuf>, Failure> {
    build.arg("--message-format=json-render-diagnostics").stderr(Stdio::inherit());
    let output = build.output().map_err(|error| format!("cargo build: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo build ended with {}", output.status).into());
    }
    let lines = String::from_utf8(output.stdout)?;
    let messages = lines.lines().filter_map(|line| serde_json::from_str::<Message>(line).ok());
    Ok(messages.filter_map(|message| message.executable).collect())
}

fn named(binaries: &[PathBuf], name: &str) -> Result<PathBuf, Failure> {
    let found = binaries.iter().find(|path| path.file_stem().is_some_and(|stem| stem == name));
    found.cloned().ok_or_else(|| format!("cargo build named no binary {name}").into())
}
