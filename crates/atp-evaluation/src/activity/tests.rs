use super::*;
use atp_protocol::Timestamp;

fn observe(activity: &mut Activity, event_type: &str, payload: &str) {
    let line = format!(
        r#"{{"task_id": "1", "sequence": 0, "event_type": "{event_type}", "payload": {payload}}}"#
    );
    activity.observe(&Event::parse(&line, Timestamp::now()).unwrap());
}

#[test]
fn counts_by_type_and_tool() {
    let mut activity = Activity::new();
    observe(&mut activity, "tool_call", r#"{"tool": "read", "input": {"tool": "no"}}"#);
    observe(&mut activity, "tool_call", r#"{"output": [1, {"tool": "no"}], "tool": "read"}"#);
    observe(&mut activity, "tool_call", r#"{"tool": "\u0072ead"}"#);
    observe(&mut activity, "tool_call", r#"{"tool": "write"}"#);
    observe(&mut activity, "progress", r#"{"tool": "no"}"#);
    assert_eq!((activity.calls_of("read"), activity.calls_of("write")), (3, 1));
    assert_eq!((activity.calls_of("no"), activity.tools().len()), (0, 2));
    assert_eq!((activity.tool_calls(), activity.events()), (4, 5));
    assert_eq!(activity.count(EventType::Progress), 1);
}

#[test]
fn calls_without_a_name_are_calls() {
    let mut activity = Activity::new();
    for payload in [r#"{}"#, r#"{"tool": null}"#, r#"{"tool": 7}"#, r#"{"tool": ""}"#] {
        observe(&mut activity, "tool_call", payload);
    }
    assert_eq!((activity.tool_calls(), activity.unnamed_tool_calls()), (4, 4));
    assert_eq!(activity.tools().len(), 0);
}

#[test]
fn the_first_entry_counts_and_the_rest_is_not_read() {
    let mut activity = Activity::new();
    observe(&mut activity, "tool_call", r#"{"tool": "first", "tool": "second"}"#);
    assert_eq!((activity.calls_of("first"), activity.calls_of("second")), (1, 0));
}

#[test]
fn names_are_bounded_and_what_is_dropped_is_counted() {
    let mut activity = Activity::new();
    let long = "x".repeat(TOOL_NAME_BYTES + 1);
    observe(&mut activity, "tool_call", &format!(r#"{{"tool": "{long}"}}"#));
    for number in 0..TOOL_NAMES + 10 {
        observe(&mut activity, "tool_call", &format!(r#"{{"tool": "tool-{number}"}}"#));
    }
    observe(&mut activity, "tool_call", r#"{"tool": "tool-0"}"#);
    assert_eq!(activity.tools().len(), TOOL_NAMES);
    assert_eq!(activity.calls_of("tool-0"), 2);
    assert_eq!(activity.uncounted_tool_calls(), 11);
}

#[test]
fn the_first_errors_are_kept_and_cut() {
    let mut activity = Activity::new();
    observe(&mut activity, "error", r#"{"error_type": "io"}"#);
    for _ in 0..10 {
        let message = "é".repeat(5_000);
        observe(&mut activity, "error", &format!(r#"{{"message": "{message}"}}"#));
    }
    assert_eq!(activity.count(EventType::Error), 11);
    assert_eq!(activity.error_messages().len(), ERROR_MESSAGES);
    assert_eq!(activity.error_messages()[0], "an error without a message");
    assert_eq!(activity.error_messages()[1].chars().count(), MESSAGE_CHARS + 1);
}
