//! Conditions made of others, some of which cannot be told.

use crate::stage::{Stage, test_with};
use atp_evaluation::{SkipCause, SkippedAssertion};

const TRUE: &str = "{type: no_errors}";
const FALSE: &str = "{type: file_exists, config: {path: none}}";
const UNTOLD: &str = "{type: llm_eval, config: {criteria: quality}}";
const UNKNOWN: &str = "{type: file_exits, config: {path: a}}";
/// One check of two holds.
const HALF: &str = "{type: behavior, config: {no_errors: true, min_tool_calls: 1}}";

fn composite(operator: &str, conditions: &[&str]) -> String {
    let conditions = conditions.join(", ");
    format!("{{type: composite, config: {{operator: {operator}, conditions: [{conditions}]}}}}")
}

fn nested(operator: &str, conditions: &[&str]) -> String {
    format!("{{operator: {operator}, conditions: [{}]}}", conditions.join(", "))
}

fn skipped(assertion: &str) -> SkippedAssertion {
    let findings = Stage::new().findings(&test_with("", &[assertion]));
    assert_eq!(findings.evaluations, [], "{assertion}");
    let [skipped] = &findings.skipped[..] else { panic!("{findings:?}") };
    skipped.clone()
}

#[test]
fn all_and_any_and_not() {
    let stage = Stage::new();
    for (operator, conditions, holds) in [
        ("and", &[TRUE, TRUE][..], true),
        ("and", &[TRUE, FALSE], false),
        ("all", &[TRUE], true),
        ("or", &[FALSE, TRUE], true),
        ("any", &[FALSE, FALSE], false),
        ("not", &[FALSE], true),
        ("not", &[TRUE], false),
    ] {
        let check = stage.check(&composite(operator, conditions));
        assert_eq!(check.passed, holds, "{operator} {conditions:?}");
    }
    stage.holds("{type: composite, config: {conditions: [{type: no_errors}]}}");
    stage.holds(&format!("{{type: composite, config: {{operator: not, condition: {FALSE}}}}}"));
    let check = stage.check(&composite("or", &[FALSE]));
    assert_eq!(check.name, "composite_or");
    assert_eq!(check.message.unwrap(), "the conditions do not hold: there is no none");
}

#[test]
fn conditions_nest() {
    let stage = Stage::new();
    let inner = nested(
        "or",
        &[FALSE, "{operator: not, condition: {type: file_exists, config: {path: x}}}"],
    );
    stage.holds(&composite("and", &[TRUE, &inner]));
    stage.holds(&composite("and", &[&composite("or", &[FALSE, TRUE])]));
    assert!(!stage.check(&composite("and", &[TRUE, &nested("and", &[TRUE, FALSE])])).passed);
}

#[test]
fn scores_are_means_maxima_and_complements() {
    let stage = Stage::new();
    let score = |assertion: String| stage.check(&assertion).score.value();
    assert_eq!(score(composite("and", &[TRUE, FALSE])), 0.5);
    assert_eq!(score(composite("and", &[HALF, FALSE])), 0.25);
    assert_eq!(score(composite("or", &[HALF, FALSE])), 0.5);
    assert_eq!(score(composite("not", &[HALF])), 0.5);
}

#[test]
fn thresholds_compare_scores() {
    let stage = Stage::new();
    let threshold = |settings: &str| {
        let own = format!(
            "{{type: composite, config: {{operator: threshold, {settings}, condition: {HALF}}}}}"
        );
        let listed = format!(
            "{{type: composite, config: {{operator: threshold, conditions: [{{{settings}, condition: {HALF}}}]}}}}"
        );
        let within =
            composite("and", &[&format!("{{operator: threshold, {settings}, condition: {HALF}}}")]);
        let [own, listed, within] = [own, listed, within].map(|text| stage.check(&text).passed);
        assert_eq!((own, own), (listed, within), "{settings}");
        own
    };
    for (settings, holds) in [
        ("value: 0.5", true),
        ("value: 0.5, comparator: '>'", false),
        ("value: 0.51", false),
        ("value: '0.5', comparator: '=='", true),
        ("value: 0.5, comparator: '!='", false),
        ("value: 1, comparator: '<'", true),
        ("value: 0, comparator: lte", false),
    ] {
        assert_eq!(threshold(settings), holds, "{settings}");
    }
}

