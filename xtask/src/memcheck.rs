//! `cargo xtask memcheck`: the tests of the allocator under valgrind's memcheck.

use crate::{
    Outcome,
    process::{self, cargo, no_arguments},
    tool::VALGRIND,
};
use std::{ffi::OsString, process::ExitCode};

/// How cargo starts the test binary on this kind of machine.
const RUNNER: &str = "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER";

/// Runs the one binary that installs the allocator; a use of memory that is not there fails it.
/// It starts more threads than valgrind expects, and without debug information it is not read anew
/// for each report, which is most of the time of this task.
pub(crate) fn run(args: Vec<OsString>) -> Outcome {
    no_arguments(&args)?;
    if !VALGRIND.is_installed_or_say() {
        return Ok(ExitCode::SUCCESS);
    }
    let words = ["test", "--package", "atp-memory", "--all-features", "--test", "allocator"];
    let valgrind = "valgrind --quiet --error-exitcode=1 --max-threads=1024";
    process::run(cargo(&words).env(RUNNER, valgrind).env("CARGO_PROFILE_TEST_STRIP", "debuginfo"))
}
