//! `cargo xtask semver`, and a part of `release verify`: what changed in public since the last release.

use super::{Failure, git, shell::Shell, workspace::Workspace};
use crate::{
    Outcome,
    process::{self, no_arguments},
    tool::{CARGO_SEMVER_CHECKS, GIT},
};
use std::{ffi::OsString, process::ExitCode};

/// Holds the public interfaces of the checkout against those of the last release.
pub(crate) fn run(args: Vec<OsString>) -> Outcome {
    no_arguments(&args)?;
    if !GIT.is_installed_or_say() {
        return Ok(ExitCode::SUCCESS);
    }
    let shell = Shell::new(process::root());
    check(&shell, &Workspace::read(&shell, None)?)?;
    Ok(ExitCode::SUCCESS)
}

/// Fails where the version promises more than the public interfaces keep. A release is held
/// against the one before it, a checkout between two of them against the last.
pub(super) fn check(shell: &Shell, workspace: &Workspace) -> Result<(), Failure> {
    let own = Workspace::tag(&workspace.version);
    let head = git::commit_of(shell, "HEAD")?;
    let is_released = git::commit_of(shell, &format!("refs/tags/{own}"))?
        .is_some_and(|tagged| Some(tagged) == head);
    let last = if is_released {
        git::last_release_before(shell, &own)?
    } else {
        git::last_release(shell)?
    };
    let Some(last) = last else {
        eprintln!("skipped: there is no earlier release to hold the public interfaces against");
        return Ok(());
    };
    if !shell.cargo(&["semver-checks", "--version"])?.success {
        CARGO_SEMVER_CHECKS.say_skipped();
        return Ok(());
    }
    let mut words = vec!["semver-checks", "--baseline-rev", &last];
    for name in &workspace.crates {
        words.extend(["--package", name]);
    }
    if shell.cargo_watched(&words)?.success {
        return Ok(());
    }
    Err(format!("the version does not fit what changed in public since {last}").into())
}
