//! What a run is judged by, and what was found.

use crate::activity::Activity;
use crate::kind;
use atp_protocol::Response;
use atp_scoring::Evaluation;
use atp_suite::TestCase;
use serde::Serialize;
use std::path::Path;

/// What there is to say about one run of a test.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// The test, with its assertions and limits.
    pub test: &'a TestCase,
    /// What the agent answered, if it did.
    pub response: Option<&'a Response>,
    /// The run's own directory, if it has one.
    pub workspace: Option<&'a Path>,
    /// What the agent reported while it worked.
    pub activity: &'a Activity,
}

/// What the assertions of a test came to for one run.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Findings {
    /// What was evaluated, in the order of the assertions.
    pub evaluations: Vec<Evaluation>,
    /// What was not, in the same order.
    pub skipped: Vec<SkippedAssertion>,
}

/// An assertion that was not evaluated, or not as a whole. It is never taken for a pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SkippedAssertion {
    /// Its position among the test's assertions, from 0.
    pub index: usize,
    /// Its type.
    pub kind: String,
    /// Why it was not evaluated.
    pub reason: String,
    /// Whether nothing of that type is known, or only not to this evaluator.
    pub cause: SkipCause,
    /// Whether the test was to fail with it.
    pub critical: bool,
}

/// Why an assertion was not evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SkipCause {
    /// Nobody knows such a type: it is probably misspelt, so the test cannot pass.
    Unknown,
    /// It needs a model, a toolchain or a plug-in. The others decide, unless it is critical or
    /// there are no others.
    Unsupported,
}

impl Evidence<'_> {
    /// Returns whether [`evaluate`](crate::evaluate) may read files, so that it blocks.
    pub fn reads_files(&self) -> bool {
        self.workspace.is_some()
            && self.test.assertions.iter().any(|assertion| kind::reads_files(&assertion.kind))
    }
}
