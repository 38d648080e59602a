//! `cargo xtask release`: one version for all crates, from the bump to the registry.
//!
//! Publishing a dozen crates is not one step that works or fails: a registry lets only so many
//! through at a time, and what is published stays. So every step may be run again. What the
//! registry has already is skipped, a refusal that names a time is waited out, and nothing is
//! changed at all without `--execute`.

mod changelog;
mod clock;
mod git;
pub(crate) mod interfaces;
mod manifest;
mod options;
mod order;
mod plan;
mod prepare;
mod publish;
mod registry;
mod retry_after;
mod shell;
#[cfg(test)]
mod tests;
mod verify;
mod version;
mod workspace;

use crate::{Outcome, process};
use clock::SystemClock;
use options::{Options, Step};
use shell::Shell;
use std::{ffi::OsString, process::ExitCode};

/// What stops a release: printed, and exit code 1.
type Failure = Box<dyn std::error::Error>;

/// Runs one step of a release.
pub(crate) fn run(args: Vec<OsString>) -> Outcome {
    let Some(options) = Options::parse(args)? else {
        println!("{}", options::HELP);
        return Ok(ExitCode::SUCCESS);
    };
    let shell = Shell::new(process::root());
    match options.step {
        Step::Plan => plan::run(&shell, &options)?,
        Step::Prepare => prepare::run(&shell, &options)?,
        Step::Verify => verify::run(&shell, &options).map(drop)?,
        Step::Publish => publish::run(&shell, &options, &mut SystemClock)?,
    }
    Ok(ExitCode::SUCCESS)
}
