//! This test program again, as a process of its own.

use std::path::Path;
use std::process::Command;

const VARIABLE: &str = "ATP_JOURNAL_TEST_PATH";

/// Prepares to run one ignored test alone, with a path for it.
pub(crate) fn command(test: &str, path: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored", "--nocapture"]).env(VARIABLE, path);
    command
}

/// The path that a test in its own process was given.
pub(crate) fn path() -> std::path::PathBuf {
    std::env::var_os(VARIABLE).expect("only to be run by another test").into()
}
