//! What was expected of a run and not found.

use atp_journal::RunRecord;
use serde::{Deserialize, Serialize};

/// A check that did not hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Finding {
    /// Who checked.
    pub evaluator: String,
    /// What was checked.
    pub check: String,
    /// What was expected and what was found, in words.
    #[serde(default)]
    pub message: Option<String>,
    /// How well it held, from 0 to 1.
    pub score: f64,
    /// Whether the test fails with it, whatever its score.
    #[serde(default)]
    pub critical: bool,
}

impl Finding {
    /// The failed checks of a run, critical ones first, else in the order of the assertions.
    pub(crate) fn of(run: &RunRecord) -> Vec<Self> {
        let mut findings: Vec<Self> = Vec::new();
        for evaluation in &run.evaluations {
            findings.extend(evaluation.checks.iter().filter(|check| !check.passed).map(|check| {
                Self {
                    evaluator: evaluation.evaluator.clone(),
                    check: check.name.clone(),
                    message: check.message.clone(),
                    score: check.score.value(),
                    critical: evaluation.critical,
                }
            }));
        }
        findings.sort_by_key(|finding| !finding.critical);
        findings
    }

    /// The finding as one sentence.
    pub(crate) fn sentence(&self) -> String {
        let Self { evaluator, check, message, .. } = self;
        match message {
            Some(message) => format!("{evaluator}: {check}: {message}"),
            None => format!("{evaluator}: {check} does not hold"),
        }
    }
}