#[test]
fn what_is_not_evaluated_decides_nothing() {
    let stage = Stage::new();
    assert!(!stage.check(&composite("and", &[UNTOLD, FALSE])).passed);
    let check = stage.check(&composite("or", &[UNTOLD, TRUE]));
    assert!(check.passed && check.score.value() == 1.0);
    for undecided in [
        composite("and", &[UNTOLD, TRUE]),
        composite("or", &[UNTOLD, FALSE]),
        composite("not", &[UNTOLD]),
        composite("and", &[&nested("not", &[UNTOLD])]),
        composite("and", &[&composite("or", &[UNTOLD])]),
        format!(
            "{{type: composite, config: {{operator: threshold, value: 0.5, condition: {UNTOLD}}}}}"
        ),
        format!(
            "{{type: composite, config: {{operator: threshold, value: 0.5, comparator: '==', condition: {UNTOLD}}}}}"
        ),
    ] {
        let skipped = skipped(&undecided);
        assert_eq!((skipped.kind.as_str(), skipped.cause), ("composite", SkipCause::Unsupported));
        assert!(skipped.reason.contains("`llm_eval`"), "{}", skipped.reason);
    }
    // Whatever the missing score is, it is at least 0 and at most 1.
    stage.holds(&format!(
        "{{type: composite, config: {{operator: threshold, value: 0, condition: {UNTOLD}}}}}"
    ));
    let untold = "{type: behavior, config: {check: efficient_tool_use, min_tool_calls: 1}}";
    assert!(!stage.check(&composite("and", &[untold])).passed);
}

#[test]
fn a_type_that_nobody_knows_makes_the_whole_unknown() {
    for composite in
        [composite("or", &[TRUE, UNKNOWN]), composite("and", &[FALSE, &nested("not", &[UNKNOWN])])]
    {
        let skipped = skipped(&composite);
        assert_eq!(skipped.cause, SkipCause::Unknown);
        assert!(skipped.reason.ends_with("; file_exists may be meant"), "{}", skipped.reason);
        assert!(skipped.reason.starts_with("assertions[0].config.conditions[1]"));
    }
}

#[test]
fn mistakes_have_their_place() {
    let stage = Stage::new();
    for (assertion, place) in [
        ("{type: composite}".into(), "conditions: is missing"),
        (composite("and", &[]), "conditions: expected a list of conditions, found a list of 0"),
        (composite("xor", &[TRUE]), "operator: expected and, or, not or threshold, found \"xor\""),
        (composite("not", &[TRUE, TRUE]), "conditions: expected a single condition"),
        (
            format!("{{type: composite, config: {{conditions: [{TRUE}], condition: {TRUE}}}}}"),
            "condition: no such setting; there are: operator, conditions",
        ),
        (
            format!("{{type: composite, config: {{operator: not, conditions: [{TRUE}], condition: {TRUE}}}}}"),
            "conditions: expected either these or `condition`",
        ),
        (
            format!("{{type: composite, config: {{operater: or, conditions: [{TRUE}]}}}}"),
            "operater: no such setting",
        ),
        (composite("and", &["5"]), "conditions[0]: expected a mapping"),
        (composite("and", &[TRUE, "{config: {}}"]), "conditions[1].type: is missing"),
        (composite("and", &["{type: no_errors, config: 5}"]), "conditions[0].config: expected a mapping, found 5"),
        (composite("and", &["{type: no_errors, critical: true}"]), "conditions[0].critical: no such setting"),
        (
            composite("and", &[&nested("or", &["{type: contains, config: {pattern: '(', regex: true}}"])]),
            "conditions[0].conditions[0].config.pattern: not a regular expression: unclosed group",
        ),
        (composite("threshold", &[TRUE]), "value: is missing; expected a number from 0 to 1"),
        ("{type: composite, config: {operator: threshold, value: 2, condition: {type: no_errors}}}".into(),
            "value: expected a number from 0 to 1, found 2"),
    ] {
        let message = stage.fails(&assertion);
        let place = format!("assertions[0].config.{place}");
        assert!(message.starts_with(&place), "{message}");
    }
}

#[test]
fn depth_is_bounded() {
    let stage = Stage::new();
    let deep = |levels: usize| {
        let open = "{operator: not, condition: ".repeat(levels);
        format!("{{type: composite, config: {open}{TRUE}{}}}", "}".repeat(levels))
    };
    stage.holds(&deep(32));
    let message = stage.fails(&deep(33));
    assert!(message.ends_with("conditions are more than 32 levels deep"), "{message}");
}
