//! Building the worker of the working tree or of a checkout.

use super::{Failure, worker::Worker};
use crate::process;
use serde::Deserialize;
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Where the worker's source lies; a revision without it has nothing to compare with.
pub(super) const SOURCE: &str = "crates/atp-bench/src/bin/atp-bench-worker/main.rs";

const BUILD: &[&str] =
    &["build", "--release", "--package=atp-bench", "--features=standard", "--bin=atp-bench-worker"];

/// Builds the worker of the working tree.
pub(super) fn candidate(root: &Path) -> Result<Worker, Failure> {
    Ok(Worker::new(executable(process::cargo(BUILD).current_dir(root))?))
}

/// Builds the worker of a checkout, into a target folder that outlives it.
pub(super) fn checkout(tree: &Path, target: &Path) -> Result<PathBuf, Failure> {
    let mut build = process::cargo(BUILD);
    // What is compared was locked when it was committed.
    build.arg("--locked").arg("--target-dir").arg(target).current_dir(tree);
    executable(&mut build)
}

/// One line of cargo's JSON messages, as far as it matters here.
#[derive(Deserialize)]
struct Message {
    executable: Option<PathBuf>,
}

/// Runs a build of one binary and returns where it lies.
pub(super) fn executable(build: &mut Command) -> Result<PathBuf, Failure> {
    build.arg("--message-format=json-render-diagnostics").stderr(Stdio::inherit());
    let output = build.output().map_err(|error| format!("cargo build: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo build ended with {}", output.status).into());
    }
    let lines = String::from_utf8(output.stdout)?;
    let messages =
        lines.lines().rev().filter_map(|line| serde_json::from_str::<Message>(line).ok());
    let binary = messages.filter_map(|message| message.executable).next();
    binary.ok_or_else(|| "cargo build named no binary".into())
}
