//! Who depends on whom: what ARCHITECTURE.md allows, and what comes along with one crate alone.

#![expect(clippy::unwrap_used, reason = "clippy allows them in tests, but not in what tests share")]

mod alone;
mod arrows;

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The output of the cargo that runs these tests.
fn cargo(folder: &Path, words: &[&str]) -> String {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo).args(words).current_dir(folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {}: {said}", words.join(" "));
    String::from_utf8(output.stdout).unwrap()
}
