//! How many checks passed.

use crate::check::Evaluation;
use crate::component::Component;
use serde::Serialize;

/// How a completeness came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CompletenessDetails {
    /// Checks that passed.
    pub passed_checks: usize,
    /// Checks in all.
    pub total_checks: usize,
}

/// The share of checks that passed, 1 if there are none.
pub(crate) fn completeness(
    evaluations: &[Evaluation],
    weight: f64,
) -> Component<CompletenessDetails> {
    let (mut passed_checks, mut total_checks) = (0, 0);
    for evaluation in evaluations {
        total_checks += evaluation.checks.len();
        passed_checks += evaluation.checks.iter().filter(|check| check.passed).count();
    }
    let passed = passed_checks as f64;
    let share = if total_checks == 0 { 1.0 } else { passed / total_checks as f64 };
    let details = CompletenessDetails { passed_checks, total_checks };
    Component::new("completeness", weight, share, Some(passed), details)
}
