//! `cargo xtask docs`: the API documentation.

use crate::{
    Outcome,
    process::{self, cargo, no_arguments},
};
use std::ffi::OsString;

/// Builds the documentation of every published crate; a broken link or a missing page fails.
pub(crate) fn run(args: Vec<OsString>) -> Outcome {
    no_arguments(&args)?;
    let words = ["doc", "--workspace", "--exclude", "atp-benches", "--no-deps", "--all-features"];
    process::run(cargo(&words).env("RUSTDOCFLAGS", "--deny warnings"))
}
