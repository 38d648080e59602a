//! Runs of suites that are made up for a measurement.

use super::Failure;
use atp_adapter::{CancellationToken, adapter_cache};
use atp_journal::{Journal, Recording};
use atp_runner::{Agent, RunOptions, Runner};
use atp_suite::{Environment, load_str};
use serde_json::Value;
use std::{fmt::Write, sync::Arc};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A folder for journals, and the runtime that `atp run` has as well.
pub(super) struct Stage {
    folder: TempDir,
    runtime: Runtime,
}

impl Stage {
    pub(super) fn new() -> Result<Self, Failure> {
        let folder = tempfile::Builder::new().prefix("atp-selftest-").tempdir()?;
        Ok(Self { folder, runtime: crate::run::runtime()? })
    }

    /// Creates an agent that an adapter of this kind reaches.
    pub(super) fn agent(&self, kind: &str, config: &Value) -> Result<Agent, Failure> {
        let adapter = self.runtime.block_on(adapter_cache().get_or_create(kind, config))?;
        Ok(Agent::cached("selftest", adapter))
    }

    /// Runs a suite of so many tests that assert nothing, and returns what was recorded.
    pub(super) fn play(
        &self,
        tests: usize,
        parallel: u32,
        agent: Agent,
    ) -> Result<Recording, Failure> {
        let suite = Arc::new(load_str(suite(tests), &Environment::new())?);
        let options = RunOptions::new().with_parallel(parallel);
        let runner = Runner::new(suite, self.folder.path(), agent, options)?;
        let header = runner.header();
        let folder = tempfile::tempdir_in(self.folder.path())?;
        let journal = Journal::create(folder.path().join("journal.jsonl"), &header)?;
        let run = runner.run(journal, Recording::new(header), CancellationToken::new(), &());
        Ok(self.runtime.block_on(run)?)
    }
}

/// Writes a suite.
fn suite(tests: usize) -> String {
    let mut text = String::from("test_suite: selftest\ntests:\n");
    for number in 1..=tests {
        let _infallible = writeln!(
            text,
            "  - {{id: t{number}, name: Test {number}, task: {{description: Take your time}}}}"
        );
    }
    text
}
