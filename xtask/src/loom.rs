//! `cargo xtask loom`: every interleaving of the atomics that we order ourselves.

use crate::{
    Outcome,
    process::{cargo, no_arguments, root, run_all},
};
use std::{env, ffi::OsString, path::PathBuf};

/// The crates with loom models, and the part of their tests' names that selects them: under
/// `atp_loom` nothing else can run.
const MODELS: &[(&str, &str)] = &[("atp-async", "loom_tests"), ("atp-profile", "ring")];

/// Checks the models in a target folder of their own, since the flag rebuilds every dependency.
pub(crate) fn run(args: Vec<OsString>) -> Outcome {
    no_arguments(&args)?;
    let target =
        env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    run_all(MODELS.iter().map(|(name, filter)| {
        let mut test = cargo(&["test", "--release", "--package", name, "--lib", filter]);
        test.env("RUSTFLAGS", "--cfg atp_loom").env("CARGO_TARGET_DIR", target.join("loom"));
        test
    }))
}
