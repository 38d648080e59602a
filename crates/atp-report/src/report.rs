//! The report of a run: what it came to, as one value that is written as JSON.

use crate::digest::Digest;
use crate::error::ReportError;
use crate::observed::Observed;
use crate::outcome::{Summary, TestReport};
use crate::overhead::{Bottleneck, Overhead, TimeSpent};
use crate::status::is_failure;
use atp_journal::Recording;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The version of the JSON report that this crate writes and reads.
pub const SCHEMA: u32 = 1;

/// What a run came to. Serialised, it is the JSON report.
///
/// Times are in seconds, shares in percent. A figure that was not measured is `None` and `null`,
/// never zero.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Report {
    /// The version of this layout, [`SCHEMA`].
    pub schema: u32,
    /// The suite's name.
    pub suite: String,
    /// The file the suite was read from.
    #[serde(default)]
    pub suite_file: Option<PathBuf>,
    /// The agent's name.
    pub agent: String,
    /// When the first session started, in UTC as ISO 8601.
    #[serde(default)]
    pub started_at: String,
    /// How many runs went on at once.
    #[serde(default)]
    pub parallel: u32,
    /// Whether planned tests have no result, because the run was ended early or still goes on.
    #[serde(default)]
    pub interrupted: bool,
    /// How many tests came to which end.
    pub summary: Summary,
    /// The tests, in the order of the suite.
    pub tests: Vec<TestReport>,
    /// What the platform itself cost.
    pub overhead: Overhead,
    /// Where the time of all runs went.
    #[serde(default)]
    pub time: TimeSpent,
    /// What a faster run would have to change first; none if no agent ran.
    pub bottleneck: Option<Bottleneck>,
    /// What went on beside the verdicts.
    #[serde(default)]
    pub observed: Observed,
}

impl Report {
    /// Sums up a recording, whole or not.
    pub fn new(recording: &Recording) -> Self {
        let digest = Digest::new(recording);
        let tests: Vec<_> = {
            let runs = recording.header.runs_per_test;
            digest.tests.iter().map(|test| TestReport::new(test, runs)).collect()
        };
        let summary = Summary::new(&digest, &tests);
        let time = TimeSpent::of(recording.runs.iter());
        Self {
            schema: SCHEMA,
            suite: recording.header.suite.clone(),
            suite_file: recording.header.suite_file.clone(),
            agent: recording.header.agent.clone(),
            started_at: recording.header.started_at.to_string(),
            parallel: recording.header.parallel,
            interrupted: summary.unfinished > 0,
            observed: Observed::new(&digest, &tests),
            overhead: Overhead::of(&digest),
            bottleneck: time.bottleneck(),
            time,
            summary,
            tests,
        }
    }

    /// Reads a JSON report.
    ///
    /// Fields that are not known are passed over.
    ///
    /// # Errors
    ///
    /// [`ReportError::Schema`] for a report of another version, [`ReportError::Json`] for what is
    /// no report, with line and column.
    pub fn from_json(json: &[u8]) -> Result<Self, ReportError> {
        #[derive(Deserialize)]
        struct Version {
            schema: u32,
        }
        let Version { schema } = serde_json::from_slice(json).map_err(ReportError::Json)?;
        if schema != SCHEMA {
            return Err(ReportError::Schema { found: schema });
        }
        serde_json::from_slice(json).map_err(ReportError::Json)
    }

    /// Holds the overhead against another budget than [`BUDGET_PERCENT`](crate::BUDGET_PERCENT).
    #[must_use]
    pub fn with_budget(mut self, percent: f64) -> Self {
        self.overhead.budget_percent = percent;
        self
    }

    /// Returns what the run came to.
    pub fn verdict(&self) -> Verdict {
        let Summary { total, failed, timeout, error, skipped, .. } = self.summary;
        if failed + timeout + error > 0 {
            Verdict::Failed
        } else if self.interrupted {
            Verdict::Interrupted
        } else if total == skipped {
            Verdict::NothingRan
        } else {
            Verdict::Passed
        }
    }

    /// Returns the command that runs one test again, for a shell; none where the suite's file is
    /// not known or a name holds a character that no command line can.
    pub fn command(&self, test: &str) -> Option<String> {
        let file = self.suite_file.as_ref()?.to_str()?;
        let words = ["atp", "run", file, "--agent", &self.agent, "--test", test];
        shlex::try_join(words).ok()
    }

    /// Returns the tests that did not pass and were not left out, in the order of the suite.
    pub fn failures(&self) -> impl Iterator<Item = &TestReport> {
        self.tests.iter().filter(|test| is_failure(test.status))
    }
}

/// What a run came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// All tests passed that were not left out, some perhaps only at a later try.
    Passed,
    /// At least one did not.
    Failed,
    /// None failed, but the run ended before all had a result.
    Interrupted,
    /// There was no test, or all were left out.
    NothingRan,
}

impl Verdict {
    /// Returns the verdict in a word or two.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
            Self::NothingRan => "nothing ran",
        }
    }
}
