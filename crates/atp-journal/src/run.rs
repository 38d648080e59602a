//! One run of a test, and its attempts.

use crate::ledger::Ledger;
use crate::seconds;
use atp_protocol::Metrics;
use atp_scoring::Evaluation;
use serde::{Deserialize, Serialize};

/// How a run or an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// The agent answered and what it did was as asserted.
    Passed,
    /// The agent answered, and was not up to what was asserted.
    Failed,
    /// The agent took too long.
    Timeout,
    /// The agent could not be asked, or gave no valid answer.
    Error,
    /// It was not tried.
    Skipped,
}

/// One run of a test.
///
/// Of two records with the same test and number, the later counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunRecord {
    /// Identifier of the test.
    pub test: String,
    /// Number of the run, from 1.
    pub run: u32,
    /// The slot it ran in, from 0 and below the number of parallel runs.
    pub slot: u32,
    /// Number of the process that ran it: that of a [`Session`](crate::Session), which is missing
    /// if the process was killed.
    pub session: u32,
    /// When it began, in seconds since the start of its session.
    #[serde(deserialize_with = "seconds::read")]
    pub started_seconds: f64,
    /// When it ended, in seconds since the start of its session.
    #[serde(deserialize_with = "seconds::read")]
    pub finished_seconds: f64,
    /// How it ended.
    pub status: RunStatus,
    /// Its attempts in order, more than one if there were retries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<AttemptRecord>,
    /// Where its time went.
    pub ledger: Ledger,
    /// Valid events that came.
    pub events: u64,
    /// Lines that were no valid events.
    pub invalid_events: u64,
    /// Valid events whose number or task did not fit.
    pub misordered_events: u64,
    /// Events that went to the journal's file of events before the run was over, since they were
    /// more than stay in memory.
    pub spooled_events: u64,
    /// Events that were kept nowhere, since they were more than the file takes of one attempt.
    pub dropped_events: u64,
    /// The beginning of the first line that was no valid event, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_invalid: Option<String>,
    /// Whether something that the agent started still held its output after it had ended.
    pub leaky: bool,
    /// Processes of the agent that had to be ended.
    pub ended_processes: u32,
    /// Processes of the agent that could not be ended.
    pub remaining_processes: u32,
    /// CPU seconds of the agent's processes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_cpu_seconds: Option<f64>,
    /// Highest resident memory of one of the agent's processes, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_rss_bytes: Option<u64>,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What the agent says it used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Metrics>,
    /// Score from 0 to 100; none where nothing could be scored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// What the evaluators found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evaluations: Vec<Evaluation>,
    /// Assertions that nothing here can check.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped_assertions: Vec<SkippedAssertion>,
}

/// One attempt of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AttemptRecord {
    /// How it ended.
    pub status: RunStatus,
    /// Seconds of the agent's own work, without waits and without the start of its process.
    #[serde(deserialize_with = "seconds::read")]
    pub agent_seconds: f64,
    /// Seconds to start the agent.
    #[serde(deserialize_with = "seconds::read")]
    pub spawn_seconds: f64,
    /// Seconds of waiting for the rate limit or for the retry before it.
    #[serde(deserialize_with = "seconds::read")]
    pub wait_seconds: f64,
    /// When it began, after the wait, in seconds since the start of its session.
    #[serde(deserialize_with = "seconds::read")]
    pub started_seconds: f64,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// An assertion that was not checked, which is never taken for a pass: the others decide, unless its
/// type is unknown, it is critical, or there are no others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SkippedAssertion {
    /// Position among the test's assertions, from 0.
    pub index: usize,
    /// The assertion's type.
    pub kind: String,
    /// Why it was not checked.
    pub reason: String,
}

impl RunStatus {
    /// Returns the status as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Timeout => "timeout",
            Self::Error => "error",
            Self::Skipped => "skipped",
        }
    }
}

impl RunRecord {
    /// Creates the record of a run of which nothing else is known: no attempt, no event, and all
    /// times at zero.
    pub fn new(test: impl Into<String>, run: u32, status: RunStatus) -> Self {
        Self {
            test: test.into(),
            run,
            slot: 0,
            session: 0,
            started_seconds: 0.0,
            finished_seconds: 0.0,
            status,
            attempts: Vec::new(),
            ledger: Ledger::default(),
            events: 0,
            invalid_events: 0,
            misordered_events: 0,
            spooled_events: 0,
            dropped_events: 0,
            first_invalid: None,
            leaky: false,
            ended_processes: 0,
            remaining_processes: 0,
            agent_cpu_seconds: None,
            peak_rss_bytes: None,
            error: None,
            metrics: None,
            score: None,
            evaluations: Vec::new(),
            skipped_assertions: Vec::new(),
        }
    }
}

impl AttemptRecord {
    /// Creates the record of an attempt that took no time.
    pub fn new(status: RunStatus) -> Self {
        Self {
            status,
            agent_seconds: 0.0,
            spawn_seconds: 0.0,
            wait_seconds: 0.0,
            started_seconds: 0.0,
            error: None,
        }
    }
}

impl SkippedAssertion {
    /// Creates the record of an assertion that was not checked.
    pub fn new(index: usize, kind: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { index, kind: kind.into(), reason: reason.into() }
    }
}
