//! What went on beside the verdicts.

use crate::digest::Digest;
use crate::outcome::TestReport;
use crate::text::counted;
use serde::{Deserialize, Serialize};

/// What went on beside the verdicts, summed over all runs. Nothing of it fails a test.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct Observed {
    /// Valid events.
    pub events: u64,
    /// Lines that were no valid events.
    pub invalid_events: u64,
    /// The first of them, and what is wrong with it.
    pub first_invalid: Option<String>,
    /// Events out of their order.
    pub misordered_events: u64,
    /// Events that were kept nowhere, because there were too many.
    pub dropped_events: u64,
    /// Runs whose agent left a child behind that held its output open.
    pub leaky_runs: u64,
    /// Processes of agents that had to be ended.
    pub ended_processes: u64,
    /// Processes of agents that could not be ended.
    pub remaining_processes: u64,
    /// Assertions that nothing here can judge.
    pub skipped_assertions: u64,
    /// Tests that passed without an assertion.
    pub unasserted_tests: u64,
}

impl Observed {
    pub(crate) fn new(digest: &Digest<'_>, tests: &[TestReport]) -> Self {
        let mut observed = Self {
            unasserted_tests: tests.iter().filter(|test| test.unasserted).count() as u64,
            ..Self::default()
        };
        for run in &digest.recording.runs {
            for (sum, more) in [
                (&mut observed.events, run.events),
                (&mut observed.invalid_events, run.invalid_events),
                (&mut observed.misordered_events, run.misordered_events),
                (&mut observed.dropped_events, run.dropped_events),
                (&mut observed.leaky_runs, run.leaky.into()),
                (&mut observed.ended_processes, run.ended_processes.into()),
                (&mut observed.remaining_processes, run.remaining_processes.into()),
                (&mut observed.skipped_assertions, run.skipped_assertions.len() as u64),
            ] {
                *sum = sum.saturating_add(more);
            }
            if observed.first_invalid.is_none() {
                observed.first_invalid.clone_from(&run.first_invalid);
            }
        }
        observed
    }

    /// What of it a person should look at, the gravest first; nothing if all is well. `foreign`
    /// makes what an agent wrote fit for the format.
    pub(crate) fn notes(&self, foreign: impl Fn(&str) -> String) -> Vec<String> {
        let first = self.first_invalid.as_deref();
        let first = first.map_or(String::new(), |line| format!(" (first: {})", foreign(line)));
        let notes = [
            (self.remaining_processes, "agent process", " still running"),
            (self.invalid_events, "invalid event line", first.as_str()),
            (self.misordered_events, "event", " out of order"),
            (self.dropped_events, "event", " too many to keep"),
            (self.leaky_runs, "leaky run", ""),
            (self.ended_processes, "agent process", " had to be ended"),
            (self.skipped_assertions, "assertion", " that cannot be judged here"),
            (self.unasserted_tests, "test", " without any assertion"),
        ];
        let some = notes.into_iter().filter(|(number, ..)| *number > 0);
        some.map(|(number, noun, rest)| format!("{}{rest}", counted(number, noun))).collect()
    }
}
