//! How several agents work on one test.

use serde::{Deserialize, Serialize};

/// How several agents work on one test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "mem-size", derive(mem_dbg::MemSize), mem_size(flat))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Each does the whole task and the results are compared.
    Comparison,
    /// They take turns on a shared state.
    Collaboration,
    /// Each passes its work on to the next.
    Handoff,
}

/// Settings of [`Mode::Comparison`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "mem-size", derive(mem_dbg::MemSize))]
#[non_exhaustive]
pub struct ComparisonConfig {
    /// What the agents are compared by: quality, speed and cost by default.
    pub metrics: Vec<String>,
    /// Whether one agent is named the winner, true by default.
    pub determine_winner: bool,
    /// Whether the agents run at the same time, true by default.
    pub parallel_execution: bool,
}

/// Settings of [`Mode::Collaboration`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "mem-size", derive(mem_dbg::MemSize))]
#[non_exhaustive]
pub struct CollaborationConfig {
    /// Turns before the test ends, 10 by default.
    pub max_turns: u64,
    /// Seconds one turn may take, 60 by default.
    #[serde(serialize_with = "crate::value::finite")]
    pub turn_timeout_seconds: f64,
    /// Whether all agents must agree, false by default.
    pub require_consensus: bool,
    /// Whether turns may overlap, false by default.
    pub allow_parallel_turns: bool,
    /// The agent that leads, one of the test's agents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coordinator_agent: Option<String>,
    /// When the agents are done.
    pub termination_condition: TerminationCondition,
}

/// When collaborating agents are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "mem-size", derive(mem_dbg::MemSize), mem_size(flat))]
#[serde(rename_all = "snake_case")]
pub enum TerminationCondition {
    /// When all say so.
    #[default]
    AllComplete,
    /// When one says so.
    AnyComplete,
    /// When they agree.
    Consensus,
    /// When the turns are used up.
    MaxTurns,
}

/// Settings of [`Mode::Handoff`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "mem-size", derive(mem_dbg::MemSize), mem_size(flat))]
#[non_exhaustive]
pub struct HandoffConfig {
    /// When work passes to the next agent.
    pub handoff_trigger: HandoffTrigger,
    /// What the next agent is told of the work so far.
    pub context_accumulation: ContextAccumulation,
    /// The largest context passed on, in tokens; unlimited if `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_context_size: Option<u64>,
    /// Whether work may go back, false by default.
    pub allow_backtrack: bool,
    /// Whether the last agent's result is the test's, true by default.
    pub final_agent_decides: bool,
    /// Seconds each agent may take, 120 by default.
    #[serde(serialize_with = "crate::value::finite")]
    pub agent_timeout_seconds: f64,
    /// Whether work passes on after a failure, false by default.
    pub continue_on_failure: bool,
}

/// When work passes from one agent to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "mem-size", derive(mem_dbg::MemSize), mem_size(flat))]
#[serde(rename_all = "snake_case")]
pub enum HandoffTrigger {
    /// Always.
    #[default]
    Always,
    /// After success.
    OnSuccess,
    /// After failure.
    OnFailure,
    /// After a partial result.
    OnPartial,
    /// When the agent asks for it.
    Explicit,
}

/// What an agent is told of the work before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "mem-size", derive(mem_dbg::MemSize), mem_size(flat))]
#[serde(rename_all = "snake_case")]
pub enum ContextAccumulation {
    /// All results, one after the other.
    #[default]
    Append,
    /// The last result alone.
    Replace,
    /// One result merged from all.
    Merge,
    /// A summary.
    Summary,
}

impl Mode {
    /// The name of the mode in a file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Comparison => "comparison",
            Self::Collaboration => "collaboration",
            Self::Handoff => "handoff",
        }
    }
}

impl Default for ComparisonConfig {
    fn default() -> Self {
        Self {
            metrics: ["quality", "speed", "cost"].map(String::from).into(),
            determine_winner: true,
            parallel_execution: true,
        }
    }
}

impl Default for CollaborationConfig {
    fn default() -> Self {
        Self {
            max_turns: 10,
            turn_timeout_seconds: 60.0,
            require_consensus: false,
            allow_parallel_turns: false,
            coordinator_agent: None,
            termination_condition: TerminationCondition::default(),
        }
    }
}

impl Default for HandoffConfig {
    fn default() -> Self {
        Self {
            handoff_trigger: HandoffTrigger::default(),
            context_accumulation: ContextAccumulation::default(),
            max_context_size: None,
            allow_backtrack: false,
            final_agent_decides: true,
            agent_timeout_seconds: 120.0,
            continue_on_failure: false,
        }
    }
}
