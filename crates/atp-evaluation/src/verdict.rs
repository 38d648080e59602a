//! From findings to whether a run passed.

use crate::evidence::{Evidence, Findings, SkipCause, SkippedAssertion};
use crate::finding::{count, cut, shown};
use atp_protocol::{Response, Status};
use atp_scoring::{Error, Limits, Scorer, Weights};
use atp_suite::{ScoringWeights, TestCase};

/// How much more than its budget a run may cost and still be within it: what adding up floating
/// point numbers may be off by.
const BUDGET_TOLERANCE: f64 = 1e-9;

/// Failed checks that a reason names.
const NAMED_CHECKS: usize = 3;

/// Characters of a reason.
const REASON_CHARS: usize = 1_000;

/// Whether one run of a test passed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Verdict {
    /// True if the agent completed the task within its budget, every check passed, and the score
    /// could be computed or there was nothing to assert.
    pub passed: bool,
    /// From 0 to 100. `None` where nothing was checked, or not everything that is critical was.
    pub score: Option<f64>,
    /// True if the test asserts nothing, so that its run passed by completing alone.
    pub unasserted: bool,
    /// Why it did not pass.
    pub reason: Option<String>,
}

/// Judges a run by its response, by what was found and by the test's budget.
///
/// It passes if all of this is so:
///
/// - there is a response, and its status is `completed`;
/// - its cost is not above `budget_usd`;
/// - every check of every evaluation passed;
/// - no assertion is of a type that nobody knows, and none that is critical was skipped;
/// - there is a score, or the test asserts nothing.
///
/// The score is that of [`Scorer`] with the test's weights and limits: 0 if a critical evaluation
/// failed. Weights that do not sum to 1, which a suite that gives only some of them is left with,
/// are divided by their sum.
#[must_use]
pub fn judge(evidence: &Evidence<'_>, findings: &Findings) -> Verdict {
    let test = evidence.test;
    let unasserted = test.assertions.is_empty();
    let mut reasons = Vec::new();
    match evidence.response {
        None => reasons.push("there is no response".to_owned()),
        Some(response) => {
            reasons.extend(ending(response));
            reasons.extend(overspending(test, response));
        }
    }
    reasons.extend(failures(findings));
    reasons.extend(blocking(findings));
    let score = match evidence.response {
        Some(response) => score(test, response, findings).unwrap_or_else(|error| {
            reasons.push(format!("there is no score: {error}"));
            None
        }),
        None => None,
    };
    if reasons.is_empty() && score.is_none() && !unasserted {
        reasons.push(nothing_checked(findings));
    }
    let passed = reasons.is_empty();
    let reason = (!passed).then(|| cut(&reasons.join("; "), REASON_CHARS).into_owned());
    Verdict { passed, score, unasserted, reason }
}

/// Says how the run ended, unless the task is done.
fn ending(response: &Response) -> Option<String> {
    let ending = match response.status {
        Status::Completed => return None,
        Status::Failed => "failed",
        Status::Timeout => "ran out of time",
        Status::Cancelled => "was cancelled",
        Status::Partial => "did a part of the task only",
    };
    let error = response.error.as_deref().filter(|error| !error.is_empty());
    let error = error.map(|error| format!(": {}", shown(error))).unwrap_or_default();
    Some(format!("the agent says it {ending}{error}"))
}

fn overspending(test: &TestCase, response: &Response) -> Option<String> {
    let budget = test.constraints.budget_usd?;
    let cost = response.metrics.as_ref()?.cost_usd?;
    let is_above = cost - budget > BUDGET_TOLERANCE * budget.abs();
    is_above.then(|| format!("it cost {cost} USD, above the budget of {budget} USD"))
}

/// Names the first checks that failed.
fn failures(findings: &Findings) -> Option<String> {
    let checks = || findings.evaluations.iter().flat_map(|evaluation| &evaluation.checks);
    let failed = || checks().filter(|check| !check.passed);
    let number = failed().count();
    if number == 0 {
        return None;
    }
    let named = failed().take(NAMED_CHECKS).map(|check| match &check.message {
        Some(message) => format!("{} ({message})", check.name),
        None => check.name.clone(),
    });
    let named: Vec<_> = named.collect();
    let more = match number - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let all = count(checks().count() as u64, "check", "checks");
    Some(format!("{number} of {all} failed: {}{more}", named.join(", ")))
}

/// Names skipped assertions that the run cannot pass without.
fn blocking(findings: &Findings) -> Option<String> {
    let blocks =
        |skipped: &&SkippedAssertion| skipped.critical || skipped.cause == SkipCause::Unknown;
    named("not evaluated, though the test depends on it", findings.skipped.iter().filter(blocks))
}

fn nothing_checked(findings: &Findings) -> String {
    let reason = named("nothing was checked", findings.skipped.iter());
    reason.unwrap_or_else(|| "nothing was checked".into())
}

fn named<'s>(what: &str, skipped: impl Iterator<Item = &'s SkippedAssertion>) -> Option<String> {
    let names: Vec<_> = skipped
        .map(|skipped| format!("{} ({})", shown(&skipped.kind), shown(&skipped.reason)))
        .collect();
    (!names.is_empty()).then(|| format!("{what}: {}", names.join(", ")))
}

/// The score of what was checked. None if that is nothing, or leaves out what is critical.
fn score(test: &TestCase, response: &Response, findings: &Findings) -> Result<Option<f64>, Error> {
    let lacks_critical = findings.skipped.iter().any(|skipped| skipped.critical);
    let is_checked = findings.evaluations.iter().any(|found| !found.checks.is_empty());
    if lacks_critical || !is_checked {
        return Ok(None);
    }
    let scorer = Scorer::new().with_weights(weights(&test.scoring)?);
    let limits = Limits::from(&test.constraints);
    let score = scorer.score(&*test.id, &findings.evaluations, response.metrics.as_ref(), &limits);
    Ok(Some(score.score))
}

/// X1: a suite's weights, scaled to sum to 1.
fn weights(of: &ScoringWeights) -> Result<Weights, Error> {
    let sum = of.sum();
    Weights::new(of.quality / sum, of.completeness / sum, of.efficiency / sum, of.cost / sum)
}
