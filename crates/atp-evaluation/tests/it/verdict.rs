//! Whether a run passed, and with what score.

use crate::stage::{Stage, test_with};
use atp_evaluation::{Evidence, SkipCause};

const TRUE: &str = "{type: no_errors}";
const FALSE: &str = "{type: file_exists, config: {path: none}}";
const CRITICAL: &str = "{type: file_exists, config: {path: none}, critical: true}";
const UNTOLD: &str = "{type: llm_eval, config: {criteria: quality}}";

fn answer(status: &str, rest: &str) -> Stage {
    Stage::answering(&format!(r#"{{"task_id": "1", "status": "{status}"{rest}}}"#))
}

#[test]
fn passing_checks_pass_with_a_score() {
    let verdict = Stage::new().verdict(&test_with("", &[TRUE]));
    assert_eq!((verdict.passed, verdict.score, verdict.reason), (true, Some(100.0), None));
    assert!(!verdict.unasserted);
}

#[test]
fn a_failed_check_fails_whatever_the_score() {
    let verdict = Stage::new().verdict(&test_with("", &[TRUE, TRUE, TRUE, FALSE]));
    assert_eq!((verdict.passed, verdict.score), (false, Some(82.5)));
    assert_eq!(verdict.reason.unwrap(), "1 of 4 checks failed: file_exists (there is no none)");
}

#[test]
fn a_critical_failure_scores_nothing() {
    let verdict = Stage::new().verdict(&test_with("", &[TRUE, CRITICAL]));
    assert_eq!((verdict.passed, verdict.score), (false, Some(0.0)));
}

#[test]
fn reasons_name_the_first_failures() {
    let verdict = Stage::new().verdict(&test_with("", &[FALSE; 5]));
    let reason = verdict.reason.unwrap();
    assert!(reason.starts_with("5 of 5 checks failed: "), "{reason}");
    assert!(reason.ends_with(" and 2 more"), "{reason}");
}

/// X20: nothing asserted is no score of 60.
#[test]
fn x20_what_asserts_nothing_passes_by_completing_and_is_marked() {
    let test = test_with("", &[]);
    let verdict = Stage::new().verdict(&test);
    assert_eq!((verdict.passed, verdict.score, verdict.unasserted), (true, None, true));
    for status in ["failed", "timeout", "cancelled", "partial"] {
        let verdict = answer(status, "").verdict(&test);
        assert_eq!((verdict.passed, verdict.unasserted), (false, true), "{status}");
    }
}

#[test]
fn only_completed_runs_pass() {
    let artifacts = r#", "artifacts": [{"type": "reference", "path": "a"}], "error": "no luck""#;
    let test = test_with("", &["{type: artifact_exists, config: {path: a}}"]);
    for (status, rest, score) in [
        ("partial", artifacts, Some(100.0)),
        ("failed", artifacts, Some(100.0)),
        ("failed", "", None),
        ("timeout", artifacts, None),
        ("cancelled", artifacts, None),
    ] {
        let verdict = answer(status, rest).verdict(&test);
        assert_eq!((verdict.passed, verdict.score), (false, score), "{status}{rest}");
    }
    let reason = answer("failed", artifacts).verdict(&test).reason.unwrap();
    assert_eq!(reason, "the agent says it failed: no luck");
}

#[test]
fn no_response_is_no_pass() {
    let mut stage = Stage::new();
    stage.response = None;
    for assertions in [&[TRUE][..], &[]] {
        let verdict = stage.verdict(&test_with("", assertions));
        assert_eq!((verdict.passed, verdict.score), (false, None));
        assert_eq!(verdict.reason.unwrap(), "there is no response");
    }
}

/// X1: cost over the budget fails, and does not hide what was found.
#[test]
fn x1_cost_over_budget_fails() {
    let costing =
        |cost: &str| answer("completed", &format!(r#", "metrics": {{"cost_usd": {cost}}}"#));
    let test =
        |budget: &str| test_with(&format!("    constraints: {{budget_usd: {budget}}}\n"), &[TRUE]);
    for (cost, budget, passed) in [
        ("0.05", "0.1", true),
        ("0.1", "0.1", true),
        // The sum of 0.1 and 0.2 as floating point has it.
        ("0.30000000000000004", "0.3", true),
        ("0.3001", "0.3", false),
        ("0.0000001", "0", false),
        ("0", "0", true),
        ("1e9", ".inf", true),
    ] {
        let verdict = costing(cost).verdict(&test(budget));
        assert_eq!(verdict.passed, passed, "{cost} of {budget}");
        assert!(verdict.score.is_some());
    }
    assert!(Stage::new().verdict(&test("0.1")).passed, "an unknown cost is not above a budget");
    let reason = costing("0.5").verdict(&test("0.25")).reason.unwrap();
    assert_eq!(reason, "it cost 0.5 USD, above the budget of 0.25 USD");
}

/// X1: weights given in part leave a sum of 1.6, which is no reason to go without a score.
#[test]
fn x1_weights_are_scaled_to_their_sum() {
    let score = |weights: &str| {
        let test = test_with(&format!("    scoring: {{{weights}}}\n"), &[TRUE, FALSE]);
        let verdict = Stage::new().verdict(&test);
        assert!(!verdict.passed);
        verdict.score.unwrap()
    };
    // Half the quality and completeness at 1.0 and 0.3 of 1.6, the rest in full.
    assert_eq!(score("quality_weight: 1.0"), 59.38);
    assert_eq!(
        score(
            "quality_weight: 0.405, completeness_weight: 0.3, efficiency_weight: 0.2, cost_weight: 0.1"
        ),
        64.93
    );
    assert_eq!(
        score("quality_weight: 1, completeness_weight: 0, efficiency_weight: 0, cost_weight: 0"),
        50.0
    );
}

/// X1: a misspelt type does not pass, even beside others that do.
#[test]
fn x1_unknown_types_never_pass() {
    for assertions in [&["{type: artifact_exits}"][..], &["{type: artifact_exits}", TRUE]] {
        let test = test_with("", assertions);
        let findings = Stage::new().findings(&test);
        let skipped = &findings.skipped[0];
        assert_eq!((skipped.index, skipped.kind.as_str()), (0, "artifact_exits"));
        assert_eq!(skipped.cause, SkipCause::Unknown);
        let verdict = Stage::new().verdict(&test);
        assert!(!verdict.passed);
        let reason = verdict.reason.unwrap();
        let expected =
            "not evaluated, though the test depends on it: artifact_exits (assertions[0].type";
        assert!(reason.starts_with(expected), "{reason}");
    }
}

#[test]
fn what_is_not_supported_leaves_the_others_to_decide() {
    let test = test_with("", &[UNTOLD, TRUE]);
    let findings = Stage::new().findings(&test);
    assert_eq!((findings.evaluations.len(), findings.skipped.len()), (1, 1));
    let verdict = Stage::new().verdict(&test);
    assert_eq!((verdict.passed, verdict.score), (true, Some(100.0)));
}

#[test]
fn all_skipped_is_no_pass_and_says_what() {
    let verdict = Stage::new().verdict(&test_with("", &[UNTOLD, "{type: pytest}"]));
    assert_eq!((verdict.passed, verdict.score, verdict.unasserted), (false, None, false));
    assert_eq!(
        verdict.reason.unwrap(),
        "nothing was checked: llm_eval (it needs a language model as its judge), \
         pytest (it runs commands of a toolchain)"
    );
}

#[test]
fn a_critical_assertion_that_was_skipped_is_no_pass() {
    let test = test_with("", &[TRUE, "{type: pytest, critical: true}"]);
    let verdict = Stage::new().verdict(&test);
    assert_eq!((verdict.passed, verdict.score), (false, None));
    assert!(verdict.reason.unwrap().contains("pytest"));
}

#[test]
fn reading_files_is_announced() {
    let mut stage = Stage::new();
    let folder = stage.folder();
    let blocks = |assertions: &[&str], with_workspace: bool| {
        let test = test_with("", assertions);
        let workspace = with_workspace.then_some(folder.as_path());
        Evidence { test: &test, response: None, workspace, activity: &stage.activity }.reads_files()
    };
    assert!(blocks(&[TRUE, FALSE], true));
    assert!(!blocks(&[TRUE, FALSE], false));
    assert!(!blocks(&[TRUE, UNTOLD], true));
    assert!(!blocks(&[], true));
}
