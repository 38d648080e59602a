//! The commands that reports show, given to a shell as they are.

use crate::stage::Stage;
use std::{path::Path, process::Command};

/// The commands in the JUnit report, as a person would copy them.
fn shown(stage: &Stage) -> Vec<String> {
    let report = stage.read("run.xml");
    let lines = report.lines().filter_map(|line| line.strip_prefix("again: "));
    let plain = [("&lt;", "<"), ("&gt;", ">"), ("&apos;", "'"), ("&quot;", "\""), ("&amp;", "&")];
    let unescape =
        |line: &str| plain.iter().fold(line.to_owned(), |text, (it, is)| text.replace(it, is));
    lines.map(unescape).collect()
}

/// Gives each command to a shell, with its own report as the only addition, and returns how it
/// ended and the ids in that report.
fn paste(stage: &Stage, command: &str, config: Option<&str>) -> (Option<i32>, Vec<String>) {
    let program = Path::new(env!("CARGO_BIN_EXE_atp")).parent().expect("it lies in a folder");
    let path = format!("{}:{}", program.display(), std::env::var("PATH").expect("a PATH"));
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{command} --quiet --json again.json")]);
    shell.current_dir(stage.here()).env("PATH", path).env_remove("GITHUB_STEP_SUMMARY");
    if let Some(config) = config {
        shell.env("ATP_ADAPTER_CONFIG", config);
    }
    let output = shell.output().expect("a shell");
    let report: serde_json::Value = serde_json::from_str(&stage.read("again.json"))
        .unwrap_or_else(|_| panic!("{command}: {}", String::from_utf8_lossy(&output.stderr)));
    let tests = report["tests"].as_array().expect("tests").iter();
    (output.status.code(), tests.map(|test| test["id"].as_str().unwrap().to_owned()).collect())
}

const HOSTILE: [&str; 9] = [
    "--help",
    "-rf",
    "a b  c",
    "it's \"quoted\"",
    "$HOME `id` $(touch pwned)",
    "!x;y&z|w>v",
    "*?[a]{b,c}~#",
    "back\\slash",
    "übung 測試",
];

#[test]
fn they_run_the_test_that_they_are_for() {
    let stage = Stage::new();
    let tests =
        HOSTILE.map(|id| serde_json::json!({"id": id, "name": id, "task": {"description": "x"}}));
    let agents = r#"{"name": "it's -$x", "type": "builtin:script", "config": {"fail": "no"}}"#;
    let tests = serde_json::to_string(&tests).unwrap();
    stage.write(
        "-suite $1.yaml",
        &format!(r#"{{"test_suite": "s", "agents": [{agents}], "tests": {tests}}}"#),
    );
    let output = stage.command(&["./-suite $1.yaml", "--junit", "run.xml"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let commands = shown(&stage);
    assert_eq!(commands.len(), HOSTILE.len());
    for (command, id) in commands.iter().zip(HOSTILE) {
        assert_eq!(paste(&stage, command, None), (Some(1), vec![id.to_owned()]), "{command}");
    }
    assert!(!stage.here().join("pwned").exists());
}

/// An agent of the command line alone, and limits that the suite does not have.
#[test]
fn they_say_what_the_command_line_said() {
    let stage = Stage::new();
    stage.suite("{name: other, type: 'builtin:echo'}", &[("a", "")]);
    let config = r#"{"steps": [{"wait": 30}], "response": {"metrics": {"total_tokens": 7}}}"#;
    let options = ["--timeout", "0.05", "--runs", "2", "--retries", "1", "--idle-timeout", "20"];
    let args = ["suite.yaml", "--adapter", "builtin:script", "--adapter-config", config];
    let args = [&args[..], &options, &["--junit", "run.xml", "--journal", "run.jsonl"]].concat();
    let output = stage.command(&args).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let commands = shown(&stage);
    assert_eq!(
        commands,
        ["atp run suite.yaml --adapter builtin:script --runs 2 --timeout 0.05 \
                           --idle-timeout 20 --retries 1 --test a"]
    );
    assert!(!stage.read("run.jsonl").contains("total_tokens"), "a configuration may be secret");
    assert_eq!(paste(&stage, &commands[0], Some(config)), (Some(1), vec!["a".to_owned()]));
    let again: serde_json::Value = serde_json::from_str(&stage.read("again.json")).unwrap();
    assert_eq!(again["tests"][0]["status"], "timeout");
    assert_eq!(again["tests"][0]["runs"][1]["attempts"], 2);
}
