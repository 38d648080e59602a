//! Variables: where they are looked up, what they may stand for, and that they stay secret.

use atp_suite::{Environment, ProblemKind, SuiteDocument, load_str};

fn suite(description: &str, steps: &str) -> String {
    format!(
        "test_suite: s\ntests:\n- {{id: t, name: n, task: {{description: '{description}'}}, constraints: {{max_steps: {steps}}}}}\n"
    )
}

#[test]
fn every_unset_variable_is_named_once() {
    let error = load_str(suite("${A} ${B:} ${C} ${A}", "1"), &Environment::new()).unwrap_err();
    let named: Vec<_> = error.problems().iter().map(|problem| problem.message.clone()).collect();
    assert_eq!(
        named,
        ["variable A is not set and has no default", "variable C is not set and has no default"]
    );
    assert!(error.problems().iter().all(|problem| problem.kind == ProblemKind::Variable));
    assert_eq!((error.problems()[1].line, error.problems()[1].column), (3, 52));
}

#[test]
fn unset_variables_are_found_where_nothing_else_looks() {
    let text = "test_suite: s\nagents: [{name: a, extra: ['${A}']}]\nodd: {deep: '${B}'}\ntests:\n- {id: t, name: n, task: {description: d}}\n";
    let error = load_str(text, &Environment::new()).unwrap_err();
    let paths: Vec<_> = error.problems().iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["agents[0].extra[0]", "odd", "odd.deep"]);
}

#[test]
fn unset_variables_in_blocks_are_found_in_their_lines() {
    let text = "test_suite: s
description: |
  one
  ä ${A}
tests:
- id: t
  name: n
  task: {description: \"d\\n ${B}\"}
  tags:
  - >-
    ${C}
  - |
      ${C}
      ${D}
";
    let error = load_str(text, &Environment::new()).unwrap_err();
    let places: Vec<_> = error.problems().iter().map(|one| (one.line, one.column)).collect();
    assert_eq!(places, [(4, 5), (8, 28), (11, 5), (14, 7)]);
}

#[test]
fn an_empty_value_counts_as_set() {
    let env = Environment::new().with("A", "");
    let suite = load_str(suite("<${A:default}>", "1"), &env).unwrap();
    assert_eq!(suite.tests[0].task.description, "<>");
}

/// X11: a variable may stand for a number or a boolean.
#[test]
fn numbers_may_come_from_variables() {
    let steps = |value: &str| {
        let env = Environment::new().with("STEPS", value);
        load_str(suite("d", "'${STEPS}'"), &env).map(|suite| suite.tests[0].constraints.max_steps)
    };
    assert_eq!(steps("7").unwrap(), Some(7));
    assert_eq!(steps("7.0").unwrap(), Some(7));
    for wrong in ["0", "-1", "1.5", "many", "", "true"] {
        steps(wrong).unwrap_err();
    }
    load_str(suite("d", "'7'"), &Environment::new()).unwrap_err();
}

#[test]
fn inserted_text_is_not_looked_through_again() {
    let env = Environment::new().with("A", "${B}").with("B", "no");
    assert_eq!(load_str(suite("${A}", "1"), &env).unwrap().tests[0].task.description, "${B}");
}

#[test]
fn values_do_not_show_in_errors_or_debug_output() {
    let env = Environment::new().with("SECRET", "hunter2");
    let text = "test_suite: s
agents: [{name: a, type: x, config: {key: '${SECRET}'}}, {name: '${SECRET}'}, {name: '${SECRET}'}]
tests:
- {id: '${SECRET}', name: n, task: {description: d}, constraints: {max_steps: '${SECRET}'}}
- {id: '${SECRET}', name: n, task: {description: d}, agents: ['x${SECRET}'], mode: '${SECRET}'}
";
    let error = load_str(text, &env).unwrap_err();
    assert_eq!(error.problems().len(), 5);
    let all = format!("{error} {error:?} {} {env:?}", error.render());
    assert!(!all.contains("hunter2"), "{all}");

    let valid = "test_suite: s
agents: [{name: a, config: {key: '${SECRET}'}}]
tests: [{id: t, name: n, task: {description: d}}]
";
    assert!(!format!("{:?}", load_str(valid, &env).unwrap()).contains("hunter2"));
}

#[test]
fn a_document_knows_its_variables_and_what_matters_of_an_environment() {
    let document = SuiteDocument::parse(suite("${B} ${A:x} ${A} ${C:1} ${C:2}", "1")).unwrap();
    let variables: Vec<_> =
        document.variables().iter().map(|one| (one.name.as_str(), one.has_default)).collect();
    assert_eq!(variables, [("A", false), ("B", false), ("C", true)]);

    let one = Environment::new().with("A", "1").with("B", "2").with("PATH", "/bin");
    let other = Environment::new().with("A", "1").with("B", "2").with("PATH", "/usr/bin");
    assert_eq!(document.relevant(&one), document.relevant(&other));
    assert_eq!(document.expand(&one).unwrap(), document.expand(&other).unwrap());
    let third = other.clone().with("C", "3");
    assert_ne!(document.relevant(&other), document.relevant(&third));
    assert_eq!(document.expand(&third).unwrap().tests[0].task.description, "2 1 1 3 3");
}

#[test]
fn what_variables_add_is_bounded() {
    let env = Environment::new().with("A", "x".repeat(1 << 20));
    let error = load_str(suite(&"${A}".repeat(100), "1"), &env).unwrap_err();
    assert_eq!(error.problems().len(), 1);
    assert_eq!(error.problems()[0].kind, ProblemKind::Limit);
}
