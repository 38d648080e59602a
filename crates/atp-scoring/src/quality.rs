//! How good the checks were: the mean of all their scores, 0 if there are none.

use crate::check::Evaluation;
use crate::component::Component;
use serde::Serialize;

/// How a quality came about.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub enum QualityDetails {
    /// There were evaluations.
    Checks {
        /// All checks, whatever their evaluator.
        total_checks: usize,
        /// Those of evaluators of artifacts.
        artifact_checks: usize,
        /// Those judged by a model.
        llm_checks: usize,
        /// Mean score of the artifact checks.
        mean_artifact_score: Option<f64>,
        /// Mean score of the judged checks.
        mean_llm_score: Option<f64>,
    },
    /// There were none.
    Nothing {
        /// Says so.
        note: &'static str,
    },
}

/// A sum of scores and how many they are.
#[derive(Default)]
struct Mean {
    sum: f64,
    count: usize,
}

impl Mean {
    fn take_in(&mut self, other: &Self) {
        self.sum += other.sum;
        self.count += other.count;
    }

    fn value(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }
}

pub(crate) fn quality(evaluations: &[Evaluation], weight: f64) -> Component<QualityDetails> {
    let (mut all, mut artifact, mut llm) = (Mean::default(), Mean::default(), Mean::default());
    for evaluation in evaluations {
        let mut own = Mean { sum: 0.0, count: evaluation.checks.len() };
        for check in &evaluation.checks {
            own.sum += check.score.value();
        }
        match evaluation.evaluator.as_str() {
            "artifact" | "artifact_evaluator" => artifact.take_in(&own),
            "llm_judge" | "llm_evaluator" => llm.take_in(&own),
            _ => {}
        }
        all.take_in(&own);
    }
    if evaluations.is_empty() {
        let details = QualityDetails::Nothing { note: "No evaluations — score defaults to 0" };
        return Component::new("quality", weight, 0.0, None, details);
    }
    let mean = all.value().unwrap_or(0.0);
    let details = QualityDetails::Checks {
        total_checks: all.count,
        artifact_checks: artifact.count,
        llm_checks: llm.count,
        mean_artifact_score: artifact.value(),
        mean_llm_score: llm.value(),
    };
    Component::new("quality", weight, mean, Some(mean), details)
}
