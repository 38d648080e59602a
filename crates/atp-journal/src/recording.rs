//! All that was recorded of a run.

use crate::{Header, RunRecord, Session, TestRecord};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// All that was recorded of a run of a suite: what a journal holds, less the events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Recording {
    /// What it is about.
    pub header: Header,
    /// The processes that worked on it and ended by themselves, in order.
    pub sessions: Vec<Session>,
    /// Runs in the order in which they ended: those of finished tests, and those of tests whose
    /// verdict is still missing.
    pub runs: Vec<RunRecord>,
    /// Finished tests in the order in which they ended, each once.
    pub tests: Vec<TestRecord>,
}

impl Recording {
    /// Creates a recording in which nothing has happened.
    pub fn new(header: Header) -> Self {
        Self { header, sessions: Vec::new(), runs: Vec::new(), tests: Vec::new() }
    }

    /// Returns the number that the session of the next process gets: above all that are used by a
    /// session or a run, so that a process that was killed keeps its own.
    pub fn next_session(&self) -> u32 {
        let sessions = self.sessions.iter().map(|session| session.number);
        let used = sessions.chain(self.runs.iter().map(|run| run.session)).max();
        used.map_or(0, |number| number.saturating_add(1))
    }

    /// Forgets the tests for which `keep` is false, with their runs, so that they run again.
    /// Tests without a verdict keep their runs. Linear in tests and runs.
    pub fn retain_tests(&mut self, mut keep: impl FnMut(&TestRecord) -> bool) {
        let mut forgotten = HashSet::new();
        self.tests.retain(|test| {
            let is_kept = keep(test);
            if !is_kept {
                forgotten.insert(test.test.clone());
            }
            is_kept
        });
        self.runs.retain(|run| !forgotten.contains(&run.test));
    }
}
