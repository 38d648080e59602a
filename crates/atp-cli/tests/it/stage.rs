//! A folder with suites and agents, the program run in it, and what it left behind.

use rustix::process::Pid;
use serde_json::Value;
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};
use tempfile::TempDir;

/// Shell that an agent begins with: it reads the request, and `answer` completes its task.
const PRELUDE: &str = r#"#!/bin/sh
read -r request
task=${request#*'"task_id":"'}; task=${task%%'"'*}
test=${request#*'"test_id":"'}; test=${test%%'"'*}
answer() { echo "{\"task_id\":\"$task\",\"status\":\"completed\"}"; }
"#;

/// The same in Python.
const PYTHON_PRELUDE: &str = r#"
import json, os, sys, time
request = json.loads(sys.stdin.readline())
task, test = request["task_id"], request["metadata"]["test_id"]
def answer(**more):
    print(json.dumps({"task_id": task, "status": "completed", **more}))
def event(sequence, **payload):
    event = {"sequence": sequence, "event_type": "progress", "payload": payload}
    print(json.dumps(event), file=sys.stderr, flush=True)
"#;

/// A folder in which `atp` runs, and beside it one for its temporary files.
pub(crate) struct Stage {
    root: TempDir,
    /// What all processes of the agents have in their environment.
    pub(crate) mark: String,
}

/// A run that is over.
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// The JSON report; null if there is none.
    pub(crate) report: Value,
}

impl Stage {
    pub(crate) fn new() -> Self {
        static STAGES: AtomicU64 = AtomicU64::new(0);
        let number = STAGES.fetch_add(1, Relaxed);
        let root = TempDir::new().expect("a folder for the test");
        for name in ["here", "tmp", "agents"] {
            fs::create_dir(root.path().join(name)).expect("a folder in it");
        }
        Self { root, mark: format!("mark-{}-{number}-end", std::process::id()) }
    }

    /// Where `atp` runs.
    pub(crate) fn here(&self) -> PathBuf {
        self.root.path().join("here")
    }

    /// Where it makes its temporary files.
    pub(crate) fn temporary(&self) -> PathBuf {
        self.root.path().join("tmp")
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.here().join(name), text).expect("a file for the test");
    }

    /// A place for what is neither the run's nor a workspace's, such as the log of an agent.
    pub(crate) fn agents(&self, name: &str) -> PathBuf {
        self.root.path().join("agents").join(name)
    }

    /// Writes an agent in shell and returns how a suite declares it.
    pub(crate) fn shell(&self, script: &str) -> String {
        let path = self.agents("agent.sh");
        fs::write(&path, format!("{PRELUDE}{script}\n")).expect("an agent");
        self.declared("sh", &path)
    }

    /// Writes an agent in Python and returns how a suite declares it; nothing where there is no
    /// Python, and the test says that it is skipped.
    pub(crate) fn python(&self, script: &str) -> Option<String> {
        if Command::new("python3").arg("--version").output().is_err() {
            println!("skipped: there is no python3 on this machine");
            return None;
        }
        let path = self.agents("agent.py");
        fs::write(&path, format!("{PYTHON_PRELUDE}{script}\n")).expect("an agent");
        Some(self.declared("python3", &path))
    }

    fn declared(&self, command: &str, script: &Path) -> String {
        let (script, mark) = (script.display(), &self.mark);
        // Where pyenv stands in for python3, it wants to find its versions.
        format!(
            "{{name: agent, type: cli, config: {{command: {command}, args: ['{script}'], \
             environment: {{ATP_TEST_MARK: {mark}}}, allowed_env_vars: [PYENV_ROOT, PYENV_VERSION]}}}}"
        )
    }

    /// Writes a program.
    pub(crate) fn program(&self, name: &str, text: &str) -> PathBuf {
        let path = self.agents(name);
        fs::write(&path, text).expect("a program");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it can be started");
        path
    }

    /// Writes `suite.yaml` with one agent and the tests, each given by its id and further keys.
    pub(crate) fn suite(&self, agent: &str, tests: &[(&str, &str)]) {
        let mut text = format!("test_suite: staged\nagents: [{agent}]\ntests:\n");
        for (id, keys) in tests {
            text += &format!("  - {{id: {id}, name: Test {id}, task: {{description: Do {id}}}");
            text += if keys.is_empty() { "" } else { ", " };
            text += &format!("{keys}}}\n");
        }
        self.write("suite.yaml", &text);
    }

    /// `atp run` with these arguments, with an environment of its own.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_atp"));
        command.arg("run").args(args).current_dir(self.here());
        command.env("TMPDIR", self.temporary()).stdin(Stdio::null());
        // What a CI system shows of its own job is none of these.
        command.env_remove("GITHUB_STEP_SUMMARY");
        command
    }

    /// `atp` with another subcommand than `run`.
    pub(crate) fn atp(&self, args: &[&str]) -> Finished {
        let mut command = Command::new(env!("CARGO_BIN_EXE_atp"));
        command.args(args).current_dir(self.here()).env_remove("GITHUB_STEP_SUMMARY");
        self.finished(command.output().expect("atp starts"))
    }

    /// What a file holds in the folder in which `atp` runs.
    pub(crate) fn read(&self, name: &str) -> String {
        let text = fs::read_to_string(self.here().join(name));
        text.unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn start(&self, args: &[&str]) -> Child {
        let mut command = self.command(args);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("atp starts")
    }

    /// Runs `suite.yaml` and reads its report.
    pub(crate) fn run(&self, args: &[&str]) -> Finished {
        let report = self.agents("report.json");
        let report = report.to_str().expect("a plain path");
        let args = [&["suite.yaml", "--json", report], args].concat();
        self.finished(self.command(&args).output().expect("atp starts"))
    }

    pub(crate) fn finished(&self, output: Output) -> Finished {
        let report = fs::read(self.agents("report.json")).unwrap_or_default();
        Finished {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("atp prints UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("atp prints UTF-8"),
            report: serde_json::from_slice(&report).unwrap_or_default(),
        }
    }

    /// The records of the only journal, one value a line.
    pub(crate) fn journal(&self) -> Vec<Value> {
        let entries = fs::read_dir(self.here().join(".atp-runs")).expect("a folder of journals");
        let names = entries.map(|entry| entry.unwrap().path().display().to_string());
        let is_journal = |name: &String| name.ends_with(".jsonl") && !name.contains(".events.");
        let journals: Vec<String> = names.filter(is_journal).collect();
        assert_eq!(journals.len(), 1, "{journals:?}");
        records(Path::new(&journals[0]))
    }

    /// Fails the test if anything is left: a living process of an agent's, a workspace, or a file
    /// beside the suite and the journals.
    pub(crate) fn assert_clean(&self) {
        assert_eq!(alive(&self.mark), Vec::<String>::new());
        assert_eq!(names(&self.temporary()), Vec::<String>::new());
        let mut here = names(&self.here());
        here.retain(|name| name != ".atp-runs" && name != "suite.yaml");
        assert_eq!(here, Vec::<String>::new());
    }
}

impl Finished {
    pub(crate) fn test(&self, id: &str) -> &Value {
        let tests = self.report["tests"].as_array().unwrap_or_else(|| panic!("{}", self.stderr));
        let found = tests.iter().find(|test| test["id"] == id);
        found.unwrap_or_else(|| panic!("no test {id} in {}", self.report))
    }

    pub(crate) fn status(&self, id: &str) -> &str {
        self.test(id)["status"].as_str().expect("a status")
    }

    /// The message of the first run.
    pub(crate) fn error(&self, id: &str) -> &str {
        self.test(id)["runs"][0]["error"].as_str().unwrap_or_default()
    }

    /// The statuses of all tests, each once.
    pub(crate) fn statuses(&self) -> Vec<&str> {
        let tests = self.report["tests"].as_array().unwrap_or_else(|| panic!("{}", self.stderr));
        let mut all: Vec<&str> =
            tests.iter().map(|test| test["status"].as_str().unwrap()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// The whole lines of a journal.
pub(crate) fn records(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().map(|line| serde_json::from_str(line).expect("a whole record")).collect()
}

/// The ids of the tests that these records say are finished.
pub(crate) fn finished_tests(records: &[Value]) -> Vec<String> {
    let tests = records.iter().filter(|record| record["kind"] == "test");
    tests.map(|test| test["test"].as_str().expect("an id").to_owned()).collect()
}

/// The living processes with `mark` in their environment or command line, by their command lines;
/// none where there is no `/proc` to see them in.
pub(crate) fn alive(mark: &str) -> Vec<String> {
    let folders = marked(mark).into_iter();
    let line = |folder: PathBuf| fs::read(folder.join("cmdline")).unwrap_or_default();
    folders.map(|folder| String::from_utf8_lossy(&line(folder)).into_owned()).collect()
}

/// The same by their numbers.
pub(crate) fn pids(mark: &str) -> Vec<Pid> {
    let number = |folder: PathBuf| folder.file_name()?.to_str()?.parse().ok();
    marked(mark).into_iter().filter_map(number).filter_map(Pid::from_raw).collect()
}

/// The folders of these processes below `/proc`.
fn marked(mark: &str) -> Vec<PathBuf> {
    let folders = fs::read_dir("/proc").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = folders.map(|entry| entry.path()).collect();
    folders.retain(|folder| {
        let read = |name: &str| fs::read(folder.join(name)).unwrap_or_default();
        let stat = String::from_utf8_lossy(&read("stat")).into_owned();
        let is_ending = stat.rsplit(") ").next().is_none_or(|state| state.starts_with(['Z', 'X']));
        let has_mark = |name| read(name).windows(mark.len()).any(|part| part == mark.as_bytes());
        !is_ending && (has_mark("environ") || has_mark("cmdline"))
    });
    folders
}

/// The names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}
