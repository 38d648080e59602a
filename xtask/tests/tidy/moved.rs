//! A built xtask that was copied with its folder.

use std::{fs, process::Command};

#[test]
fn a_task_works_on_the_folder_that_cargo_starts_it_in() {
    let copy = tempfile::tempdir().unwrap();
    fs::write(copy.path().join("Cargo.toml"), "").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("msrv")
        .env("CARGO_MANIFEST_DIR", copy.path().join("xtask"))
        .output()
        .unwrap();
    // The manifest that it was built beside does state one.
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said, "xtask msrv: the root manifest states no rust-version\n");
    assert_eq!(output.status.code(), Some(1));
}
