//! Files of our own beside what they load as, so that agreement is checked everywhere.
//!
//! `UPDATE_EXPECT=1 cargo test -p atp-suite` writes what is expected anew.

use std::path::{Path, PathBuf};

use atp_suite::{Environment, SuiteError, TestSuite, load_file, load_str};
use expect_test::expect_file;

fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(name)
}

/// Loads a file of the corpus under its bare name, so that messages hold on every machine.
fn load(name: &str) -> Result<TestSuite, SuiteError> {
    let env = Environment::new().with("NAME", "Ada").with("EMPTY_SET", "").with("WEIGHT", "1");
    load_str(std::fs::read_to_string(corpus(name)).unwrap(), &env)
}

fn check_model(name: &str) {
    let suite = load(name).unwrap_or_else(|error| panic!("{}", error.render()));
    let model = serde_json::to_string_pretty(&suite).unwrap() + "\n";
    expect_file![corpus(name).with_extension("json")].assert_eq(&model);
}

fn check_errors(name: &str) {
    let error = load(name).unwrap_err();
    expect_file![corpus(name).with_extension("txt")].assert_eq(&error.render().to_string());
}

#[test]
fn every_key_of_the_format() {
    check_model("everything.yaml");
}

#[test]
fn variables_in_values() {
    check_model("variables.yaml");
}

#[test]
fn anchors_and_merge_keys() {
    check_model("reuse.yaml");
}

#[test]
fn byte_order_mark_and_crlf() {
    check_model("breaks.yaml");
}

/// X17: schema, variables and contradictions, each with line, column and path.
#[test]
fn all_that_is_wrong_at_once() {
    check_errors("wrong.yaml");
}

#[test]
fn what_is_wrong_behind_aliases_and_escapes() {
    check_errors("wrong-reuse.yaml");
}

#[test]
fn the_example_suites_load() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/suites");
    for (name, tests) in [("smoke.yaml", 5), ("greeting.yaml", 3), ("research.yaml", 4)] {
        let suite = load_file(examples.join(name), &Environment::new());
        let suite = suite.unwrap_or_else(|error| panic!("{}", error.render()));
        assert_eq!(suite.tests.len(), tests);
    }
}
