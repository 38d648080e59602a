//! `atp validate`.

use crate::{atp, text};
use expect_test::expect;
use serde_json::{Value, json};
use std::fs;
use tempfile::TempDir;

const GOOD: &str = "\
test_suite: greeting
tests:
  - id: hello
    name: Says hello
    task: {description: 'Greet ${WHO:the world}'}
    constraints: {max_steps: 3.0}
";

const BAD: &str = "\
test_suite: greeting
tests:
  - id: hello
    name: Says hello
    task: {description: hi}
    constraint: {max_steps: 0}
  - id: hello
    name: Again
    task: {description: 1}
";

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().expect("a folder for the test");
    for (name, content) in files {
        fs::write(folder.path().join(name), content).expect("a file for the test");
    }
    folder
}

#[test]
fn a_valid_suite_prints_its_model() {
    let folder = folder(&[("good.yaml", GOOD)]);
    let output =
        atp(folder.path(), &[("WHO", "Ada")], &["validate", "--format", "json", "good.yaml"]);
    assert_eq!(output.status.code(), Some(0));
    let verdict: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(verdict["valid"], json!(true));
    assert_eq!(verdict.as_object().unwrap().len(), 2);
    let test = &verdict["suite"]["tests"][0];
    assert_eq!(test["task"]["description"], json!("Greet Ada"));
    assert_eq!(test["constraints"], json!({"max_steps": 3}));
    assert_eq!(verdict["suite"]["defaults"]["timeout_seconds"], json!(300));
}

#[test]
fn every_problem_has_its_place() {
    let folder = folder(&[("bad.yaml", BAD)]);
    let output = atp(folder.path(), &[], &["validate", "--format", "json", "bad.yaml"]);
    assert_eq!(output.status.code(), Some(2));
    let verdict: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(verdict["valid"], json!(false));
    let errors = verdict["errors"].as_array().unwrap();
    let places: Vec<_> =
        errors.iter().map(|e| (e["line"].as_u64(), e["path"].as_str().unwrap())).collect();
    assert!(places.contains(&(Some(6), "tests[0].constraint")), "{places:?}");
    assert!(places.contains(&(Some(9), "tests[1].task.description")), "{places:?}");
    for error in errors {
        assert!(error["line"].as_u64() >= Some(1) && error["column"].as_u64() >= Some(1));
        assert_eq!(error.as_object().unwrap().len(), 4);
    }
}

