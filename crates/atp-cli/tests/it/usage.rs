//! What `atp run` is told, and how it ends.

use crate::stage::Stage;
use serde_json::Value;
use std::{fs, process::Stdio};

const ECHO: &str = "{name: echo, type: 'builtin:echo'}";
const FAILS: &str = "{name: fails, type: 'builtin:script', config: {fail: out of ideas}}";

fn staged(agents: &str) -> Stage {
    let stage = Stage::new();
    stage.suite(agents, &[("a", "tags: [smoke]"), ("b", "tags: [smoke, slow]"), ("c", "")]);
    stage
}

#[test]
fn the_agent_is_the_one_that_was_asked_for() {
    let stage = staged(&format!("{ECHO}, {FAILS}"));
    let first = stage.run(&[]);
    assert_eq!((first.code, &first.report["agent"]), (Some(0), &"echo".into()));
    assert!(first.stderr.contains("several agents"), "{}", first.stderr);
    let named = stage.run(&["--agent", "fails"]);
    assert_eq!((named.code, &named.report["agent"]), (Some(1), &"fails".into()));
    assert_eq!(named.error("a"), "out of ideas");
    let given =
        stage.run(&["--adapter", "builtin:script", "--adapter-config", r#"{"delay": 0.01}"#]);
    assert_eq!((given.code, given.statuses()), (Some(0), vec!["passed"]), "{}", given.stderr);
}

#[test]
fn what_is_wrong_with_the_agent_is_told_before_anything_runs() {
    let stage = staged("");
    for (agents, args, message) in [
        ("", &[][..], "names no agent"),
        (ECHO, &["--agent", "other"], "has no agent \"other\", but echo"),
        ("{name: bare}", &[], "agent bare has no type"),
        ("{name: odd, type: telepathy}", &[], "telepathy"),
        ("{name: odd, type: cli, config: {comand: x}}", &[], "did you mean command"),
        (ECHO, &["--adapter", "cli", "--adapter-config", "{secret"], "is not JSON"),
        (ECHO, &["--adapter", "cli", "--adapter-config", "[1]"], "must be an object"),
    ] {
        stage.suite(agents, &[("a", "")]);
        let run = stage.run(args);
        assert_eq!(run.code, Some(2), "{agents} {args:?}: {}", run.stderr);
        assert!(run.stderr.contains(message), "{agents} {args:?}: {}", run.stderr);
        assert!(!run.stderr.contains("secret"), "{}", run.stderr);
        assert_eq!(run.stdout, "");
        assert!(!stage.here().join(".atp-runs").exists());
    }
}

#[test]
fn wrong_usage_is_refused() {
    let stage = staged(ECHO);
    for wrong in [
        &["--parallel", "0"][..],
        &["--runs", "0"],
        &["--runs", "4294967295"],
        &["--timeout", "0"],
        &["--timeout", "soon"],
        &["--idle-timeout", "-1"],
        &["--rate", "nan"],
        &["--rate", "0"],
        &["--max-overhead", "-5"],
        &["--resume", "--rerun-failed"],
        &["--agent", "echo", "--adapter", "cli"],
        &["--adapter-config", "{}"],
        &["--agent", "echo", "--adapter-config", "{}"],
        &["--json", "no/such/folder/report.json"],
        &["--json", "-"],
        &["--journal", "run", "--json", "run.events.jsonl"],
        &["suite.yaml", "--journal", "one"],
        &["--journal", "suite.yaml"],
        &["--journal", "."],
    ] {
        let run =
            stage.finished(stage.command(&[&["suite.yaml"], wrong].concat()).output().unwrap());
        assert_eq!(run.code, Some(2), "{wrong:?}: {}{}", run.stdout, run.stderr);
        assert_ne!(run.stderr, "", "{wrong:?}");
    }
}

/// A number below zero is the value that is wrong, not an option that nobody knows.
#[test]
fn negative_numbers_are_refused_as_values() {
    let stage = staged(ECHO);
    for option in [
        "--parallel",
        "--runs",
        "--timeout",
        "--idle-timeout",
        "--retries",
        "--rate",
        "--max-overhead",
    ] {
        let run = stage.run(&[option, "-1"]);
        assert_eq!(run.code, Some(2), "{option}: {}", run.stderr);
        let expected = format!("invalid value '-1' for '{option} ");
        assert!(run.stderr.contains(&expected), "{option}: {}", run.stderr);
    }
}

/// All problems of all suites, and nothing is run.
#[test]
fn wrong_suites_are_told_with_their_places() {
    let stage = staged(ECHO);
    stage.write("wrong.yaml", "test_suite: wrong\ntests:\n  - {id: a, naem: A, task: {}}\n");
    let args = ["suite.yaml", "wrong.yaml", "missing.yaml"];
    let run = stage.finished(stage.command(&args).output().unwrap());
    assert_eq!(run.code, Some(2));
    for part in ["wrong.yaml:3:", "naem", "missing.yaml"] {
        assert!(run.stderr.contains(part), "{}", run.stderr);
    }
    assert!(!stage.here().join(".atp-runs").exists());
}

#[test]
fn tests_are_selected_by_tag_and_id() {
    let stage = staged(ECHO);
    let ids = |args: &[&str]| {
        let run = stage.run(args);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let tests = run.report["tests"].as_array().unwrap().clone();
        tests.iter().map(|test| test["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&["--tags", "smoke"]), ["a", "b"]);
    assert_eq!(ids(&["--tags", "smoke,!slow"]), ["a"]);
    assert_eq!(ids(&["--test", "c", "--test", "a"]), ["a", "c"]);
    for none in
        [&["--tags", "nothing"][..], &["--test", "typo"], &["--test", "c", "--tags", "smoke"]]
    {
        let run = stage.run(none);
        assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""), "{none:?}");
        assert!(run.stderr.contains("no test"), "{}", run.stderr);
    }
}

#[test]
fn a_test_that_is_not_there_has_a_neighbour_that_is_meant() {
    let stage = Stage::new();
    stage.suite(ECHO, &[("greets-politely", ""), ("counts", "")]);
    let run = stage.run(&["--test", "counts", "--test", "Greets-politly"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""));
    let expected = "no test has the id \"Greets-politly\"; did you mean \"greets-politely\"?";
    assert!(run.stderr.contains(expected), "{}", run.stderr);
    let far = stage.run(&["--test", "zzz"]);
    assert!(far.stderr.contains("no test has the id \"zzz\"\n"), "{}", far.stderr);
}

#[test]
fn several_suites_run_one_after_the_other() {
    let stage = staged(ECHO);
    stage.write(
        "second.yaml",
        &format!("test_suite: second\nagents: [{FAILS}]\ntests:\n  - {{id: z, name: Z, task: {{description: Z}}}}\n"),
    );
    let args = ["suite.yaml", "second.yaml", "--json", "report.json"];
    let run = stage.finished(stage.command(&args).output().unwrap());
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let report: Value =
        serde_json::from_slice(&fs::read(stage.here().join("report.json")).unwrap()).unwrap();
    assert_eq!(report["schema"], 1);
    let names =
        |key: &str| [&report["suites"][0][key], &report["suites"][1][key]].map(Value::clone);
    assert_eq!(names("suite"), ["staged", "second"].map(Value::from));
    assert_eq!(names("agent"), ["echo", "fails"].map(Value::from));
    let journals = fs::read_dir(stage.here().join(".atp-runs")).unwrap();
    let journals = journals.filter(|entry| {
        let name = entry.as_ref().unwrap().file_name().into_string().unwrap();
        !name.contains(".events.")
    });
    assert_eq!(journals.count(), 2);
}

#[test]
fn runs_of_a_test_have_statistics() {
    let stage = Stage::new();
    let assertion = "assertions: [{type: artifact_exists, config: {path: echo.txt}}]";
    stage.suite(ECHO, &[("a", assertion)]);
    let run = stage.run(&["--runs", "5"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(run.test("a")["runs"].as_array().unwrap().len(), 5);
    assert_eq!(run.test("a")["statistics"]["n_runs"], 5, "{}", run.test("a"));
    assert!(run.test("a")["score"].as_f64() > Some(0.0));
}

/// X1: what cannot be judged, has no score or is too dear does not pass.
#[test]
fn nothing_passes_that_was_not_judged() {
    let stage = Stage::new();
    let dear = "{name: dear, type: 'builtin:script', config: {response: {metrics: {cost_usd: 5}}}}";
    stage.suite(
        dear,
        &[
            ("unknown", "assertions: [{type: artefact_exists, config: {path: a}}]"),
            ("llm", "assertions: [{type: llm_eval, config: {criteria: accuracy}}]"),
            ("dear", "constraints: {budget_usd: 1}"),
        ],
    );
    let run = stage.run(&[]);
    assert_eq!(run.code, Some(1), "{}", run.report);
    assert!(!run.statuses().contains(&"passed"), "{}", run.report);
}

/// What `atp validate` warns of is told before the first test begins.
#[test]
fn what_is_odd_about_a_suite_is_told_first() {
    let stage = Stage::new();
    stage.suite(ECHO, &[("a", ""), ("b", "assertions: [{type: artefact_exists}]")]);
    let run = stage.run(&[]);
    let warning = run.stderr.find("warning: tests[1].assertions[0]").expect(&run.stderr);
    assert!(run.stderr.contains("--> suite.yaml:5:"), "{}", run.stderr);
    assert!(Some(warning) < run.stderr.find("passed  a"), "{}", run.stderr);
    assert_eq!(run.status("a"), "passed");
}

#[test]
fn no_name_steers_the_terminal() {
    let stage = staged("{name: odd, type: \"tele\\e[31mpathy\"}");
    let run = stage.run(&[]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert!(run.stderr.contains("tele·[31mpathy"), "{}", run.stderr);
    let validated = stage.atp(&["validate", "suite.yaml"]);
    assert_eq!(validated.code, Some(0), "{}", validated.stderr);
    assert!(validated.stdout.contains("tele·[31mpathy"), "{}", validated.stdout);
    for shown in [run.stderr, validated.stdout] {
        assert!(!shown.contains('\u{1b}'), "{shown:?}");
    }
}

#[test]
fn a_budget_that_is_missed_is_an_ending_of_its_own() {
    let stage = Stage::new();
    stage.suite("{name: slow, type: 'builtin:script', config: {delay: 0.2}}", &[("a", "")]);
    let within = stage.run(&["--max-overhead", "100000"]);
    assert_eq!(within.code, Some(0), "{}", within.stdout);
    let beyond = stage.run(&["--max-overhead", "0"]);
    assert_eq!(beyond.code, Some(3), "{}", beyond.stdout);
    assert!(beyond.report["overhead"]["cpu_percent"].as_f64() > Some(0.0));
}

#[test]
fn fail_fast_leaves_the_rest() {
    let stage = staged(FAILS);
    let run = stage.run(&["--fail-fast", "--parallel", "1"]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert_eq!(run.status("a"), "error");
    assert_eq!((run.status("b"), run.status("c")), ("skipped", "skipped"));
}

#[test]
fn workspaces_are_kept_if_asked_for() {
    let stage = Stage::new();
    let agent = stage.shell(
        r#"place=${request#*'"workspace_path":"'}; place=${place%%'"'*}; pwd > "$place/here"; answer"#,
    );
    stage.suite(&agent, &[("a", "")]);
    let run = stage.run(&["--keep-workspaces", "../agents/kept"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let kept = fs::read_dir(stage.agents("kept")).unwrap().count();
    assert!(kept > 0);
    stage.assert_clean();
}

#[test]
fn quiet_prints_the_summary_alone() {
    let stage = staged(ECHO);
    let quiet = stage.run(&["--quiet"]);
    assert_eq!(quiet.stderr, "");
    assert!(quiet.stdout.starts_with("PASSED"), "{}", quiet.stdout);
    let loud = stage.run(&[]);
    assert_eq!(loud.stderr.matches("passed").count(), 3, "{}", loud.stderr);
}

/// Whoever reads the output may go away: the run goes on, and its exit code is its own.
#[test]
fn a_closed_pipe_is_no_failure() {
    let stage = staged(&format!("{FAILS}, {ECHO}"));
    for (agent, code) in [("echo", 0), ("fails", 1)] {
        let mut command = stage.command(&["suite.yaml", "--agent", agent]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop((child.stdout.take(), child.stderr.take()));
        assert_eq!(child.wait().unwrap().code(), Some(code));
    }
}
