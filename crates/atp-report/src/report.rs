//! The report of a run: what it came to, as one value that is written as JSON.

use crate::digest::Digest;
use crate::error::ReportError;
use crate::observed::Observed;
use crate::outcome::{Summary, TestReport};
use crate::overhead::{Bottleneck, Overhead, TimeSpent};
use crate::status::is_failure;
use crate::text::turns_writing;
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
    /// What a command line needs besides suite and test to run a test again in the same way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rerun_options: Vec<String>,
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
    /// Whether a test that passed only at a later try fails the run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub flaky_fails: bool,
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
            rerun_options: recording.header.rerun_options.clone(),
            agent: recording.header.agent.clone(),
            started_at: recording.header.started_at.to_string(),
            parallel: recording.header.parallel,
            interrupted: summary.unfinished > 0,
            flaky_fails: false,
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
        Layout::of(json)?;
        serde_json::from_slice(json).map_err(ReportError::Json)
    }

    /// Reads a JSON report, or the reports of several suites that one file holds as `suites`.
    ///
    /// # Errors
    ///
    /// As [`from_json`](Self::from_json).
    pub fn all_from_json(json: &[u8]) -> Result<Vec<Self>, ReportError> {
        #[derive(Deserialize)]
        struct Suites {
            suites: Vec<Report>,
        }
        if Layout::of(json)?.suites.is_none() {
            return Self::from_json(json).map(|report| vec![report]);
        }
        let Suites { suites } = serde_json::from_slice(json).map_err(ReportError::Json)?;
        Ok(suites)
    }

    /// Holds the overhead against another budget than [`BUDGET_PERCENT`](crate::BUDGET_PERCENT).
    #[must_use]
    pub fn with_budget(mut self, percent: f64) -> Self {
        self.overhead.budget_percent = percent;
        self
    }

    /// Sets whether a test that passed only at a later try fails the run.
    #[must_use]
    pub fn with_flaky_failing(mut self, fails: bool) -> Self {
        self.flaky_fails = fails;
        self
    }

    /// Returns what the run came to.
    pub fn verdict(&self) -> Verdict {
        let Summary { total, failed, timeout, error, skipped, .. } = self.summary;
        if failed + timeout + error + self.failing_flaky() > 0 {
            Verdict::Failed
        } else if self.interrupted {
            Verdict::Interrupted
        } else if total == skipped {
            Verdict::NothingRan
        } else {
            Verdict::Passed
        }
    }

    /// Returns the command that runs one test again in the same way, for a shell; none where the
    /// suite's file is not known or a name holds a character that no command line can, that a
    /// terminal would obey, or that makes the command read as another one. How an agent is
    /// configured that no suite names, the command takes from the environment.
    pub fn command(&self, test: &str) -> Option<String> {
        let file = self.suite_file.as_ref()?.to_str()?;
        // What begins with a dash would be taken for an option.
        let file = if file.starts_with('-') { format!("./{file}") } else { file.to_owned() };
        let mut words = vec!["atp".to_owned(), "run".to_owned(), file];
        match self.rerun_options.as_slice() {
            [] => words.extend(option("--agent", &self.agent)),
            options => words.extend_from_slice(options),
        }
        words.extend(option("--test", test));
        let command = shlex::try_join(words.iter().map(String::as_str)).ok()?;
        let deceives = |c: char| c != '\n' && (c.is_control() || turns_writing(c));
        (!command.contains(deceives)).then_some(command)
    }

    /// How many flaky tests fail the run.
    pub(crate) fn failing_flaky(&self) -> u64 {
        if self.flaky_fails { self.summary.flaky } else { 0 }
    }

    /// Returns the tests that did not pass and were not left out, in the order of the suite.
    pub fn failures(&self) -> impl Iterator<Item = &TestReport> {
        self.tests.iter().filter(|test| is_failure(test.status))
    }
}

/// What tells how the rest of a JSON file is to be read.
#[derive(Deserialize)]
struct Layout {
    schema: u32,
    #[serde(default)]
    suites: Option<serde::de::IgnoredAny>,
}

impl Layout {
    fn of(json: &[u8]) -> Result<Self, ReportError> {
        let layout: Self = serde_json::from_slice(json).map_err(ReportError::Json)?;
        match layout.schema {
            SCHEMA => Ok(layout),
            found => Err(ReportError::Schema { found }),
        }
    }
}

/// An option with its value, as words of a command line: as one where the value alone would be
/// taken for another option.
fn option(name: &str, value: &str) -> Vec<String> {
    if value.starts_with('-') {
        return vec![format!("{name}={value}")];
    }
    vec![name.to_owned(), value.to_owned()]
}

/// What a run came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// All tests passed that were not left out, some perhaps only at a later try.
    Passed,
    /// At least one did not, or only at a later try where that is not enough.
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
