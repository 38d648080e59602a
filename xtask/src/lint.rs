//! `cargo xtask lint`: the formatting and the lints of every target.

use crate::{
    Outcome,
    process::{cargo, no_arguments, run_all},
};
use std::ffi::OsString;

/// Checks rustfmt, then clippy over all targets and features. Clippy's lints for the minimum
/// supported Rust version read it from the root manifest.
pub(crate) fn run(args: Vec<OsString>) -> Outcome {
    no_arguments(&args)?;
    run_all([
        cargo(&["fmt", "--all", "--check"]),
        cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--all-features",
            "--",
            "--deny",
            "warnings",
        ]),
    ])
}
