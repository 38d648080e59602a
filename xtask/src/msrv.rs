//! `cargo xtask msrv`: the oldest toolchain that the root manifest promises.

use crate::{
    Outcome,
    process::{self, command, no_arguments, root, run_all},
};
use std::{error::Error, ffi::OsString, fs, process::ExitCode};

/// Installs that toolchain through rustup and checks every published crate with it.
pub(crate) fn run(args: Vec<OsString>) -> Outcome {
    no_arguments(&args)?;
    let version = stated()?;
    let words = ["toolchain", "install", &version, "--profile", "minimal", "--no-self-update"];
    let installed = process::run(&mut command("rustup", &words))
        .map_err(|error| format!("{error} (rustup brings other toolchains: https://rustup.rs)"))?;
    if installed != ExitCode::SUCCESS {
        return Err(format!("Rust {version} could not be installed").into());
    }
    run_all([command(
        "rustup",
        &[
            "run",
            &version,
            "cargo",
            "check",
            "--workspace",
            "--exclude",
            "atp-benches",
            "--all-features",
        ],
    )])
}

/// Returns the version that the root manifest states.
fn stated() -> Result<String, Box<dyn Error>> {
    let manifest = fs::read_to_string(root().join("Cargo.toml"))?;
    let line = manifest.lines().find_map(|line| line.strip_prefix("rust-version = \""));
    let version = line.and_then(|rest| rest.strip_suffix('"'));
    Ok(version.ok_or("the root manifest states no rust-version")?.to_owned())
}
