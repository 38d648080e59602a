//! What the agent did.

use crate::stage::{Stage, test_with};

fn busy() -> Stage {
    let mut stage = Stage::new();
    stage.event("tool_call", r#"{"tool": "read"}"#);
    stage.event("tool_call", r#"{"tool": "write"}"#);
    stage.event("tool_call", r#"{"tool": "read"}"#);
    stage.event("progress", r#"{"tool": "delete"}"#);
    stage
}

#[test]
fn tools_must_be_used_or_must_not() {
    let stage = busy();
    stage.holds("{type: must_use_tools, config: {tools: [read, write]}}");
    stage.holds("{type: must_use_tools, config: {tools: read}}");
    stage.holds("{type: must_use_tools, config: {tools: []}}");
    let message = stage.fails("{type: must_use_tools, config: {tools: [read, delete, Read]}}");
    assert_eq!(message, "not called: delete, Read");
    stage.holds("{type: forbidden_tools, config: {tools: [delete]}}");
    stage.holds("{type: forbidden_tools, config: {tools: []}}");
    assert_eq!(
        stage.fails("{type: forbidden_tools, config: {tools: [write, x]}}"),
        "called: write"
    );
}

#[test]
fn calls_are_counted_with_inclusive_limits() {
    let stage = busy();
    stage.holds("{type: max_tool_calls, config: {limit: 3}}");
    stage.holds("{type: min_tool_calls, config: {limit: 3}}");
    stage.holds("{type: min_tool_calls, config: {limit: '3'}}");
    stage.holds("{type: min_tool_calls, config: {min_tool_calls: 0}}");
    let message = stage.fails("{type: max_tool_calls, config: {limit: 2}}");
    assert_eq!(message, "3 tool calls by the agent's events, at most 2 wanted");
    stage.fails("{type: min_tool_calls, config: {limit: 4}}");
    Stage::new().holds("{type: max_tool_calls, config: {limit: 0}}");
}

#[test]
fn the_agents_own_figure_counts() {
    let stage = Stage::answering(
        r#"{"task_id": "1", "status": "completed", "metrics": {"tool_calls": 9}}"#,
    );
    let message = stage.fails("{type: max_tool_calls, config: {limit: 5}}");
    assert_eq!(message, "9 tool calls by the agent's metrics, at most 5 wanted");
    stage.holds("{type: min_tool_calls, config: {limit: 9}}");
}

#[test]
fn errors_are_events_or_in_the_answer() {
    Stage::new().holds("{type: no_errors}");
    Stage::new().holds("{type: no_errors, config: {}}");
    let mut stage = busy();
    stage.event("error", r#"{"message": "disk full", "recoverable": true}"#);
    stage.event("error", r#"{"error_type": "io"}"#);
    let message = stage.fails("{type: no_errors}");
    assert_eq!(message, "2 error events: disk full, an error without a message");
    let stage =
        Stage::answering(r#"{"task_id": "1", "status": "completed", "error": "half of it"}"#);
    assert_eq!(stage.fails("{type: no_errors}"), "the answer has an error: half of it");
}

#[test]
fn a_block_has_a_check_for_each_setting() {
    let mut stage = busy();
    let block = "{type: behavior, config: {must_use_tools: [read], max_tool_calls: 2,
        min_tool_calls: 1, forbidden_tools: [delete], no_errors: true}}"
        .replace('\n', " ");
    let findings = stage.findings(&test_with("", &[&block]));
    let checks: Vec<_> = findings.evaluations[0]
        .checks
        .iter()
        .map(|check| (check.name.as_str(), check.passed))
        .collect();
    let expected = [
        ("must_use_tools", true),
        ("max_tool_calls", false),
        ("min_tool_calls", true),
        ("forbidden_tools", true),
        ("no_errors", true),
    ];
    assert_eq!(checks, expected);
    stage.event("error", "{}");
    stage.fails("{type: behavior, config: {check: no_errors}}");
    busy().holds("{type: behavior, config: {check: no_errors}}");
}

#[test]
fn checks_that_nobody_defined_are_skipped_and_the_rest_is_not() {
    let stage = busy();
    for check in ["no_repeated_actions", "efficient_tool_use"] {
        let alone = format!("{{type: behavior, config: {{check: {check}}}}}");
        let findings = stage.findings(&test_with("", &[&alone]));
        assert_eq!((findings.evaluations.len(), findings.skipped.len()), (0, 1));
        assert!(findings.skipped[0].reason.contains(check));
        let beside = format!("{{type: behavior, config: {{check: {check}, max_tool_calls: 9}}}}");
        let findings = stage.findings(&test_with("", &[&beside]));
        assert_eq!((findings.evaluations.len(), findings.skipped.len()), (1, 1));
    }
}

#[test]
fn what_could_not_be_kept_apart_is_no_proof() {
    let mut stage = Stage::new();
    for number in 0..atp_evaluation::limits::TOOL_NAMES + 5 {
        stage.event("tool_call", &format!(r#"{{"tool": "tool-{number}"}}"#));
    }
    let message = stage.fails("{type: forbidden_tools, config: {tools: [delete]}}");
    assert_eq!(message, "cannot be told (5 calls of further tools could not be kept apart)");
    let message = stage.fails("{type: must_use_tools, config: {tools: [read]}}");
    assert_eq!(message, "not called: read (5 calls of further tools could not be kept apart)");
    stage.holds("{type: must_use_tools, config: {tools: [tool-0]}}");
    stage.holds("{type: forbidden_tools, config: {tools: []}}");
}
