//! What `atp run` shows while tests run.

use crate::stage::Stage;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::{
    ffi::OsStr,
    fs::File,
    os::unix::ffi::OsStrExt,
    process::{Command, Stdio},
};

const ECHO: &str = "{name: echo, type: 'builtin:echo'}";

/// One test of three fails.
fn staged() -> Stage {
    let stage = Stage::new();
    let agent = stage.shell(r#"case $test in b) exit 1 ;; *) answer ;; esac"#);
    stage.suite(&agent, &[("a", ""), ("b", ""), ("c", "")]);
    stage
}

#[test]
fn as_much_is_told_as_was_asked_for() {
    let stage = staged();
    for (how, passed, failed) in [("auto", 2, 1), ("plain", 2, 1), ("terse", 0, 1), ("none", 0, 0)]
    {
        let run = stage.run(&["--progress", how]);
        assert_eq!(run.code, Some(1), "{}", run.stderr);
        let lines = |status: &str| {
            let is_line = |line: &&str| line.starts_with('[') && line.contains(status);
            run.stderr.lines().filter(is_line).count()
        };
        assert_eq!(
            (lines("] passed"), lines("] ERROR")),
            (passed, failed),
            "{how}: {}",
            run.stderr
        );
        assert!(!run.stderr.contains('\u{1b}'), "{how}: {}", run.stderr);
    }
    let both = stage.run(&["--quiet", "--progress", "plain"]);
    assert_eq!(both.code, Some(2), "{}", both.stderr);
}

/// The pipe is full long before the run is over.
#[test]
fn a_pipe_that_nobody_reads_holds_up_no_run() {
    let stage = Stage::new();
    let ids: Vec<String> = (0..1500).map(|n| format!("t{n}-{}", "x".repeat(120))).collect();
    let tests: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), "")).collect();
    stage.suite(ECHO, &tests);
    let mut command = stage.command(&["suite.yaml", "--progress", "plain"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let unread = child.stderr.take();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    drop(unread);
}

/// A few drawings fill what a terminal keeps of them.
#[test]
fn a_terminal_that_was_paused_holds_up_no_run() {
    let paused = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&paused).unwrap();
    unlockpt(&paused).unwrap();
    let name = ptsname(&paused, Vec::new()).unwrap();
    let terminal = File::options().write(true).open(OsStr::from_bytes(name.as_bytes())).unwrap();
    let stage = Stage::new();
    let ids: Vec<String> = (0..20).map(|n| format!("t{n}")).collect();
    let tests: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), "")).collect();
    stage.suite("{name: slow, type: 'builtin:script', config: {delay: 1}}", &tests);
    let mut command = stage.command(&["suite.yaml"]);
    command.env("TERM", "xterm").stdout(Stdio::null()).stderr(terminal);
    assert_eq!(command.status().unwrap().code(), Some(0));
    drop(paused);
}

/// What a terminal is sent, by a `script` that has the words to run a command; nothing where there
/// is none, and the test says that it is skipped.
fn on_a_terminal(stage: &Stage, variables: &[(&str, &str)]) -> Option<String> {
    let version = Command::new("script").arg("--version").output().ok();
    if !version.is_some_and(|it| String::from_utf8_lossy(&it.stdout).contains("util-linux")) {
        println!("skipped: there is no script of util-linux on this machine");
        return None;
    }
    let mut command = Command::new("script");
    let run = format!("'{}' run suite.yaml", env!("CARGO_BIN_EXE_atp"));
    command.args(["-q", "-e", "-c", &run, "/dev/null"]).current_dir(stage.here());
    command.env("TERM", "xterm").env_remove("NO_COLOR").env_remove("GITHUB_STEP_SUMMARY");
    let output = command.envs(variables.iter().copied()).stdin(Stdio::null()).output().unwrap();
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{shown}");
    Some(shown)
}

#[test]
fn a_terminal_shows_bars() {
    let stage = Stage::new();
    let suite = r#"
test_suite: staged
agents: [{name: slow, type: 'builtin:script', config: {delay: 1}}]
tests:
  - {id: "evil\e[31m", name: A, task: {description: A}}
  - {id: b, name: B, task: {description: B}}
"#;
    stage.write("suite.yaml", suite);
    let Some(shown) = on_a_terminal(&stage, &[]) else { return };
    assert!(shown.contains("0/2 tests, 0 failed, 2 at work"), "{shown:?}");
    assert!(shown.contains("0:00  b"), "{shown:?}");
    assert!(!shown.contains("\u{1b}[31m"), "{shown:?}");
    assert!(shown.contains("\u{1b}[32m") && shown.contains("PASSED"), "{shown:?}");

    let shown = on_a_terminal(&stage, &[("NO_COLOR", "1")]).unwrap();
    assert!(shown.contains("2 at work") && !shown.contains("\u{1b}[32m"), "{shown:?}");

    let shown = on_a_terminal(&stage, &[("TERM", "dumb")]).unwrap();
    assert!(shown.contains("passed  b") && !shown.contains("at work"), "{shown:?}");
}
