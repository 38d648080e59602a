//! Where the time of a run went.

use crate::seconds;
use serde::{Deserialize, Serialize};

/// Seconds that one run spent in each phase.
///
/// Time spent waiting is apart from time that the agent took: `agent` holds neither waits nor the
/// start of a process. What the phases do not explain is in `other` and never left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Ledger {
    /// Waiting for a free slot.
    #[serde(deserialize_with = "seconds::read")]
    pub queue: f64,
    /// Waiting for the rate limit.
    #[serde(deserialize_with = "seconds::read")]
    pub limiter: f64,
    /// Waiting before a retry.
    #[serde(deserialize_with = "seconds::read")]
    pub retry_wait: f64,
    /// Starting the agent.
    #[serde(deserialize_with = "seconds::read")]
    pub spawn: f64,
    /// The agent's own work, over all attempts.
    #[serde(deserialize_with = "seconds::read")]
    pub agent: f64,
    /// Parsing, checking and keeping events.
    #[serde(deserialize_with = "seconds::read")]
    pub events: f64,
    /// Checking assertions and scoring.
    #[serde(deserialize_with = "seconds::read")]
    pub evaluation: f64,
    /// Writing to the journal.
    #[serde(deserialize_with = "seconds::read")]
    pub journal: f64,
    /// Ending what the agent left running.
    #[serde(deserialize_with = "seconds::read")]
    pub cleanup: f64,
    /// Making and removing the workspace.
    #[serde(deserialize_with = "seconds::read")]
    pub workspace: f64,
    /// From start to end of the run, less all of the above. Below zero where phases overlap.
    #[serde(deserialize_with = "seconds::read")]
    pub other: f64,
}

impl Ledger {
    /// Returns the seconds of all phases, `other` included.
    pub fn total(&self) -> f64 {
        self.waits() + self.agent + self.platform()
    }

    /// Returns what the platform itself cost: everything but the agent and the waits.
    pub fn platform(&self) -> f64 {
        let known = self.spawn + self.events + self.evaluation + self.journal;
        known + self.cleanup + self.workspace + self.other
    }

    /// Returns the seconds in queue, limiter and retry waits.
    pub fn waits(&self) -> f64 {
        self.queue + self.limiter + self.retry_wait
    }

    /// Sets `other` to what the phases leave of `elapsed_seconds`, so that the total is that.
    pub fn balance(&mut self, elapsed_seconds: f64) {
        self.other = 0.0;
        self.other = elapsed_seconds - self.total();
    }
}

/// Adds phase by phase, for the ledger of a whole.
impl std::ops::AddAssign for Ledger {
    fn add_assign(&mut self, more: Self) {
        self.queue += more.queue;
        self.limiter += more.limiter;
        self.retry_wait += more.retry_wait;
        self.spawn += more.spawn;
        self.agent += more.agent;
        self.events += more.events;
        self.evaluation += more.evaluation;
        self.journal += more.journal;
        self.cleanup += more.cleanup;
        self.workspace += more.workspace;
        self.other += more.other;
    }
}
