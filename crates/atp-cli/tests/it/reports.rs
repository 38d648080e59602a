//! The files that are written after a run, and later from its journal.

use crate::stage::{Stage, finished_tests, records};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::{
    fs,
    process::Output,
    thread::sleep,
    time::{Duration, Instant},
};

const AGENTS: &str = "{name: echo, type: 'builtin:echo'}, \
                      {name: fails, type: 'builtin:script', config: {fail: out of ideas}}";
const FILES: [&str; 10] = [
    "--json",
    "run.json",
    "--html",
    "run.html",
    "--trace",
    "run.trace",
    "--junit",
    "run.xml",
    "--summary",
    "run.md",
];

fn staged() -> Stage {
    let stage = Stage::new();
    stage.suite(AGENTS, &[("a", ""), ("b", "")]);
    stage
}

fn run(stage: &Stage, args: &[&str]) -> Output {
    stage.command(&[&["suite.yaml"], args].concat()).output().unwrap()
}

/// Each report is one of its kind and knows of the test `a`.
fn assert_reports(stage: &Stage, headline: &str) {
    let json: Value = serde_json::from_str(&stage.read("run.json")).unwrap();
    assert_eq!(json["tests"][0]["id"], "a");
    let trace: Value = serde_json::from_str(&stage.read("run.trace")).unwrap();
    assert!(trace.to_string().contains(r#""name":"a""#), "{trace}");
    let html = stage.read("run.html");
    assert!(html.starts_with("<!doctype html>") && html.trim_end().ends_with("</html>"));
    let junit = stage.read("run.xml");
    assert!(junit.starts_with("<?xml") && junit.trim_end().ends_with("</testsuites>"), "{junit}");
    assert!(junit.contains(r#"<testcase name="a""#), "{junit}");
    assert!(
        stage.read("run.md").starts_with(&format!("## {headline}")),
        "{}",
        stage.read("run.md")
    );
    let mut names: Vec<String> = fs::read_dir(stage.here())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("run.") || name.contains("atp-report"))
        .collect();
    names.sort();
    assert_eq!(names, ["run.html", "run.json", "run.md", "run.trace", "run.xml"]);
}

#[test]
fn all_reports_are_written_whatever_became_of_the_tests() {
    let stage = staged();
    for (agent, code, headline) in [("echo", 0, "PASSED"), ("fails", 1, "FAILED")] {
        let output = run(&stage, &[&["--agent", agent], &FILES[..]].concat());
        assert_eq!(output.status.code(), Some(code));
        assert_reports(&stage, headline);
    }
    assert!(stage.read("run.md").contains("out of ideas"));
    assert!(stage.read("run.md").contains("atp run suite.yaml --agent fails --test a"));
}

#[test]
fn an_interrupted_run_has_its_reports() {
    let stage = Stage::new();
    let agent = stage.shell("[ $test = a ] || sleep 60; answer");
    stage.suite(&agent, &[("a", ""), ("b", "")]);
    let args = [&["suite.yaml", "--journal", "journal"], &FILES[..]].concat();
    let child = stage.start(&args);
    let begin = Instant::now();
    while finished_tests(&records(&stage.here().join("journal"))).is_empty() {
        assert!(begin.elapsed() < Duration::from_secs(60), "no result came");
        sleep(Duration::from_millis(5));
    }
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(130));
    assert_reports(&stage, "INTERRUPTED");
}

/// The run was good and says so; that a report is missing is the exit code, and told.
#[test]
fn a_report_that_cannot_be_written_changes_no_verdict() {
    let stage = Stage::new();
    let agent = stage.shell("rm -r ../agents/out 2>/dev/null; answer");
    stage.suite(&agent, &[("a", "")]);
    fs::create_dir(stage.agents("out")).unwrap();
    let output = run(&stage, &["--html", "../agents/out/run.html", "--junit", "run.xml"]);
    let run = stage.finished(output);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert!(run.stdout.starts_with("PASSED"), "{}", run.stdout);
    assert!(run.stderr.contains("../agents/out/run.html cannot be written"), "{}", run.stderr);
    assert!(stage.read("run.xml").contains(r#"failures="0""#));
}

/// What is printed is one report of several.
#[test]
fn a_full_terminal_keeps_no_file_from_being_written() {
    let Ok(full) = fs::OpenOptions::new().write(true).open("/dev/full") else {
        println!("skipped: there is no /dev/full on this machine");
        return;
    };
    let stage = staged();
    let mut command = stage.command(&["suite.yaml", "--junit", "run.xml"]);
    let run = stage.finished(command.stdout(full).output().unwrap());
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert!(run.stderr.contains("summary cannot be printed"), "{}", run.stderr);
    assert!(stage.read("run.xml").contains(r#"failures="0""#));
}

/// A job may have several steps: what they said before stays.
#[test]
fn the_step_summary_is_appended_to() {
    let stage = staged();
    let path = stage.agents("steps.md");
    fs::write(&path, "# before\n").unwrap();
    for _ in 0..2 {
        let mut command = stage.command(&["suite.yaml"]);
        let output = command.env("GITHUB_STEP_SUMMARY", &path).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
    }
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("# before\n## PASSED"), "{text}");
    assert_eq!(text.matches("## PASSED").count(), 2, "{text}");

    // It was not asked for by name, so it is told and is no failure.
    let mut command = stage.command(&["suite.yaml"]);
    let run = stage.finished(command.env("GITHUB_STEP_SUMMARY", "/no/such/file").output().unwrap());
    assert_eq!(run.code, Some(0));
    assert!(run.stderr.contains("/no/such/file cannot be written"), "{}", run.stderr);
}

#[test]
fn reports_that_would_destroy_something_are_refused() {
    let stage = staged();
    fs::create_dir(stage.here().join("folder")).unwrap();
    let suite = stage.read("suite.yaml");
    for wrong in [
        &["--html", "one", "--junit", "one"][..],
        &["--html", "one", "--junit", "./one"],
        &["--summary", "suite.yaml"],
        &["--summary", "folder/../suite.yaml"],
        &["--json", "journal", "--journal", "journal"],
        &["--trace", "folder"],
        &["--trace", "no/such/folder/trace"],
        &["suite.yaml", "--html", "run.html"],
    ] {
        let run = stage.finished(run(&stage, wrong));
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{wrong:?}: {}", run.stderr);
        assert!(run.stderr.contains("cannot be written"), "{wrong:?}: {}", run.stderr);
        assert!(!stage.here().join(".atp-runs").exists(), "{wrong:?} ran");
    }
    assert_eq!(stage.read("suite.yaml"), suite);
}

#[test]
fn several_suites_share_their_reports() {
    let stage = staged();
    stage.write("other.yaml", &stage.read("suite.yaml").replace("staged", "other"));
    let files = ["--json", "run.json", "--junit", "run.xml", "--summary", "run.md"];
    let output = run(&stage, &[&["other.yaml"], &files[..]].concat());
    assert_eq!(output.status.code(), Some(0));
    let json: Value = serde_json::from_str(&stage.read("run.json")).unwrap();
    assert_eq!(json["suites"].as_array().unwrap().len(), 2);
    let junit = stage.read("run.xml");
    assert!(junit.contains(r#"<testsuite id="0" name="staged""#), "{junit}");
    assert!(junit.contains(r#"<testsuite id="1" name="other""#), "{junit}");
    let page = stage.read("run.md");
    assert!(page.starts_with("## PASSED: 2 suites\n"), "{page}");
    for suite in ["staged", "other"] {
        assert!(page.contains(&format!("| `{suite}` | `echo` | passed | 2 passed |")), "{page}");
    }
    assert!(page.lines().count() <= 40, "{page}");
}

#[test]
fn what_is_written_to_a_pipe_is_no_file() {
    let stage = staged();
    let run = stage.finished(run(&stage, &["--quiet", "--junit", "/dev/stdout"]));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.contains("</testsuites>"), "{}", run.stdout);
}

/// A journal says all that its run said.
#[test]
fn a_journal_gives_the_reports_of_its_run() {
    let stage = staged();
    let args = [&["--agent", "fails", "--journal", "journal"], &FILES[..]].concat();
    let first = stage.finished(run(&stage, &args));
    assert_eq!(first.code, Some(1));
    let names = ["run.json", "run.html", "run.trace", "run.xml", "run.md"];
    let before = names.map(|name| stage.read(name));
    names.iter().for_each(|name| fs::remove_file(stage.here().join(name)).unwrap());
    let later = stage.atp(&[&["report", "journal"], &FILES[..]].concat());
    assert_eq!((later.code, later.stdout.as_str()), (Some(0), ""), "{}", later.stderr);
    for (name, before) in names.iter().zip(before) {
        assert_eq!(stage.read(name), before, "{name}");
    }
    let printed = stage.atp(&["report", "journal"]);
    assert_eq!((printed.code, printed.stdout), (Some(0), first.stdout));
}

#[test]
fn a_killed_run_can_be_reported() {
    let stage = Stage::new();
    let agent = stage.shell("[ $test = a ] || sleep 1; answer");
    stage.suite(&agent, &[("a", ""), ("b", "")]);
    let mut child = stage.start(&["suite.yaml", "--journal", "journal"]);
    let begin = Instant::now();
    while finished_tests(&records(&stage.here().join("journal"))).is_empty() {
        assert!(begin.elapsed() < Duration::from_secs(60), "no result came");
        sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let args = [&["report", "journal"], &FILES[..]].concat();
    assert_eq!(stage.atp(&args).code, Some(0));
    assert_reports(&stage, "INTERRUPTED");
}

#[test]
fn what_is_no_journal_is_told() {
    let stage = staged();
    stage.write("empty", "");
    for (file, message) in [
        ("missing", "cannot open missing"),
        ("suite.yaml", "is no journal"),
        ("empty", "nothing was recorded"),
        (".", "."),
    ] {
        let told = stage.atp(&["report", file]);
        assert_eq!((told.code, told.stdout.as_str()), (Some(2), ""), "{file}");
        assert!(told.stderr.contains(message), "{file}: {}", told.stderr);
    }
    let output = run(&stage, &["--journal", "journal"]);
    assert_eq!(output.status.code(), Some(0));
    let before = stage.read("journal");
    assert_eq!(stage.atp(&["report", "journal", "--html", "journal"]).code, Some(2));
    assert_eq!(stage.read("journal"), before);
}
