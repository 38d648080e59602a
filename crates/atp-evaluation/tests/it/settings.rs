//! Settings that make no sense: a failed check says where and what was expected.

use crate::stage::{Stage, test_with};
use atp_evaluation::{SkipCause, config_problems};
use proptest::prelude::*;

const BAD: [(&str, &str, &str); 28] = [
    ("artifact_exists", "{}", "path: is missing; expected a path"),
    ("artifact_exists", "{path: ''}", "path: must not be empty"),
    ("artifact_exists", "{path: [a]}", "path: expected text, found a list of 1"),
    ("artifact_exists", "{path: a, pattern: b}", "pattern: expected either this or `path`"),
    ("artifact_exists", "{pattern: '[a'}", "pattern: not a file pattern: "),
    ("contains", "{path: a}", "pattern: is missing; expected text"),
    ("contains", "{pattern: 42}", "pattern: expected text, found 42"),
    ("contains", "{pattern: a, regex: maybe}", "regex: expected true or false, found \"maybe\""),
    (
        "contains",
        "{pattern: a, regexp: true}",
        "regexp: no such setting; there are: path, pattern, regex",
    ),
    (
        "contains",
        "{pattern: '(?=a)', regex: true}",
        "pattern: not a regular expression: look-around",
    ),
    (
        "contains",
        "{pattern: '(a{1000}){1000}', regex: true}",
        "pattern: not a regular expression: ",
    ),
    ("schema", "{path: a}", "schema: is missing; expected a JSON schema"),
    ("sections", "{path: a}", "sections: is missing; expected a list of titles"),
    ("sections", "{sections: []}", "sections: is missing; expected a list of titles"),
    ("sections", "{sections: [a, 5]}", "sections: expected a list of text, found a list of 2"),
    ("sections", "{sections: [' ']}", "sections: expected a list of text, found a list of 1"),
    ("must_use_tools", "{}", "tools: is missing; expected a list of tools"),
    ("must_use_tools", "{tools: {a: 1}}", "tools: expected a list of text, found a mapping of 1"),
    ("max_tool_calls", "{}", "limit: is missing; expected a whole number from 0"),
    ("max_tool_calls", "{limit: -1}", "limit: expected a whole number from 0, found -1"),
    ("min_tool_calls", "{limit: 1.5}", "limit: expected a whole number from 0, found 1.5"),
    ("no_errors", "{really: true}", "really: no settings are expected here"),
    ("behavior", "{}", ": asserts nothing; expected at least one of must_use_tools"),
    ("behavior", "{no_errors: false}", ": asserts nothing"),
    ("behavior", "{check: polite}", "check: expected no_errors, found \"polite\""),
    ("behavior", "{must_not_use_tools: [a]}", "must_not_use_tools: no such setting"),
    ("file_count", "{path: a}", "count: is missing; expected a whole number from 0"),
    ("file_count", "{count: 1, operator: about}", "operator: expected eq, ne, gt, gte, lt, lte"),
];

#[test]
fn each_says_where_and_what() {
    for (kind, config, says) in BAD {
        let assertion = format!("{{type: {kind}, config: {config}}}");
        let message = Stage::new().fails(&assertion);
        let place = match says.strip_prefix(": ") {
            Some(says) => format!("assertions[0].config: {says}"),
            None => format!("assertions[0].config.{says}"),
        };
        assert!(message.starts_with(&place), "{assertion}: {message}");
        assert!(!message.contains('\n'), "{message}");

        let problems = config_problems(&test_with("", &["{type: no_errors}", &assertion]));
        let [problem] = &problems[..] else { panic!("{problems:?}") };
        assert!(problem.to_string().starts_with(&place.replace("[0].config", "[1].config")));
        assert!(!Stage::new().verdict(&test_with("", &[&assertion])).passed);
    }
}

#[test]
fn every_file_type_needs_a_path() {
    for kind in ["file_exists", "file_not_exists", "file_contains", "dir_exists"] {
        let message = Stage::new().fails(&format!("{{type: {kind}}}"));
        let expected =
            "assertions[0].config.path: is missing; expected a path within the workspace";
        assert_eq!(message, expected);
    }
}

