use crate::{NOON, noon, problems};
use atp_protocol::{
    Error, Event, EventDefaults, EventType, Message, PartialEvent, Timestamp, limits,
};
use std::borrow::Cow;

fn parse(line: &str) -> Result<Event<'_>, Error> {
    Event::parse(line, noon())
}

#[test]
fn a_complete_event() {
    let line = r#"{"version": "1.0", "task_id": "t", "timestamp": "2024-01-02T03:04:05.678901+01:00",
        "sequence": 7, "event_type": "llm_request", "payload": {"model": "m", "input_tokens": 3}}"#;
    let event = parse(line).unwrap();
    assert_eq!((event.task_id.as_ref(), event.sequence), ("t", 7));
    assert_eq!(event.event_type, EventType::LlmRequest);
    assert_eq!(event.timestamp.to_string(), "2024-01-02T02:04:05.678901Z");
    assert_eq!(event.payload.get(), r#"{"model": "m", "input_tokens": 3}"#);

    #[derive(serde::Deserialize)]
    struct LlmRequest<'a> {
        model: &'a str,
        input_tokens: u64,
    }
    let payload: LlmRequest<'_> = event.payload_as().unwrap();
    assert_eq!((payload.model, payload.input_tokens), ("m", 3));
}

#[test]
fn nothing_is_copied_without_need() {
    let line =
        r#"{"task_id": "plain", "sequence": 0, "event_type": "error", "payload": {"x": "\n"}}"#;
    let event = parse(line).unwrap();
    assert!(matches!(event.task_id, Cow::Borrowed(_)));
    assert!(matches!(event.payload, Cow::Borrowed(_)));
    let here = line.as_bytes().as_ptr_range();
    assert!(here.contains(&event.task_id.as_ptr()) && here.contains(&event.payload.get().as_ptr()));

    let line = r#"{"task_id": "\u0074", "sequence": 0, "event_type": "error", "payload": {}}"#;
    assert_eq!(parse(line).unwrap().task_id, Cow::<str>::Owned("t".into()));
}

#[test]
fn an_owned_event_outlives_its_line() {
    let event = {
        let line =
            r#"{"task_id": "t", "sequence": 1, "event_type": "error", "payload": {}}"#.to_owned();
        parse(&line).unwrap().into_owned()
    };
    assert_eq!((event.task_id.as_ref(), event.payload.get()), ("t", "{}"));
}

