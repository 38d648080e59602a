//! What evaluators found.

use crate::error::Error;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

/// A number from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Score(f64);

/// One finding of an evaluator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Check {
    /// What was checked.
    pub name: String,
    /// Whether it holds.
    pub passed: bool,
    /// How well it holds.
    pub score: Score,
    /// The finding in words.
    #[serde(default)]
    pub message: Option<String>,
    /// What else the evaluator says.
    #[serde(default)]
    pub details: Option<serde_json::Map<String, serde_json::Value>>,
}

/// The findings of one evaluator, for one assertion.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Evaluation {
    /// The evaluator's name.
    pub evaluator: String,
    /// What it found.
    pub checks: Vec<Check>,
    /// Whether the test fails with it, whatever the score.
    #[serde(default)]
    pub critical: bool,
}

impl Score {
    /// The lowest score.
    pub const ZERO: Self = Self(0.0);
    /// The highest score.
    pub const ONE: Self = Self(1.0);

    /// Creates a score.
    ///
    /// # Errors
    ///
    /// [`Error::Score`] unless it is a number from 0 to 1.
    pub fn new(score: f64) -> Result<Self, Error> {
        if (0.0..=1.0).contains(&score) { Ok(Self(score)) } else { Err(Error::Score(score)) }
    }

    /// Returns the number.
    pub fn value(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Score {
    type Error = Error;

    fn try_from(score: f64) -> Result<Self, Error> {
        Self::new(score)
    }
}

impl From<Score> for f64 {
    fn from(score: Score) -> Self {
        score.0
    }
}

impl Check {
    /// Creates a finding without message and details.
    pub fn new(name: impl Into<String>, passed: bool, score: Score) -> Self {
        Self { name: name.into(), passed, score, message: None, details: None }
    }

    /// Adds the finding in words.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Adds what else the evaluator says.
    #[must_use]
    pub fn with_details(mut self, details: serde_json::Map<String, serde_json::Value>) -> Self {
        self.details = Some(details);
        self
    }
}

impl Evaluation {
    /// Creates the result of an evaluator whose failure lowers the score only.
    pub fn new(evaluator: impl Into<String>, checks: Vec<Check>) -> Self {
        Self { evaluator: evaluator.into(), checks, critical: false }
    }

    /// Makes its failure fail the test.
    #[must_use]
    pub fn critical(mut self) -> Self {
        self.critical = true;
        self
    }

    /// Returns whether all checks passed, which they did if there are none.
    pub fn passed(&self) -> bool {
        self.checks.iter().all(|check| check.passed)
    }

    /// Returns the mean score of the checks, 1 if there are none.
    pub fn score(&self) -> f64 {
        if self.checks.is_empty() {
            return 1.0;
        }
        self.checks.iter().map(|check| check.score.0).sum::<f64>() / self.checks.len() as f64
    }
}

impl Serialize for Evaluation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut result = serializer.serialize_struct("Evaluation", 5)?;
        result.serialize_field("evaluator", &self.evaluator)?;
        result.serialize_field("passed", &self.passed())?;
        result.serialize_field("score", &self.score())?;
        result.serialize_field("critical", &self.critical)?;
        result.serialize_field("checks", &self.checks)?;
        result.end()
    }
}
