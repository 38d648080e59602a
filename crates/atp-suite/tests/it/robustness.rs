//! No bytes make the loader panic, and a valid model comes back from its own YAML.
//!
//! `cargo bolero test` runs the first of these as a fuzz target; as an ordinary test it tries
//! a few thousand inputs, on stable Rust.

use std::time::Duration;

use atp_suite::{Environment, SuiteDocument, SuiteError, load_str};
use proptest::prelude::*;
use serde_json::json;

/// Pieces of suites, so that a fuzzer gets past the first line soon.
const TOKENS: [&str; 50] = [
    "test_suite: s\n",
    "tests:\n",
    "- ",
    "  - ",
    "id: t\n",
    "  id: t\n",
    "name: n\n",
    "  name: n\n",
    "task: ",
    "  task: {description: d}\n",
    "description: ",
    "input_data: ",
    "constraints:\n",
    "agents: ",
    "scoring: {quality_weight: 1}\n",
    "mode: handoff\n",
    "max_steps: ",
    "{",
    "}",
    "[",
    "]",
    ", ",
    ": ",
    "&a ",
    "*a",
    "<<: *a\n",
    "<<: ",
    "'",
    "\"",
    "\\x41",
    "|\n",
    ">-\n",
    "    text\n",
    "${A}",
    "${B:c}",
    "${",
    "017",
    "1e999",
    "-.inf",
    ".nan",
    "~",
    "true",
    "!t ",
    "!!int ",
    "!!a%0a ",
    "1_0",
    "# c\n",
    "---\n",
    "...\n",
    "%TAG ! x\n",
];

/// Loads bytes every way there is and looks at all of the result.
fn exercise(bytes: &[u8]) {
    let env = Environment::new().with("A", "1");
    match SuiteDocument::from_bytes(bytes.to_vec(), "x.yaml") {
        Ok(document) => match document.expand(&env) {
            Ok(suite) => assert!(!suite.tests.is_empty() && !format!("{suite:?}").is_empty()),
            Err(error) => check_error(&error, bytes),
        },
        Err(error) => check_error(&error, bytes),
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Err(error) = load_str(text, &env)
    {
        check_error(&error, bytes);
    }
}

fn check_error(error: &SuiteError, bytes: &[u8]) {
    let lines = bytes.len() + 1;
    assert!(!error.problems().is_empty());
    for problem in error.problems() {
        assert!((1..=lines).contains(&problem.line) && problem.column >= 1, "{problem:?}");
        assert!(!problem.message.is_empty() && !problem.message.contains('\n'), "{problem:?}");
    }
    assert!(error.render().to_string().ends_with('\n'));
}

#[test]
fn fuzz_no_bytes_make_it_panic() {
    bolero::check!().with_max_len(4_096).with_test_time(Duration::from_secs(3)).for_each(exercise);
}

#[test]
fn fuzz_no_pieces_of_suites_make_it_panic() {
    let pieces = bolero::produce::<Vec<u8>>().with().len(0..120usize);
    bolero::check!().with_generator(pieces).with_test_time(Duration::from_secs(3)).for_each(
        |pieces| {
            let token = |at: &u8| TOKENS[usize::from(*at) % TOKENS.len()];
            exercise(pieces.iter().map(token).collect::<String>().as_bytes());
        },
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_bytes_load_or_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        exercise(&bytes);
    }

    #[test]
    fn a_damaged_suite_loads_or_is_refused(at in 0usize..3_000, byte in any::<u8>()) {
        let mut bytes = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/everything.yaml")).unwrap();
        let at = at % bytes.len();
        bytes[at] = byte;
        exercise(&bytes);
    }

    /// What a suite serializes to is a suite again, and the same one.
    #[test]
    fn a_model_comes_back_from_its_yaml(suite in suite()) {
        let env = Environment::new();
        let first = load_str(serde_yaml::to_string(&suite).unwrap(), &env)
            .map_err(|error| TestCaseError::fail(error.render().to_string()))?;
        let again = load_str(serde_yaml::to_string(&first).unwrap(), &env).unwrap();
        // Null entries are left out of the YAML, so the models are compared without them.
        prop_assert_eq!(serde_json::to_value(&first).unwrap(), serde_json::to_value(&again).unwrap());
        prop_assert_eq!(first.tests.len(), suite["tests"].as_array().unwrap().len());
        for (test, given) in first.tests.iter().zip(suite["tests"].as_array().unwrap()) {
            prop_assert_eq!(&json!(test.name), &given["name"]);
            prop_assert_eq!(&json!(test.tags), &given["tags"]);
            let data = test.task.input_data.as_ref().unwrap();
            prop_assert_eq!(&serde_json::to_value(data).unwrap(), &given["task"]["input_data"]);
        }
    }
}

/// Text without `${`, which would be a variable, and not empty.
fn text() -> impl Strategy<Value = String> {
    "[a-z0-9:#&*!|>'\"%@`{}\\[\\], \n\t~.äß€🦀-]{1,20}"
}

fn data() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|flag| json!(flag)),
        any::<i64>().prop_map(|number| json!(number)),
        any::<u64>().prop_map(|number| json!(number)),
        (-1e9..1e9f64).prop_map(|number| json!(number)),
        text().prop_map(|text| json!(text)),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(|list| json!(list)),
            prop::collection::btree_map(key(), inner, 0..5).prop_map(|map| json!(map)),
        ]
    })
}

/// Any key but the merge key, whose value would have to be a mapping.
fn key() -> impl Strategy<Value = String> {
    text()
}

fn suite() -> impl Strategy<Value = serde_json::Value> {
    let map = prop::collection::btree_map(key(), data(), 0..4);
    let test = (text(), prop::collection::vec(text(), 0..3), map, 1u64.., any::<bool>());
    let tests = prop::collection::vec(test, 1..5);
    (text(), tests).prop_map(|(name, tests)| {
        let test = |(at, (name, tags, data, steps, critical)): (usize, (_, _, _, u64, bool))| {
            let (name, tags, data): (String, Vec<String>, std::collections::BTreeMap<_, _>) =
                (name, tags, data);
            let data: std::collections::BTreeMap<String, serde_json::Value> = data;
            json!({
                "id": format!("test-{at}"),
                "name": name,
                "tags": tags,
                "task": {"description": name, "input_data": data},
                "constraints": {"max_steps": steps},
                "assertions": [{"type": name, "config": data, "critical": critical}],
            })
        };
        let tests: Vec<_> = tests.into_iter().enumerate().map(test).collect();
        json!({"test_suite": name, "tests": tests})
    })
}
