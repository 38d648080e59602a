//! Assertions as suites in use write them, where those suites are at hand.

use crate::stage::Stage;
use atp_evaluation::{SkipCause, config_problems};
use atp_suite::{Environment, TestSuite, load_str};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Types that nobody knows, though suites in use have them.
const UNKNOWN: [&str; 3] = ["artifact_contains", "artifact_json_valid", "contains_keyword"];

#[derive(Deserialize)]
struct Corpus {
    env: BTreeMap<String, String>,
    cases: BTreeMap<String, Case>,
}

#[derive(Deserialize)]
struct Case {
    text: String,
    valid: bool,
}

/// Suites in use under names that begin with `real/`, and mutations of them.
fn suites() -> Vec<(String, TestSuite)> {
    let corpus =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/suites/corpus.json");
    let Ok(corpus) = fs::read_to_string(corpus) else { return Vec::new() };
    let corpus: Corpus = serde_json::from_str(&corpus).unwrap();
    let environment: Environment = corpus.env.into_iter().collect();
    let valid = corpus.cases.into_iter().filter(|(_, case)| case.valid);
    valid.map(|(name, case)| (name, load_str(&case.text, &environment).unwrap())).collect()
}

#[test]
fn assertions_of_real_suites_are_known_or_skipped() {
    let suites = suites();
    let mut skipped = BTreeSet::new();
    for (name, suite) in suites.iter().filter(|(name, _)| name.starts_with("real/")) {
        for test in &suite.tests {
            for problem in config_problems(test) {
                let known = UNKNOWN.iter().any(|kind| problem.message.contains(kind));
                assert!(known, "{name}, test {}: {problem}", test.id);
            }
            for found in Stage::new().findings(test).skipped {
                let is_unknown = UNKNOWN.contains(&found.kind.as_str());
                assert_eq!(found.cause == SkipCause::Unknown, is_unknown, "{name}: {found:?}");
                skipped.insert(found.kind);
            }
        }
    }
    if !suites.is_empty() {
        assert!(skipped.contains("llm_eval") && skipped.contains("behavior"), "{skipped:?}");
    }
}

#[test]
fn each_assertion_of_any_suite_is_evaluated_or_skipped() {
    for (name, suite) in suites() {
        for test in &suite.tests {
            let findings = Stage::new().findings(test);
            let skipped: BTreeSet<_> = findings.skipped.iter().map(|found| found.index).collect();
            let found = findings.evaluations.len() + skipped.len();
            // A `behavior` of which only a part is evaluated is both.
            assert!(found >= test.assertions.len(), "{name}, test {}: {findings:?}", test.id);
            let verdict = Stage::new().verdict(test);
            assert_eq!(verdict.unasserted, test.assertions.is_empty());
            assert!(verdict.passed || verdict.reason.is_some());
        }
    }
}

#[test]
fn settings_that_suites_use_hold() {
    let mut stage = Stage::with_artifacts(&[
        r#"{"type": "file", "path": "hello.txt", "content": "Hello, ATP! 128"}"#,
        r#"{"type": "file", "path": "answer.md",
            "content": "see authored/decisions/adr-eco-003, commit @0a1b2c3"}"#,
    ]);
    stage.event("tool_call", r#"{"tool": "create_file", "input": {}, "status": "ok"}"#);
    stage.event("tool_call", r#"{"tool": "calculate"}"#);
    for assertion in [
        "{type: artifact_exists, config: {path: hello.txt}}",
        "{type: artifact_exists, config: {pattern: '*.md'}}",
        "{type: contains, config: {path: hello.txt, pattern: 'Hello, ATP!'}}",
        "{type: contains, config: {pattern: '@[0-9a-f]{6,}|\\(none\\)', regex: true}}",
        "{type: contains, config: {pattern: 'decisions/.*eco-003|agents\\.toml', regex: true}}",
        "{type: contains, config: {pattern: authored/decisions, regex: false}}",
        "{type: behavior, config: {check: no_errors}}",
        "{type: behavior, config: {must_use_tools: [calculate, create_file]}}",
        "{type: behavior, config: {min_tool_calls: 2}}",
        "{type: behavior, config: {no_errors: true}}",
        "{type: no_errors}",
    ] {
        stage.holds(assertion);
    }
}
