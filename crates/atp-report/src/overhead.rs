//! What the platform itself cost, as three ratios, and what held up the run.

use crate::digest::Digest;
use crate::text::percent;
use atp_journal::RunRecord;
use serde::{Deserialize, Serialize};

/// The share of the agents' time that a platform may cost unless told otherwise, in percent.
pub const BUDGET_PERCENT: f64 = 5.0;

/// The cost of the platform in three ratios, in percent, each of which answers another question.
///
/// A ratio is none where either of its sides was not measured or the agents took no time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Overhead {
    /// *What does a test wait for us?* The time that all runs spent on what the platform does
    /// (start of processes, events, evaluation, journal, workspaces, cleaning up, and whatever no
    /// phase explains), over the time that all agents worked. Waits for a slot, for the rate limit
    /// and between attempts are on neither side.
    pub per_test_percent: Option<f64>,
    /// *How much later was the run done?* The wall time of the sessions beyond that of an ideal
    /// schedule, which packs the same agents' times into the same number of slots without any
    /// gap, over that ideal. Sessions that were killed are left out.
    pub wall_percent: Option<f64>,
    /// *What does the machine work for us?* CPU time of the platform's own process (its agents
    /// not included), over the time that all agents worked in the same sessions.
    pub cpu_percent: Option<f64>,
    /// What each of the three may be.
    #[serde(default = "default_budget")]
    pub budget_percent: f64,
}

/// Where the time of all runs went, in seconds summed over runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct TimeSpent {
    /// How many runs are summed.
    pub runs: u64,
    /// Waiting for a slot.
    pub queue_seconds: f64,
    /// Waiting for the rate limit, and between attempts for an agent that asked to be left alone.
    pub rate_limit_seconds: f64,
    /// Agents at work.
    pub agent_seconds: f64,
    /// What the platform did.
    pub platform_seconds: f64,
}

/// What a faster run would have to change first.
///
/// Of the three things that can fill a slot (agents, waits for the rate limit, the platform) the
/// one that took most time holds up the run. Where that is the agents, and runs waited for a slot
/// longer than agents worked, more slots would help more than faster agents: then it is the queue.
/// The queue is never named while something other than agents fills the slots, for then runs wait
/// in it because of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bottleneck {
    /// The agents themselves.
    Agent,
    /// The rate limit, or waits between attempts.
    RateLimit,
    /// Too few slots for the tests that were ready.
    Queue,
    /// The platform. Figures of the agents are then suspect.
    Platform,
}

impl Overhead {
    pub(crate) fn of(digest: &Digest<'_>) -> Self {
        let runs = &digest.recording.runs;
        let time = TimeSpent::of(runs.iter());
        let (mut wall, mut ideal, mut cpu, mut worked) = (0.0, 0.0, 0.0, 0.0);
        for session in &digest.recording.sessions {
            if let Some(seconds) = session.ideal_seconds {
                wall += session.wall_seconds;
                ideal += seconds;
            }
            if let Some(seconds) = session.platform_cpu_seconds {
                cpu += seconds;
                let of_session = runs.iter().filter(|run| run.session == session.number);
                worked += TimeSpent::of(of_session).agent_seconds;
            }
        }
        Self {
            per_test_percent: percent_of(time.platform_seconds, time.agent_seconds),
            wall_percent: percent_of(wall - ideal, ideal),
            cpu_percent: percent_of(cpu, worked),
            budget_percent: BUDGET_PERCENT,
        }
    }

    /// Returns the three ratios with the names that reports give them.
    pub fn ratios(&self) -> [(&'static str, Option<f64>); 3] {
        [
            ("per test", self.per_test_percent),
            ("wall over ideal", self.wall_percent),
            ("CPU of the platform", self.cpu_percent),
        ]
    }

    /// A ratio as reports show it, and what is left of its budget.
    pub(crate) fn measured_and_margin(&self, ratio: Option<f64>) -> [String; 2] {
        let Some(ratio) = ratio else {
            return ["not measured".to_owned(), "-".to_owned()];
        };
        let margin = self.budget_percent - ratio;
        let over = if margin < 0.0 { " OVER" } else { "" };
        [percent(ratio), format!("{}{over}", percent(margin))]
    }

    /// Returns whether a ratio is known to be beyond the budget.
    pub fn is_over_budget(&self) -> bool {
        self.ratios()
            .iter()
            .any(|(_, ratio)| ratio.is_some_and(|ratio| ratio > self.budget_percent))
    }
}

impl TimeSpent {
    /// Sums up the ledgers of runs. A ledger with a figure that is no number is left out whole,
    /// so that no ratio has only one of its sides.
    pub(crate) fn of<'a>(runs: impl Iterator<Item = &'a RunRecord>) -> Self {
        let known = runs.map(|run| &run.ledger).filter(|ledger| ledger.total().is_finite());
        known.fold(Self::default(), |sum, ledger| Self {
            runs: sum.runs + 1,
            queue_seconds: sum.queue_seconds + ledger.queue,
            rate_limit_seconds: sum.rate_limit_seconds + ledger.limiter + ledger.retry_wait,
            agent_seconds: sum.agent_seconds + ledger.agent,
            platform_seconds: sum.platform_seconds + ledger.platform(),
        })
    }

    /// Returns what held up the run, none if nothing took time.
    pub fn bottleneck(&self) -> Option<Bottleneck> {
        let Self { queue_seconds, rate_limit_seconds, agent_seconds, platform_seconds, .. } = *self;
        let most = agent_seconds.max(rate_limit_seconds).max(platform_seconds);
        if most <= 0.0 {
            None
        } else if most == platform_seconds && most > agent_seconds {
            Some(Bottleneck::Platform)
        } else if most == rate_limit_seconds && most > agent_seconds {
            Some(Bottleneck::RateLimit)
        } else if queue_seconds > agent_seconds {
            Some(Bottleneck::Queue)
        } else {
            Some(Bottleneck::Agent)
        }
    }
}

impl Bottleneck {
    /// Returns the name that reports give it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::RateLimit => "rate limit",
            Self::Queue => "queue",
            Self::Platform => "platform",
        }
    }
}

fn default_budget() -> f64 {
    BUDGET_PERCENT
}

fn percent_of(part: f64, whole: f64) -> Option<f64> {
    let percent = 100.0 * part / whole;
    (whole > 0.0 && percent.is_finite()).then_some(percent)
}
