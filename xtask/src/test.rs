//! `cargo xtask test`: every test and doc test.

use crate::{
    Outcome,
    process::{self, cargo, no_arguments},
    tool::{GIT, REDIS},
};
use std::ffi::OsString;

/// Runs the tests of all crates with all features. The benches hold no tests of their own.
pub(crate) fn run(args: Vec<OsString>) -> Outcome {
    no_arguments(&args)?;
    // Their tests are there all the same, and pass without having tested anything.
    GIT.is_installed_or_say();
    REDIS.is_installed_or_say();
    process::run(&mut cargo(&[
        "test",
        "--workspace",
        "--exclude",
        "atp-benches",
        "--all-features",
        "--no-fail-fast",
    ]))
}
