//! What all runs of a session have in common.

use crate::agent::Agent;
use crate::options::RunOptions;
use crate::slots::Slots;
use crate::workspace::Workspaces;
use atp_adapter::{CancellationToken, RunLimits};
use atp_journal::Journal;
use atp_suite::{TestCase, TestSuite};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// What all runs of a session have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) suite: Arc<TestSuite>,
    pub(crate) suite_dir: PathBuf,
    pub(crate) agent: Agent,
    pub(crate) options: RunOptions,
    pub(crate) journal: Journal,
    pub(crate) slots: Arc<Slots>,
    pub(crate) workspaces: Workspaces,
    /// Ends all runs: for the caller, for fail-fast, and when the journal cannot be written.
    pub(crate) stop: CancellationToken,
    pub(crate) began: Instant,
}

impl Shared {
    /// Returns how long the agent may take for `test`: as the options say, else the test, else its
    /// suite, whose default is 300 seconds.
    pub(crate) fn limits(&self, test: &TestCase) -> RunLimits {
        let timeout = self.options.timeout.unwrap_or_else(|| self.suite.timeout(test));
        RunLimits::new().with_timeout(Some(timeout)).with_idle_timeout(self.options.idle_timeout)
    }

    /// Returns the attempts after the first one, and the wait before each if there is a fixed one.
    pub(crate) fn retries(&self) -> (u32, Option<Duration>) {
        let retry = self.agent.adapter().retry();
        (self.options.retries.unwrap_or(retry.count), retry.delay)
    }

    /// Returns the seconds since the session began.
    pub(crate) fn seconds(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }
}
