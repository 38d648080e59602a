//! From evaluations and metrics to a score.

use crate::check::Evaluation;
use crate::completeness::completeness;
use crate::component::Breakdown;
use crate::cost::cost;
use crate::efficiency::efficiency;
use crate::limits::{Limits, Normalization};
use crate::quality::quality;
use crate::weights::Weights;
use atp_protocol::Metrics;
use serde::Serialize;

/// Computes scores with the weights and fallback limits of a suite.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Scorer {
    weights: Weights,
    normalization: Normalization,
}

/// The score of one run of a test.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TestScore {
    /// The test.
    pub test_id: String,
    /// From 0 to 100.
    pub score: f64,
    /// Whether every evaluation passed. Not a function of the score.
    pub passed: bool,
    /// What the score is made of.
    pub breakdown: Breakdown,
}

/// What an evaluator of whole cases said, which stands for the score if it said anything.
#[derive(Clone, Copy, PartialEq)]
enum Rubric {
    Absent,
    /// Only that no critical check failed.
    CriticalOnly,
    Score(f64),
}

impl Scorer {
    /// Creates a scorer with the default weights and no fallback limits.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the weights.
    #[must_use]
    pub fn with_weights(mut self, weights: Weights) -> Self {
        self.weights = weights;
        self
    }

    /// Sets the limits that hold where a test gives none.
    #[must_use]
    pub fn with_normalization(mut self, normalization: Normalization) -> Self {
        self.normalization = normalization;
        self
    }

    /// Computes the score of a run.
    ///
    /// It is 0 if a critical evaluation failed. Otherwise it is 100 times the score of the last
    /// check called `rubric` of an `agent_eval_case` evaluation (100 if such an evaluation has
    /// a `critical_check` and none has a rubric), and [`Breakdown::final_score`] where there is
    /// none of these.
    #[must_use]
    pub fn score(
        &self,
        test_id: impl Into<String>,
        evaluations: &[Evaluation],
        metrics: Option<&Metrics>,
        limits: &Limits,
    ) -> TestScore {
        let limits = limits.or(&self.normalization);
        let breakdown = Breakdown {
            quality: quality(evaluations, self.weights.quality()),
            completeness: completeness(evaluations, self.weights.completeness()),
            efficiency: efficiency(metrics, &limits, self.weights.efficiency()),
            cost: cost(metrics, &limits, self.weights.cost()),
        };
        let passed = breakdown.completeness.details.passed_checks
            == breakdown.completeness.details.total_checks;
        let critical_failure = !passed
            && evaluations.iter().any(|evaluation| evaluation.critical && !evaluation.passed());
        let score = if critical_failure {
            0.0
        } else {
            match rubric(evaluations) {
                Rubric::Absent => breakdown.final_score(),
                Rubric::CriticalOnly => 100.0,
                Rubric::Score(score) => score * 100.0,
            }
        };
        TestScore { test_id: test_id.into(), score, passed, breakdown }
    }
}

impl TestScore {
    /// Returns whether no check took part in the score, so that nothing was asserted.
    pub fn is_unasserted(&self) -> bool {
        self.breakdown.completeness.details.total_checks == 0
    }
}

fn rubric(evaluations: &[Evaluation]) -> Rubric {
    let mut rubric = Rubric::Absent;
    for evaluation in evaluations.iter().filter(|found| found.evaluator == "agent_eval_case") {
        for check in &evaluation.checks {
            match check.name.as_str() {
                "rubric" => rubric = Rubric::Score(check.score.value()),
                "critical_check" if rubric == Rubric::Absent => rubric = Rubric::CriticalOnly,
                _ => {}
            }
        }
    }
    rubric
}