#[test]
fn a_critical_assertion_with_bad_settings_is_critical() {
    let test =
        test_with("", &["{type: contains, config: {}, critical: true}", "{type: no_errors}"]);
    let verdict = Stage::new().verdict(&test);
    assert_eq!((verdict.passed, verdict.score), (false, Some(0.0)));
}

#[test]
fn null_is_absent_and_descriptions_are_welcome() {
    Stage::new().holds("{type: no_errors, config: {description: Nothing went wrong, }}");
    let message = Stage::new().fails("{type: contains, config: {path: null, pattern: a}}");
    assert_eq!(message, "the answer holds no content");
}

/// X1: a misspelt type is found before anything runs.
#[test]
fn x1_unknown_types_are_problems_too() {
    let test = test_with(
        "",
        &[
            "{type: artifact_exits, config: {path: a}}",
            "{type: llm_eval}",
            "{type: composite, config: {conditions: [{type: contans}]}}",
        ],
    );
    let problems: Vec<_> = config_problems(&test).iter().map(ToString::to_string).collect();
    let expected = [
        "assertions[0].type: unknown type \"artifact_exits\"; artifact_exists may be meant",
        "assertions[2].config.conditions[0].type: unknown type \"contans\"; contains may be meant",
    ];
    assert_eq!(problems, expected);
}

const KINDS: [&str; 18] = [
    "artifact_exists",
    "contains",
    "schema",
    "sections",
    "behavior",
    "must_use_tools",
    "max_tool_calls",
    "min_tool_calls",
    "no_errors",
    "forbidden_tools",
    "file_exists",
    "file_not_exists",
    "file_contains",
    "file_count",
    "dir_exists",
    "composite",
    "llm_eval",
    "unheard_of",
];

const KEYS: [&str; 18] = [
    "path",
    "pattern",
    "regex",
    "schema",
    "sections",
    "tools",
    "limit",
    "count",
    "operator",
    "check",
    "no_errors",
    "conditions",
    "condition",
    "value",
    "comparator",
    "type",
    "config",
    "$ref",
];

/// JSON, which is a form of YAML, with the words that settings are made of.
fn setting() -> impl Strategy<Value = String> {
    let words = ["*.md", "(", "[a-z]+$", "..", "eq", ">=", "not", "threshold", "or", "#", "0.5"];
    let word = prop::sample::select(words.into_iter().chain(KINDS).collect::<Vec<_>>());
    let leaf = prop_oneof![
        prop::sample::select(vec!["null", "true", "-1", "0", "3", "0.5", "1e99", "[]", "{}"])
            .prop_map(str::to_owned),
        word.prop_map(|word| format!("{word:?}")),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|list| format!("[{}]", list.join(", "))),
            settings_of(inner),
        ]
    })
}

fn settings_of(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    prop::collection::btree_map(prop::sample::select(KEYS.to_vec()), value, 0..5).prop_map(|map| {
        let entries = map.into_iter().map(|(key, value)| format!("{key:?}: {value}"));
        format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever the settings are, something comes of them, and what is wrong was foreseen.
    #[test]
    fn any_settings_end_in_a_finding(
        kind in prop::sample::select(KINDS.to_vec()),
        config in settings_of(setting()),
    ) {
        let test = test_with("", &[&format!("{{type: {kind}, config: {config}}}")]);
        let mut stage = Stage::with_artifacts(&[
            r#"{"type": "structured", "name": "path", "data": {"count": [1, 0.5]}}"#,
        ]);
        stage.write("a.md", "or 3");
        let findings = stage.findings(&test);
        prop_assert!(findings.evaluations.len() + findings.skipped.len() >= 1);
        let refused = findings.evaluations.iter().any(|found| found.evaluator == "settings");
        let unknown = findings.skipped.iter().any(|found| found.cause == SkipCause::Unknown);
        prop_assert_eq!(refused || unknown, !config_problems(&test).is_empty());
        let verdict = stage.verdict(&test);
        prop_assert_eq!(verdict.passed, verdict.reason.is_none());
    }
}
