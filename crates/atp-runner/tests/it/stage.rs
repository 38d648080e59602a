//! A suite, a folder for its journal, and what is needed to run it.

use atp_adapter::{Adapter, CancellationToken, lazy_adapter_registry};
use atp_journal::{Journal, Recording, RunRecord, TestRecord, TestStatus};
use atp_runner::{Agent, Observer, RunError, RunOptions, Runner};
use atp_suite::{Environment, TestSuite, load_str};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

pub(crate) struct Stage {
    pub(crate) folder: TempDir,
    pub(crate) suite: Arc<TestSuite>,
    pub(crate) options: RunOptions,
    pub(crate) stop: CancellationToken,
}

impl Stage {
    /// A stage for the suite of this text.
    pub(crate) fn new(suite: &str) -> Self {
        let suite = load_str(suite, &Environment::new());
        let suite = suite.unwrap_or_else(|error| panic!("{}", error.render()));
        Self {
            folder: tempfile::tempdir().unwrap(),
            suite: Arc::new(suite),
            options: RunOptions::new(),
            stop: CancellationToken::new(),
        }
    }

    /// A stage for so many tests, `t0` and on, with this besides their task.
    pub(crate) fn of(tests: usize, more: &str) -> Self {
        let test = |n| format!("  - {{id: t{n}, name: T, task: {{description: d}}{more}}}\n");
        let tests: String = (0..tests).map(test).collect();
        Self::new(&format!("test_suite: s\ntests:\n{tests}"))
    }

    pub(crate) fn with(mut self, options: impl FnOnce(RunOptions) -> RunOptions) -> Self {
        self.options = options(self.options);
        self
    }

    pub(crate) fn runner(&self, kind: &str, adapter: Arc<dyn Adapter>) -> Runner {
        let agent = Agent::new("a", kind, adapter);
        let options = self.options.clone();
        Runner::new(Arc::clone(&self.suite), self.folder.path(), agent, options).unwrap()
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("runs/run.jsonl")
    }

    /// Runs everything from the start.
    pub(crate) async fn run(&self, adapter: Arc<dyn Adapter>) -> Recording {
        self.watched(adapter, &()).await.unwrap()
    }

    pub(crate) async fn watched(
        &self,
        adapter: Arc<dyn Adapter>,
        observer: &dyn Observer,
    ) -> Result<Recording, RunError> {
        let runner = self.runner("test", adapter);
        let header = runner.header();
        let journal = Journal::create(self.path(), &header).unwrap();
        runner.run(journal, Recording::new(header), self.stop.clone(), observer).await
    }

    /// Goes on with what was not finished.
    pub(crate) async fn resume(&self, adapter: Arc<dyn Adapter>) -> Recording {
        self.resume_without(adapter, |_| true).await
    }

    /// Goes on with what was not finished, and again with the tests that are not to be kept.
    pub(crate) async fn resume_without(
        &self,
        adapter: Arc<dyn Adapter>,
        keep: impl FnMut(&TestRecord) -> bool,
    ) -> Recording {
        let runner = self.runner("test", adapter);
        let (journal, mut already) = Journal::resume(self.path(), &runner.header()).unwrap();
        already.retain_tests(keep);
        runner.run(journal, already, CancellationToken::new(), &()).await.unwrap()
    }

    /// Runs everything with an agent that is built in.
    pub(crate) async fn builtin(&self, kind: &str, config: &Value) -> Recording {
        let (builder, _) = lazy_adapter_registry().get(kind).unwrap();
        let runner = self.runner(kind, builder.build(config).unwrap());
        let header = runner.header();
        let journal = Journal::create(self.path(), &header).unwrap();
        runner.run(journal, Recording::new(header), self.stop.clone(), &()).await.unwrap()
    }

    /// What the journal holds now.
    pub(crate) fn journal(&self) -> Recording {
        Journal::read(self.path()).unwrap()
    }
}

/// The tests with their verdicts, in the order in which they ended.
pub(crate) fn verdicts(recording: &Recording) -> Vec<(&str, TestStatus)> {
    recording.tests.iter().map(|test| (test.test.as_str(), test.status)).collect()
}

pub(crate) fn test<'a>(recording: &'a Recording, id: &str) -> &'a TestRecord {
    recording.tests.iter().find(|test| test.test == id).unwrap()
}

pub(crate) fn run<'a>(recording: &'a Recording, id: &str) -> &'a RunRecord {
    recording.runs.iter().find(|run| run.test == id).unwrap()
}

/// Notes everything it hears.
#[derive(Default)]
pub(crate) struct Notes {
    pub(crate) lines: Mutex<Vec<String>>,
    pub(crate) started: Mutex<Vec<(String, u32, u32)>>,
}

impl Notes {
    fn note(&self, line: String) {
        self.lines.lock().unwrap().push(line);
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }
}

impl Observer for Notes {
    fn run_started(&self, test: &str, run: u32, slot: u32) {
        self.started.lock().unwrap().push((test.into(), run, slot));
    }

    fn run_finished(&self, run: &RunRecord) {
        self.note(format!("{} {} {}", run.test, run.run, run.status.as_str()));
    }

    fn test_finished(&self, test: &TestRecord) {
        self.note(format!("{} {}", test.test, test.status.as_str()));
    }

    fn held_up(&self, test: &str, run: u32, time: Duration, why: &str) {
        self.note(format!("{test} {run} for {} s: {why}", time.as_secs()));
    }

    fn warned(&self, warning: &str) {
        self.note(format!("warning: {warning}"));
    }
}