#[test]
fn every_type_is_read_and_no_other() {
    for name in ["tool_call", "llm_request", "reasoning", "error", "progress"] {
        let line = format!(
            r#"{{"task_id": "t", "sequence": 0, "event_type": "{name}", "payload": {{}}}}"#
        );
        assert_eq!(serde_json::to_value(parse(&line).unwrap().event_type).unwrap(), name);
    }
    assert_eq!(
        problems(parse(r#"{"task_id": "t", "sequence": 0, "event_type": "Tool", "payload": {}}"#)),
        [
            "$.event_type: expected tool_call, llm_request, reasoning, error or progress, found \"Tool\""
        ]
    );
}

#[test]
fn only_the_timestamp_may_be_missing() {
    let event = parse(r#"{"task_id": "t", "sequence": 0, "event_type": "error", "payload": {}}"#);
    assert_eq!(event.unwrap().timestamp, noon());
    assert_eq!(
        problems(parse(r#"{"payload": {}}"#)),
        [
            "$.task_id: expected an identifier, found nothing",
            "$.sequence: expected an integer from 0, found nothing",
            "$.event_type: expected the type of the event, found nothing",
        ]
    );
    assert_eq!(
        problems(parse(r#"{"task_id": "t", "sequence": 0, "event_type": "error"}"#)),
        ["$.payload: expected an object, found nothing"]
    );
}

#[test]
fn bad_values_are_named() {
    let line = r#"{"version": "2", "task_id": "", "timestamp": "noon", "sequence": -3,
        "event_type": null, "payload": "text"}"#;
    assert_eq!(
        problems(parse(line)),
        [
            "$.version: expected \"1.0\", found \"2\"",
            "$.task_id: expected an identifier, found \"\"",
            "$.timestamp: expected an ISO 8601 timestamp or seconds since 1970, found \"noon\"",
            "$.sequence: expected an integer from 0, found -3",
            "$.payload: expected an object, found \"text\"",
        ]
    );
}

#[test]
fn timestamps_as_numbers() {
    for (json, expected) in [
        ("1700000000", "2023-11-14T22:13:20Z"),
        ("1700000000.5", "2023-11-14T22:13:20.500000Z"),
        ("\"1700000000\"", "2023-11-14T22:13:20Z"),
        ("1700000000500", "2023-11-14T22:13:20.500000Z"),
    ] {
        let line = format!(r#"{{"timestamp": {json}, "payload": {{}}}}"#);
        let timestamp = PartialEvent::parse(&line).unwrap().timestamp;
        assert_eq!(timestamp.map(|t| t.to_string()).as_deref(), Some(expected), "{json}");
    }
    assert_eq!(problems(PartialEvent::parse(r#"{"timestamp": true, "payload": {}}"#)).len(), 1);
}

#[test]
fn missing_fields_are_filled_in() {
    let mut defaults = EventDefaults::new("run");
    let mut complete =
        |line: &'static str| PartialEvent::parse(line).unwrap().complete(&mut defaults, noon());
    let first = complete(r#"{"payload": {}}"#);
    assert_eq!((first.task_id.as_ref(), first.sequence), ("run", 0));
    assert_eq!((first.event_type, first.timestamp), (EventType::Progress, noon()));
    assert_eq!(complete(r#"{"sequence": null, "payload": {}}"#).sequence, 1);
    // A number of the agent's own is kept, and counting goes on behind it.
    assert_eq!(complete(r#"{"sequence": 9, "payload": {}}"#).sequence, 9);
    assert_eq!(complete(r#"{"payload": {}}"#).sequence, 10);
    assert_eq!(complete(r#"{"sequence": 2, "payload": {}}"#).sequence, 2);
    assert_eq!(complete(r#"{"payload": {}}"#).sequence, 11);
    assert_eq!(complete(r#"{"sequence": 18446744073709551615, "payload": {}}"#).sequence, u64::MAX);
    assert_eq!(complete(r#"{"payload": {}}"#).sequence, u64::MAX);
    assert_eq!(complete(r#"{"task_id": " own ", "payload": {}}"#).task_id, "own");
}

#[test]
fn a_payload_is_not_looked_into() {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    for value in ["\"\\ud800\"", "1e999", "123456789012345678901234567890", deep.as_str()] {
        let line = format!(r#"{{"payload": {{"x": {value}}}}}"#);
        let event = PartialEvent::parse(&line).unwrap();
        assert_eq!(event.payload.get(), format!(r#"{{"x": {value}}}"#));
    }
}

#[test]
fn x5_lines_far_beyond_64_kib_are_events() {
    let line = format!(r#"{{"payload": {{"x": "{}"}}}}"#, "a".repeat(1 << 20));
    assert!(PartialEvent::parse(&line).is_ok());
    let line = vec![b'a'; limits::EVENT_LINE_BYTES + 1];
    assert!(matches!(
        PartialEvent::parse(&line),
        Err(Error::TooLong { message: Message::Event, limit_bytes: limits::EVENT_LINE_BYTES, .. })
    ));
}

#[test]
fn written_and_read_back() {
    let line = format!(
        r#"{{"version":"1.0","task_id":"t","timestamp":"{NOON}","sequence":3,"event_type":"tool_call","payload":{{"tool": "x"}}}}"#
    );
    assert_eq!(serde_json::to_string(&parse(&line).unwrap()).unwrap(), line);
}

#[test]
fn now_is_between_two_looks_at_the_clock() {
    let before = std::time::SystemTime::now();
    let now = Timestamp::now();
    assert!(Timestamp::from(before) <= now && now <= std::time::SystemTime::now().into());
}
