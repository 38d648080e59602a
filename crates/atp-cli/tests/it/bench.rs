//! `atp bench`.

use crate::{atp, text};
use serde_json::Value;
use tempfile::TempDir;

#[test]
fn both_suites_are_measured_and_leave_nothing_behind() {
    let folder = TempDir::new().expect("a folder for the test");
    let temporary = folder.path().to_str().expect("a folder with a plain name");
    let output = atp(folder.path(), &[("TMPDIR", temporary)], &["bench", "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let suites: Vec<Value> = serde_json::from_slice(&output.stdout).expect("an array");
    let names: Vec<_> = suites.iter().map(|suite| suite["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["ATP Standard Benchmarks", "ATP Async Benchmarks"]);
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}
