//! Two reports held against each other.

use crate::stage::Stage;
use serde_json::Value;

const AGENTS: &str = "{name: echo, type: 'builtin:echo'}, \
                      {name: fails, type: 'builtin:script', config: {fail: out of ideas}}";

/// Runs two tests with one agent that passes and with one that fails.
fn reports() -> Stage {
    let stage = Stage::new();
    stage.suite(AGENTS, &[("a", ""), ("b", "")]);
    for agent in ["echo", "fails"] {
        let file = format!("{agent}.json");
        let output = stage.command(&["suite.yaml", "--agent", agent, "--json", &file]).output();
        assert!(output.unwrap().status.code() < Some(2));
    }
    stage
}

#[test]
fn what_got_worse_is_the_exit_code() {
    let stage = reports();
    for (before, after, code, verdict) in [
        ("echo.json", "echo.json", 0, "same"),
        ("echo.json", "fails.json", 1, "worse"),
        ("fails.json", "echo.json", 0, "better"),
    ] {
        let told = stage.atp(&["compare", before, after]);
        assert_eq!(told.code, Some(code), "{}{}", told.stdout, told.stderr);
        assert!(told.stdout.starts_with(&verdict.to_uppercase()), "{}", told.stdout);
        let told = stage.atp(&["compare", before, after, "--format", "json"]);
        let json: Value = serde_json::from_str(&told.stdout).unwrap();
        assert_eq!((told.code, &json["verdict"]), (Some(code), &verdict.into()));
    }
}

/// What `atp run` writes of several suites, `atp compare` reads.
#[test]
fn reports_of_several_suites_are_compared_suite_by_suite() {
    let stage = Stage::new();
    for name in ["one", "two", "three"] {
        let tests = "tests: [{id: a, name: a, task: {description: x}}]";
        stage.write(
            &format!("{name}.yaml"),
            &format!("test_suite: {name}\nagents: [{AGENTS}]\n{tests}\n"),
        );
    }
    for (file, suites, agent) in [
        ("before.json", ["one.yaml", "two.yaml"], "echo"),
        ("same.json", ["two.yaml", "three.yaml"], "echo"),
        ("other.json", ["one.yaml", "two.yaml"], "fails"),
    ] {
        let args = [&suites[..], &["--agent", agent, "--json", file]].concat();
        assert!(stage.command(&args).output().unwrap().status.code() < Some(2));
    }
    let told = stage.atp(&["compare", "before.json", "before.json"]);
    assert_eq!(told.code, Some(0), "{}{}", told.stdout, told.stderr);
    assert!(told.stdout.starts_with("SAME: 2 suites compared\n"), "{}", told.stdout);
    assert_eq!(told.stdout.matches("SAME: 1 test compared").count(), 2, "{}", told.stdout);

    let told = stage.atp(&["compare", "before.json", "same.json", "--format", "json"]);
    let json: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!((told.code, &json["verdict"]), (Some(0), &"same".into()), "{json}");
    assert_eq!(
        (&json["suites"][0]["suite"], &json["suites"][0]["compared"]),
        (&"two".into(), &1.into())
    );
    assert_eq!(json["only_in_base"], serde_json::json!(["one with echo"]));
    assert_eq!(json["only_in_candidate"], serde_json::json!(["three with echo"]));

    let told = stage.atp(&["compare", "before.json", "other.json"]);
    assert_eq!(told.code, Some(2), "{}", told.stdout);
    assert!(told.stdout.starts_with("INCOMPARABLE: 0 suites"), "{}", told.stdout);
}

#[test]
fn what_cannot_be_compared_is_told() {
    let stage = reports();
    stage.write("empty.json", "");
    stage.write("newer.json", r#"{"schema": 99}"#);
    let other = Stage::new();
    other.suite(AGENTS, &[("c", "")]);
    let path = stage.here().join("other.json");
    let run = ["suite.yaml", "--agent", "echo", "--json", path.to_str().unwrap()];
    assert_eq!(other.command(&run).output().unwrap().status.code(), Some(0));
    for (file, message) in [
        ("missing.json", "missing.json: No such file"),
        ("empty.json", "empty.json: not a JSON report"),
        ("newer.json", "schema 99"),
        ("suite.yaml", "not a JSON report"),
    ] {
        let told = stage.atp(&["compare", "echo.json", file]);
        assert_eq!((told.code, told.stdout.as_str()), (Some(2), ""), "{file}");
        assert!(told.stderr.contains(message), "{file}: {}", told.stderr);
    }
    let told = stage.atp(&["compare", "echo.json", "other.json"]);
    assert_eq!(told.code, Some(2), "{}", told.stdout);
    assert!(told.stdout.starts_with("INCOMPARABLE"), "{}", told.stdout);
}