#[test]
fn more_problems_than_are_listed_are_counted() {
    let tests = "  - {id: 5, name: n, task: {description: d}}\n".repeat(1_200);
    let folder = folder(&[("bad.yaml", &format!("test_suite: s\ntests:\n{tests}"))]);
    let output = atp(folder.path(), &[], &["validate", "--format", "json", "bad.yaml"]);
    let verdict: Value = serde_json::from_slice(&output.stdout).unwrap();
    let errors = verdict["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1_001);
    let (last, told) = (&errors[999], &errors[1_000]);
    assert_eq!(told["message"], json!("and 200 more problems"));
    assert_eq!((&told["line"], &told["path"]), (&last["line"], &json!("")));
}

#[test]
fn people_see_the_line_and_a_caret() {
    let folder = folder(&[("bad.yaml", BAD), ("good.yaml", GOOD)]);
    let output = atp(folder.path(), &[], &["validate", "good.yaml", "bad.yaml"]);
    assert_eq!(output.status.code(), Some(2));
    expect![[r#"
        good.yaml: valid, 1 test
        error: tests[0].constraint: unknown key "constraint"
         --> bad.yaml:6:5
          |
        6 |     constraint: {max_steps: 0}
          |     ^
          = help: did you mean "constraints"?

        error: tests[1].id: expected an id other than that of tests[0], found "hello"
         --> bad.yaml:7:9
          |
        7 |   - id: hello
          |         ^

        error: tests[1].task.description: expected text, found 1
         --> bad.yaml:9:25
          |
        9 |     task: {description: 1}
          |                         ^
          = help: put it in quotes: "1"

        3 problems
        1 of 2 suites are valid
    "#]]
    .assert_eq(&text(&output.stdout));
}

const ODD: &str = "\
test_suite: odd
agents:
  - {name: fine, type: cli, config: {command: 'true'}}
  - {name: odd, type: htp}
tests:
  - id: hello
    name: Says hello
    task: {description: hi}
    assertions:
      - {type: artifact_exists, config: {path: hello.txt}}
      - type: contains
        config:
          path: hello.txt
          pattern: '('
          regex: true
      - {type: artefact_exists, config: {path: hello.txt}}
";

/// The format leaves the settings of assertions open, so the suite is valid.
#[test]
fn what_is_odd_is_a_warning_with_its_place() {
    let folder = folder(&[("odd.yaml", ODD)]);
    let output = atp(folder.path(), &[], &["validate", "odd.yaml"]);
    assert_eq!(output.status.code(), Some(0));
    let shown = text(&output.stdout);
    for place in ["odd.yaml:14:11\n", "odd.yaml:16:"] {
        assert!(shown.contains(place), "{shown}");
    }
    let number = if cfg!(unix) { 3 } else { 2 };
    assert!(shown.ends_with(&format!("odd.yaml: valid, 1 test, {number} warnings\n")), "{shown}");

    let output = atp(folder.path(), &[], &["validate", "--format", "json", "odd.yaml"]);
    assert_eq!(output.status.code(), Some(0));
    let verdict: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(verdict["valid"], json!(true));
    let warnings = verdict["warnings"].as_array().unwrap();
    assert_eq!(warnings.len(), number);
    let of = |path: &str| warnings.iter().find(|it| it["path"].as_str().unwrap().starts_with(path));
    let pattern = of("tests[0].assertions[1].config.pattern").unwrap();
    assert_eq!((&pattern["line"], &pattern["column"]), (&json!(14), &json!(11)));
    assert_eq!(of("tests[0].assertions[2]").unwrap()["line"], json!(16));
    assert!(of("tests[0].assertions[0]").is_none());
    if cfg!(unix) {
        let agent = of("agents[1].type").unwrap();
        assert_eq!(agent["line"], json!(4));
        assert!(agent["message"].as_str().unwrap().contains("did you mean http?"), "{agent}");
    }
}

#[test]
fn people_see_as_many_warnings_as_they_read() {
    let mut suite = String::from("test_suite: odd\ntests:\n");
    for number in 0..25 {
        let task = "task: {description: hi}, assertions: [{type: artefact}]";
        suite += &format!("  - {{id: t{number}, name: T, {task}}}\n");
    }
    let folder = folder(&[("odd.yaml", &suite)]);
    let output = atp(folder.path(), &[], &["validate", "odd.yaml"]);
    let shown = text(&output.stdout);
    assert_eq!(shown.matches("warning: tests[").count(), 20, "{shown}");
    assert!(shown.contains("and 5 more warnings"), "{shown}");
    let output = atp(folder.path(), &[], &["validate", "--format", "json", "odd.yaml"]);
    let verdict: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(verdict["warnings"].as_array().unwrap().len(), 25);
}

#[test]
fn files_that_cannot_be_read_are_problems_like_any_other() {
    let folder = folder(&[("latin1.yaml", ""), ("good.yaml", GOOD)]);
    fs::write(folder.path().join("latin1.yaml"), b"test_suite: caf\xe9\n").unwrap();
    let files = ["latin1.yaml", "missing.yaml", ".", "good.yaml"];
    let output = atp(folder.path(), &[], &[&["validate", "--format", "json"], &files[..]].concat());
    assert_eq!(output.status.code(), Some(2));
    let lines: Vec<Value> = text(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).expect("one object a line"))
        .collect();
    let valid: Vec<_> = lines.iter().map(|line| line["valid"].as_bool().unwrap()).collect();
    assert_eq!(valid, [false, false, false, true], "one object a file, in their order");
    assert_eq!(lines[1]["errors"][0]["line"], json!(1));
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_failure() {
    use std::process::{Command, Stdio};
    let folder = folder(&[("good.yaml", GOOD)]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_atp"))
        .current_dir(folder.path())
        .args(["validate", "--format", "json"])
        .args(vec!["good.yaml"; 2000])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
