//! What was to be run, by what, and since when.

use crate::ShardRecord;
use atp_protocol::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use std::path::PathBuf;

/// The version of the records that this crate writes, and the newest that it reads.
pub const SCHEMA: u32 = 1;

/// What a journal is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Header {
    /// Version of the records, [`SCHEMA`] for new ones.
    pub schema: u32,
    /// The suite's name.
    pub suite: String,
    /// Where the suite was read from. What is no Unicode in it is written as U+FFFD.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "lossy")]
    pub suite_file: Option<PathBuf>,
    /// What a command line needs besides suite and test to run a test again in the same way, word
    /// by word, such as `--agent claude --timeout 5`. Never what an agent is configured with, which
    /// may be secret. Empty where it is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rerun_options: Vec<String>,
    /// Digest of the suite's content: results belong together only where it is the same.
    pub suite_hash: String,
    /// The agent's name.
    pub agent: String,
    /// The type of the adapter that reaches the agent, such as `cli`.
    pub adapter: String,
    /// How many runs may be under way at the same time.
    pub parallel: u32,
    /// How often each test is to run.
    pub runs_per_test: u32,
    /// The tests to run, in the suite's order, or in that of its shard.
    pub tests: Vec<PlannedTest>,
    /// Which part of a run this is; none if it is the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<ShardRecord>,
    /// When the first process started.
    pub started_at: Timestamp,
}

/// A test that is to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlannedTest {
    /// Identifier, unique in its suite.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Tags, as the suite lists them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

impl Header {
    /// Creates the header of a suite that ran nothing yet: no tests, one run of each, one at a
    /// time, starting now.
    pub fn new(
        suite: impl Into<String>,
        suite_hash: impl Into<String>,
        agent: impl Into<String>,
        adapter: impl Into<String>,
    ) -> Self {
        Self {
            schema: SCHEMA,
            suite: suite.into(),
            suite_file: None,
            rerun_options: Vec::new(),
            suite_hash: suite_hash.into(),
            agent: agent.into(),
            adapter: adapter.into(),
            parallel: 1,
            runs_per_test: 1,
            tests: Vec::new(),
            shard: None,
            started_at: Timestamp::now(),
        }
    }

    /// Names the suite so that it can be told from another of the same name.
    pub(crate) fn subject(&self) -> String {
        format!("{:?} ({})", self.suite, self.suite_hash)
    }
}

impl PlannedTest {
    /// Creates a test without tags.
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self { id: id.into(), name: name.into(), tags: Vec::new() }
    }

    /// Sets the tags.
    #[must_use]
    pub fn with_tags(mut self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.tags = tags.into_iter().map(Into::into).collect();
        self
    }
}

/// JSON has no names that are not text.
fn lossy<S: Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    path.as_deref().map(|path| path.to_string_lossy()).serialize(serializer)
}
