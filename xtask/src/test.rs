//! `cargo xtask test`: every test and doc test.

use crate::{
    Outcome,
    process::{self, cargo, no_arguments},
};
use std::ffi::OsString;

/// Runs the tests of all crates with all features. The benches hold no tests of their own.
pub(crate) fn run(args: Vec<OsString>) -> Outcome {
    no_arguments(&args)?;
    process::run(&mut cargo(&[
        "test",
        "--workspace",
        "--exclude",
        "atp-benches",
        "--all-features",
        "--no-fail-fast",
    ]))
}
