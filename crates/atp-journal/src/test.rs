//! The verdict on a test.

use atp_scoring::RunStatistics;
use serde::{Deserialize, Serialize};

/// How a test ended, over all its runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TestStatus {
    /// All runs passed.
    Passed,
    /// A run failed.
    Failed,
    /// A run took too long.
    Timeout,
    /// A run could not be made.
    Error,
    /// Nothing was run.
    Skipped,
    /// It passed, but only after an attempt that did not.
    Flaky,
}

/// The verdict on a test. A test is finished once this is in the journal.
///
/// A run or a verdict that comes later takes it back: a test that was judged begins anew with it,
/// without its earlier runs; one that was [skipped](TestStatus::Skipped) goes on with those it has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TestRecord {
    /// Identifier of the test.
    pub test: String,
    /// How it ended.
    pub status: TestStatus,
    /// Whether it asserts nothing, so that an answer was enough to pass.
    pub unasserted: bool,
    /// Score from 0 to 100, over all runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// Statistics over the runs, in the form that reports show: that of
    /// [`RunStatistics`], whose figures have four decimals. They are kept as JSON, because what
    /// was rounded for people is not what it was computed from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistics: Option<serde_json::Value>,
    /// Why it did not pass, or was skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl TestStatus {
    /// Returns the status as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Timeout => "timeout",
            Self::Error => "error",
            Self::Skipped => "skipped",
            Self::Flaky => "flaky",
        }
    }
}

impl TestRecord {
    /// Creates the verdict on a test without score and statistics.
    pub fn new(test: impl Into<String>, status: TestStatus) -> Self {
        Self {
            test: test.into(),
            status,
            unasserted: false,
            score: None,
            statistics: None,
            error: None,
        }
    }

    /// Sets the statistics.
    #[must_use]
    pub fn with_statistics(mut self, statistics: &RunStatistics) -> Self {
        self.statistics = serde_json::to_value(statistics).ok();
        self
    }
}
