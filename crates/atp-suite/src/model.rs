//! The typed suite, as it is after variables and defaults.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::teamwork::{CollaborationConfig, ComparisonConfig, HandoffConfig, Mode};
use crate::value::{Map, finite, present};

/// A loaded suite: every rule of the format holds for it.
///
/// Only the loader makes one, so what reads it has nothing left to check. Its tests are
/// shared, so a filtered suite costs a list of pointers. Serializing it gives the model
/// after defaults, with absent values left out.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "mem-size", derive(mem_dbg::MemSize))]
#[non_exhaustive]
pub struct TestSuite {
    /// The name of the suite: the key `test_suite`.
    #[serde(rename = "test_suite")]
    #[doc(alias = "test_suite")]
    pub name: String,
    /// The version its author gave it, "1.0" if none.
    pub version: String,
    /// What the suite is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What tests inherit.
    pub defaults: Defaults,
    /// The agents that tests may name, their names distinct.
    pub agents: Vec<AgentConfig>,
    /// The tests in the order of the file, their ids distinct. At least one after loading; a
    /// filter may leave none.
    pub tests: Vec<Arc<TestCase>>,
}

/// What tests inherit from their suite.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "mem-size", derive(mem_dbg::MemSize))]
#[non_exhaustive]
pub struct Defaults {
    /// How often each test runs, 1 unless given.
    pub runs_per_test: u64,
    /// Seconds a test may take if nothing else says so, 300 unless given.
    pub timeout_seconds: u64,
    /// The weights of tests without their own.
    pub scoring: ScoringWeights,
    /// The constraints that tests inherit field by field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constraints: Option<Constraints>,
}

/// An agent that the suite declares.
///
/// `Debug` shows the names of its settings but not their values, which may be secrets.
#[derive(Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "mem-size", derive(mem_dbg::MemSize))]
#[non_exhaustive]
pub struct AgentConfig {
    /// What tests call it.
    pub name: String,
    /// The kind of adapter that reaches it: the key `type`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[doc(alias = "type")]
    pub kind: Option<String>,
    /// Settings for that adapter.
    #[serde(serialize_with = "present")]
    pub config: Map,
}

/// One test.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "mem-size", derive(mem_dbg::MemSize))]
#[non_exhaustive]
pub struct TestCase {
    /// What identifies the test within its suite.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it checks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What [`TagFilter`](crate::TagFilter) selects by.
    pub tags: Vec<String>,
    /// What the agent is asked to do.
    pub task: Task,
    /// The limits it works under, those inherited from the suite included.
    pub constraints: Constraints,
    /// What must be true of the outcome.
    pub assertions: Vec<Assertion>,
    /// How the parts of the score weigh, inherited from the suite if not given here.
    pub scoring: ScoringWeights,
    /// The agents that run it, by their names in [`TestSuite::agents`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agents: Option<Vec<String>>,
    /// How several agents work on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// Settings of [`Mode::Comparison`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison_config: Option<ComparisonConfig>,
    /// Settings of [`Mode::Collaboration`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collaboration_config: Option<CollaborationConfig>,
    /// Settings of [`Mode::Handoff`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handoff_config: Option<HandoffConfig>,
}

/// What an agent is asked to do.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "mem-size", derive(mem_dbg::MemSize))]
#[non_exhaustive]
pub struct Task {
    /// The task in words.
    pub description: String,
    /// Data that goes with it.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "present_if_some")]
    pub input_data: Option<Map>,
    /// Paths of the files the agent is to make.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_artifacts: Option<Vec<String>>,
    /// Path of the folder that the agent's workspace starts as a copy of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace_fixture: Option<String>,
}

/// Limits of a test. What is `None` is not limited.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "mem-size", derive(mem_dbg::MemSize))]
#[non_exhaustive]
pub struct Constraints {
    /// Steps the agent may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_steps: Option<u64>,
    /// Tokens it may use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u64>,
    /// Seconds it may take; see [`TestSuite::timeout`] for what holds if unset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u64>,
    /// Tools it may call: an empty list allows none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_tools: Option<Vec<String>>,
    /// US dollars it may cost.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "finite_or_null")]
    pub budget_usd: Option<f64>,
}

/// Something that must be true of a test's outcome.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "mem-size", derive(mem_dbg::MemSize))]
#[non_exhaustive]
pub struct Assertion {
    /// The name of the check: the key `type`. The format does not limit it to known names.
    #[serde(rename = "type")]
    #[doc(alias = "type")]
    pub kind: String,
    /// Settings of the check.
    #[serde(serialize_with = "present")]
    pub config: Map,
    /// True if its failure fails the test whatever the score.
    pub critical: bool,
}

/// How the parts of a score weigh, each between 0 and 1.
///
/// The weights that a file gives sum to 1, but one that it leaves out takes its default, so
/// the whole may sum to more; see [`sum`](Self::sum).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(feature = "mem-size", derive(mem_dbg::MemSize))]
#[cfg_attr(feature = "mem-size", mem_size(flat))]
#[non_exhaustive]
pub struct ScoringWeights {
    /// Weight of the quality of the result, 0.4 by default.
    #[serde(rename = "quality_weight")]
    #[doc(alias = "quality_weight")]
    pub quality: f64,
    /// Weight of its completeness, 0.3 by default.
    #[serde(rename = "completeness_weight")]
    #[doc(alias = "completeness_weight")]
    pub completeness: f64,
    /// Weight of the steps it took, 0.2 by default.
    #[serde(rename = "efficiency_weight")]
    #[doc(alias = "efficiency_weight")]
    pub efficiency: f64,
    /// Weight of what it cost, 0.1 by default.
    #[serde(rename = "cost_weight")]
    #[doc(alias = "cost_weight")]
    pub cost: f64,
}

impl TestSuite {
    /// Returns how long `test` may take: its own limit, else its suite's
    /// `defaults.timeout_seconds`.
    pub fn timeout(&self, test: &TestCase) -> Duration {
        let own = test.constraints.timeout_seconds;
        Duration::from_secs(own.unwrap_or(self.defaults.timeout_seconds))
    }

    /// Returns the declared agent of that name.
    pub fn agent(&self, name: &str) -> Option<&AgentConfig> {
        self.agents.iter().find(|agent| agent.name == name)
    }
}

impl ScoringWeights {
    /// Returns the four weights added up. Whoever averages by them divides by this.
    pub fn sum(&self) -> f64 {
        self.quality + self.completeness + self.efficiency + self.cost
    }
}

impl Default for Defaults {
    fn default() -> Self {
        Self {
            runs_per_test: 1,
            timeout_seconds: 300,
            scoring: ScoringWeights::default(),
            constraints: None,
        }
    }
}

impl Default for ScoringWeights {
    fn default() -> Self {
        Self { quality: 0.4, completeness: 0.3, efficiency: 0.2, cost: 0.1 }
    }
}

impl fmt::Debug for AgentConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings: Vec<&str> = self.config.iter().map(|(key, _)| key).collect();
        f.debug_struct("AgentConfig")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("config", &settings)
            .finish()
    }
}

fn finite_or_null<S: Serializer>(number: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match number {
        Some(number) => finite(number, serializer),
        None => serializer.serialize_none(),
    }
}

fn present_if_some<S: Serializer>(map: &Option<Map>, serializer: S) -> Result<S::Ok, S::Error> {
    match map {
        Some(map) => present(map, serializer),
        None => serializer.serialize_none(),
    }
}
