//! `atp selftest`.

use crate::{atp, text};
use serde_json::Value;

/// Whether targets are met is for the machine that measures; that all are measured, for this test.
#[test]
fn every_target_is_measured() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let env = [("TMPDIR", folder.path().to_str().unwrap()), ("PATH", &path)];
    let output = atp(folder.path(), &env, &["selftest", "--format", "json"]);
    let json: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", text(&output.stderr)));
    assert_eq!(json["schema"], 1);
    let targets = json["targets"].as_array().unwrap();
    let names: Vec<_> = targets.iter().map(|target| target["name"].as_str().unwrap()).collect();
    for name in ["overhead per test", "CLI start-up", "parallel processes", "in process", "10000 "]
    {
        assert!(names.iter().any(|one| one.contains(name)), "{name} is not in {names:?}");
    }
    assert!(targets.iter().all(|target| target["measured"].is_number()), "{targets:?}");
    let all_met = targets.iter().all(|target| target["met"] == true);
    assert_eq!(output.status.code(), Some(if all_met { 0 } else { 3 }));
    // Agents start in seconds and sleep, whatever else the machine does.
    let of = |name: &str| targets.iter().find(|target| target["name"] == name).unwrap();
    assert_eq!(of("parallel processes")["measured"], 10.0);
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}
