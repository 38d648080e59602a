//! Rules between values, and what tests inherit.

use std::time::Duration;

use atp_suite::{Environment, ProblemKind, load_str};

fn load(test: &str) -> Result<atp_suite::TestSuite, atp_suite::SuiteError> {
    let text = format!(
        "test_suite: s\ndefaults: {{timeout_seconds: 7}}\nagents: [{{name: a}}, {{name: b}}]\ntests:\n- {{id: t, name: n, task: {{description: d}}, {test}}}\n"
    );
    load_str(text, &Environment::new())
}

fn refused(test: &str, path: &str) {
    let error = load(test).unwrap_err();
    let [problem] = error.problems() else { panic!("{test}: {error}") };
    assert_eq!((problem.path.as_str(), problem.kind), (path, ProblemKind::Semantic), "{test}");
}

#[test]
fn modes_need_agents_and_agents_a_mode() {
    for fine in [
        "agents: [a]",
        "agents: [a], mode: comparison",
        "agents: [a, a], mode: comparison",
        "agents: [a, b], mode: collaboration, collaboration_config: {coordinator_agent: a}",
        "agents: [a, b], mode: handoff, handoff_config: {}",
        "handoff_config: {}, comparison_config: {}",
    ] {
        load(fine).unwrap_or_else(|error| panic!("{fine}: {error}"));
    }
    refused("mode: comparison", "tests[0].mode");
    refused("agents: [a, b]", "tests[0].agents");
    refused("agents: [a], mode: handoff", "tests[0].agents");
    refused("agents: [a], mode: collaboration", "tests[0].agents");
    refused("agents: [c]", "tests[0].agents[0]");
    refused("agents: [a, b], mode: handoff, comparison_config: {}", "tests[0].comparison_config");
    refused(
        "agents: [a, b], mode: collaboration, collaboration_config: {coordinator_agent: c}",
        "tests[0].collaboration_config.coordinator_agent",
    );
}

/// X21: the original refuses a sum of 0.99 because of how floats round.
#[test]
fn weights_sum_to_one_within_a_hundredth() {
    for fine in ["0.99", "0.9901", "1", "1.0"] {
        load(&format!("scoring: {{quality_weight: {fine}}}")).unwrap();
    }
    load("scoring: {quality_weight: 0.5, cost_weight: 0.51}").unwrap();
    refused("scoring: {quality_weight: 0.989}", "tests[0].scoring");
    refused("scoring: {quality_weight: 0.5, cost_weight: 0.511}", "tests[0].scoring");
    refused("scoring: {}", "tests[0].scoring");
}

/// X9: the original never applies the timeout of the suite.
#[test]
fn the_timeout_of_the_suite_holds_where_a_test_has_none() {
    let suite = load("tags: []").unwrap();
    assert_eq!(suite.timeout(&suite.tests[0]), Duration::from_secs(7));
    let suite = load("constraints: {timeout_seconds: 3}").unwrap();
    assert_eq!(suite.timeout(&suite.tests[0]), Duration::from_secs(3));
}

/// X10: chaos settings are no part of the format, at any level.
#[test]
fn chaos_is_an_unknown_key() {
    let test = "tests: [{id: a, name: A, task: {description: d}}]";
    let levels = [
        load("chaos: {}"),
        load_str(format!("test_suite: s\nchaos: {{}}\n{test}\n"), &Environment::new()),
        load_str(
            format!("test_suite: s\ndefaults: {{chaos: {{}}}}\n{test}\n"),
            &Environment::new(),
        ),
    ];
    for level in levels {
        let error = level.unwrap_err();
        let paths: Vec<_> = error.problems().iter().map(|one| one.path.as_str()).collect();
        assert!(paths.len() == 1 && paths[0].ends_with("chaos"), "{paths:?}");
        assert_eq!(error.problems()[0].kind, ProblemKind::Schema);
    }
}

#[test]
fn problems_come_in_the_order_of_the_file_and_are_counted_beyond_a_thousand() {
    let error = load_str(format!("a:\n{}tests: 5\n", "- 5\n".repeat(3)), &Environment::new());
    let lines: Vec<_> = error.unwrap_err().problems().iter().map(|one| one.line).collect();
    assert_eq!(lines, [1, 1, 5]);
    let text = format!("test_suite: s\ntests:\n{}", "- 5\n".repeat(2_500));
    let error = load_str(text, &Environment::new()).unwrap_err();
    assert_eq!((error.problems().len(), error.unlisted()), (1_000, 1_500));
    assert!(error.to_string().ends_with("and 1500 more problems"));
    assert!(error.render().to_string().ends_with("2500 problems, the first 1000 shown\n"));
}
