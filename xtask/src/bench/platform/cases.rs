//! What is measured.

use super::{
    Row,
    process::{Taken, run},
};
use crate::bench::Failure;
use serde_json::Value;
use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const MIB: f64 = 1024.0 * 1024.0;

/// Rounds of starts: every program once a round, in turn.
const STARTS: usize = 101;
const VALIDATED_TESTS: usize = 100;

const NO_OPS: usize = 10_000;

const EVENTS: u64 = 1_000_000;

/// Events of each test of the run that is shown on a page.
const SHOWN_EVENTS: u64 = 10;

const SLEEPERS: usize = 200;
const SLEEP_SECONDS: f64 = 0.5;
const AT_A_TIME: usize = 10;

/// An agent that answers when it has slept, and does so too without a request.
const SLEEPER: &str = r#"#!/bin/sh
read -r request
task=${request#*'"task_id":"'}; task=${task%%'"'*}
sleep 0.5
echo "{\"task_id\":\"$task\",\"status\":\"completed\"}"
"#;

/// Starting the program, beside a program that does nothing.
pub(super) fn starts(program: &Path, folder: &Path) -> Result<Vec<Row>, Failure> {
    let suite = folder.join("validated.yaml");
    fs::write(&suite, text("", VALIDATED_TESTS))?;
    let mut commands = [Command::new("true"), Command::new(program), Command::new(program)];
    commands[1].arg("--version");
    commands[2].arg("validate").arg(&suite);
    let mut taken = [const { Vec::new() }; 3];
    for _ in 0..STARTS {
        for (command, taken) in commands.iter_mut().zip(&mut taken) {
            taken.push(run(command)?);
        }
    }
    let median = |taken: &[Taken]| {
        atp_stats::median(&taken.iter().map(|taken| taken.wall_seconds).collect::<Vec<_>>())
    };
    let [nothing, version, validate] = &taken;
    let base = median(nothing)?;
    let peak = version.iter().chain(validate).map(|taken| taken.peak_bytes).max().unwrap_or(0);
    Ok(vec![
        Row::at_most("atp --version", median(version)? / base, 3.0, "x of true"),
        Row::at_most("atp validate, 100 tests", median(validate)? / base, 5.0, "x of true"),
        Row::at_most("memory of both", peak as f64 / MIB, 15.0, "MiB"),
    ])
}

/// Tests in process that do nothing: all of what the program costs, its start included.
pub(super) fn no_ops(program: &Path, folder: &Path) -> Result<Vec<Row>, Failure> {
    let suite = text("agents: [{name: echo, type: 'builtin:echo'}]\n", NO_OPS);
    let ran = atp_run(program, folder.join("no-ops"), &suite)?;
    let micros = ran.taken.cpu_seconds * 1e6 / NO_OPS as f64;
    Ok(vec![Row::at_most("10,000 tests that do nothing", micros, 50.0, "us CPU a test")])
}

/// Events of one agent: parsed, checked and written to the journal.
pub(super) fn events(program: &Path, folder: &Path) -> Result<Vec<Row>, Failure> {
    let (idle, busy) = (
        atp_run(program, folder.join("idle"), &talkative(0, 1))?,
        atp_run(program, folder.join("events"), &talkative(EVENTS, 1))?,
    );
    let taken = busy.report["tests"][0]["runs"][0]["events"].as_u64();
    if taken != Some(EVENTS) {
        return Err(format!("of {EVENTS} events {taken:?} were taken").into());
    }
    let (idle, busy) = (idle.taken, busy.taken);
    let a_second = EVENTS as f64 / (busy.cpu_seconds - idle.cpu_seconds);
    let more = busy.peak_bytes.saturating_sub(idle.peak_bytes) as f64 / MIB;
    Ok(vec![
        Row::at_least("1,000,000 events", a_second / 1e3, 500.0, "thousand a CPU second"),
        Row::at_most("memory for them above idle", more, 32.0, "MiB"),
    ])
}

/// A page of a large run, made from its journal by a process that does nothing else.
pub(super) fn page(program: &Path, folder: &Path) -> Result<Vec<Row>, Failure> {
    let ran = atp_run(program, folder.join("page"), &talkative(SHOWN_EVENTS, NO_OPS))?;
    let taken = ran.reports(program, &["--html", "page.html"])?;
    let megabytes = fs::metadata(ran.folder.join("page.html"))?.len() as f64 / 1e6;
    Ok(vec![
        Row::at_most("page of 10,000 tests, 100,000 events", megabytes, 5.0, "MB"),
        Row::at_most("reading the journal, writing it", taken.wall_seconds, 1.0, "s"),
    ])
}

/// A suite whose agent reports so many events in each test.
fn talkative(events: u64, tests: usize) -> String {
    let event = "{event: {event_type: tool_call, payload: {tool: search, status: success}}}";
    let config = format!("{{steps: [{event}], repeat: {events}}}");
    text(&format!("agents: [{{name: a, type: 'builtin:script', config: {config}}}]\n"), tests)
}

/// Agents that sleep, beside xargs that starts the same ones in the same run.
pub(super) fn sleepers(program: &Path, folder: &Path) -> Result<Vec<Row>, Failure> {
    let agent = folder.join("sleeper.sh");
    fs::write(&agent, SLEEPER)?;
    let config = format!("{{command: sh, args: ['{}']}}", agent.display());
    let suite = text(&format!("agents: [{{name: a, type: cli, config: {config}}}]\n"), SLEEPERS);
    let ran = atp_run(program, folder.join("sleepers"), &suite)?;
    let reports = ran.reports(program, &EVERY_REPORT)?;
    let Ran { taken: ours, report, runs, .. } = ran;
    let seconds =
        |phase: &str| -> f64 { runs.iter().filter_map(|run| run["ledger"][phase].as_f64()).sum() };
    let numbers = format!("seq {SLEEPERS} | xargs -P {AT_A_TIME} -I {{}} sh '{}'", agent.display());
    let theirs = run(Command::new("sh").args(["-c", &numbers]))?;
    let ideal = SLEEPERS as f64 / AT_A_TIME as f64 * SLEEP_SECONDS;
    let percent = |key: &str| report["overhead"][key].as_f64().unwrap_or(f64::NAN);
    Ok(vec![
        Row::at_most("200 agents, 10 at a time", ours.wall_seconds / ideal, 1.03, "x of 10 s"),
        Row::at_most("their platform's CPU", percent("cpu_percent"), 0.5, "% of agent time"),
        Row::at_most("their platform's time", percent("per_test_percent"), 5.0, "% of agent time"),
        Row::at_most(
            "of that, starting them",
            100.0 * seconds("spawn") / seconds("agent"),
            5.0,
            "% of agent time",
        ),
        Row::at_most(
            "all of their reports",
            100.0 * reports.wall_seconds / ours.wall_seconds,
            1.0,
            "% of its time",
        ),
        Row::at_most("CPU of it all", ours.cpu_seconds / theirs.cpu_seconds, 1.5, "x of xargs"),
    ])
}

/// All that `atp report` writes from a journal.
const EVERY_REPORT: [&str; 10] = [
    "--html",
    "run.html",
    "--json",
    "run.json",
    "--junit",
    "run.xml",
    "--summary",
    "run.md",
    "--trace",
    "trace.json",
];

/// A run of `atp run` that passed.
struct Ran {
    /// Where its journal lies.
    folder: PathBuf,
    taken: Taken,
    report: Value,
    /// The records of its runs.
    runs: Vec<Value>,
}

/// Runs a suite in a folder that is made for it.
fn atp_run(program: &Path, folder: PathBuf, suite: &str) -> Result<Ran, Failure> {
    fs::create_dir(&folder)?;
    let path = |name: &str| folder.join(name);
    fs::write(path("suite.yaml"), suite)?;
    let mut command = Command::new(program);
    command.args(["run", "suite.yaml", "--quiet", "--json", "report.json", "--journal", "journal"]);
    let parallel = AT_A_TIME.to_string();
    let taken = run(command.args(["--parallel", &parallel]).current_dir(&folder))?;
    let records = fs::read_to_string(path("journal"))?;
    let records = records.lines().map(serde_json::from_str).collect::<Result<Vec<Value>, _>>()?;
    let runs = records.into_iter().filter(|record| record["kind"] == "run").collect();
    let report = serde_json::from_slice(&fs::read(path("report.json"))?)?;
    Ok(Ran { folder, taken, report, runs })
}

impl Ran {
    /// Writes reports of the run into its folder.
    fn reports(&self, program: &Path, files: &[&str]) -> Result<Taken, Failure> {
        run(Command::new(program).args(["report", "journal"]).args(files).current_dir(&self.folder))
    }
}

/// Writes a suite of tests that assert nothing.
fn text(head: &str, tests: usize) -> String {
    let mut text = format!("test_suite: platform\n{head}tests:\n");
    for number in 0..tests {
        let _infallible = writeln!(
            text,
            "  - {{id: t{number}, name: Test {number}, tags: [platform], task: {{description: Do it}}}}"
        );
    }
    text
}
