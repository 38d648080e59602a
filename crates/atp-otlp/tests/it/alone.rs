//! Tests that need a process of their own: a process cannot change its environment while others of
//! its threads read it, nor tell their memory apart.

use std::process::Command;

/// Runs one of the ignored tests alone, and fails as it does.
#[track_caller]
pub(crate) fn passes_alone(test: &str, environment: &[(&str, &str)]) {
    let mut process = Command::new(std::env::current_exe().unwrap());
    process.args(["--exact", test, "--ignored", "--nocapture"]).envs(environment.iter().copied());
    let output = process.output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{test}: {told}");
}
