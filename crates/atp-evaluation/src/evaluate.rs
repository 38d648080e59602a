//! From the assertions of a test to findings.

use crate::config::{ConfigProblem, Settings};
use crate::evidence::{Evidence, Findings, SkipCause, SkippedAssertion};
use crate::finding::fails;
use crate::output::Output;
use crate::rule::{Checked, Parsed, Skipped};
use crate::workspace::Workspace;
use atp_protocol::{Response, Status};
use atp_scoring::Evaluation;
use atp_suite::{Assertion, TestCase};

/// Evaluates the assertions of a test for one run.
///
/// An assertion whose settings make no sense is a failed check that says what is wrong. Nothing
/// is found where there is nothing to look at: without a response, after one that says that time
/// ran out or that the run was cancelled, and after a failure that left no artifacts.
///
/// It blocks while it reads files; see [`Evidence::reads_files`].
#[must_use]
pub fn evaluate(evidence: &Evidence<'_>) -> Findings {
    let mut findings = Findings::default();
    let Some(response) = evidence.response.filter(|response| is_worth_a_look(response)) else {
        return findings;
    };
    let output = Output {
        response,
        workspace: evidence.workspace.map(Workspace::new),
        activity: evidence.activity,
    };
    for (index, assertion) in evidence.test.assertions.iter().enumerate() {
        findings.add(index, assertion, &output);
    }
    findings
}

/// Returns what is wrong with the assertions of a test, whatever its runs will leave behind:
/// settings that make no sense, and types that nobody knows. A runner may refuse to begin.
#[must_use]
pub fn config_problems(test: &TestCase) -> Vec<ConfigProblem> {
    let problem = |(index, assertion): (usize, &Assertion)| match parse(index, assertion) {
        Err(problem) => Some(problem),
        Ok(Parsed { skipped: Some(Skipped::Unknown(problem)), .. }) => Some(problem),
        Ok(_) => None,
    };
    test.assertions.iter().enumerate().filter_map(problem).collect()
}

/// Returns whether a response may hold anything that assertions are about.
fn is_worth_a_look(response: &Response) -> bool {
    match response.status {
        Status::Completed | Status::Partial => true,
        Status::Failed => !response.artifacts.is_empty(),
        Status::Timeout | Status::Cancelled => false,
    }
}

fn parse(index: usize, assertion: &Assertion) -> Result<Parsed<'_>, ConfigProblem> {
    let settings = Settings::new(&assertion.config, format!("assertions[{index}].config"));
    Parsed::parse(&assertion.kind, &settings, 0)
}

impl Findings {
    fn add(&mut self, index: usize, assertion: &Assertion, output: &Output<'_>) {
        let parsed = match parse(index, assertion) {
            Ok(parsed) => parsed,
            Err(problem) => {
                let message = problem.to_string();
                let check =
                    fails(&assertion.kind, message, "settings that make sense", problem.path);
                self.evaluations.push(evaluation("settings", vec![check], assertion));
                return;
            }
        };
        if let Some(rule) = parsed.rule {
            match rule.check(output) {
                Checked::Checks(checks) => {
                    self.evaluations.push(evaluation(rule.evaluator(), checks, assertion));
                }
                Checked::Undecided(reason) => {
                    let skipped = Skipped::Unsupported(reason);
                    self.skipped.push(skipped_assertion(index, assertion, skipped));
                }
            }
        }
        if let Some(skipped) = parsed.skipped {
            self.skipped.push(skipped_assertion(index, assertion, skipped));
        }
    }
}

fn evaluation(evaluator: &str, checks: Vec<atp_scoring::Check>, of: &Assertion) -> Evaluation {
    let evaluation = Evaluation::new(evaluator, checks);
    if of.critical { evaluation.critical() } else { evaluation }
}

fn skipped_assertion(index: usize, assertion: &Assertion, skipped: Skipped) -> SkippedAssertion {
    let (cause, reason) = match skipped {
        Skipped::Unknown(place) => (SkipCause::Unknown, place.to_string()),
        Skipped::Unsupported(reason) => (SkipCause::Unsupported, reason),
    };
    let (kind, critical) = (assertion.kind.clone(), assertion.critical);
    SkippedAssertion { index, kind, reason, cause, critical }
}
