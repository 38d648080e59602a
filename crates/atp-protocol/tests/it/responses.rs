use crate::problems;
use atp_protocol::{Error, Message, Response, Status, limits};

fn with(fields: &str) -> Result<Response, Error> {
    Response::parse(&format!(r#"{{"task_id": "t", "status": "completed"{fields}}}"#))
}

#[test]
fn the_smallest_response() {
    let response = with("").unwrap();
    assert_eq!((response.task_id.as_str(), response.status), ("t", Status::Completed));
    assert!(response.artifacts.is_empty() && response.metrics.is_none());
    assert!(response.error.is_none() && response.trace_id.is_none());
}

#[test]
fn optional_fields_may_be_null_and_unknown_ones_are_ignored() {
    let nulls = r#", "version": null, "artifacts": null, "metrics": null, "error": null,
        "trace_id": null, "unknown": [{"deep": [1, 2]}]"#;
    assert!(with(nulls).unwrap().artifacts.is_empty());
}

#[test]
fn optional_fields_are_sent_as_null() {
    let json = serde_json::to_string(&Response::new("t", Status::Partial)).unwrap();
    assert_eq!(
        json,
        r#"{"version":"1.0","task_id":"t","status":"partial","artifacts":[],"metrics":null,"error":null,"trace_id":null}"#
    );
}

#[test]
fn every_status_is_read_and_no_other() {
    for status in ["completed", "failed", "timeout", "cancelled", "partial"] {
        let json = format!(r#"{{"task_id": "t", "status": "{status}"}}"#);
        let status_read = Response::parse(&json).unwrap().status;
        assert_eq!(serde_json::to_value(status_read).unwrap(), status);
    }
    assert_eq!(
        problems(Response::parse(r#"{"task_id": "t", "status": "COMPLETED"}"#)),
        [
            "$.status: expected completed, failed, timeout, cancelled or partial, found \"COMPLETED\""
        ]
    );
}

#[test]
fn only_version_1_0() {
    assert!(with(r#", "version": "1.0""#).is_ok());
    for version in [r#""1.1""#, r#""1""#, "1.0", "1"] {
        let found = problems(with(&format!(r#", "version": {version}"#)));
        assert_eq!(found, [format!("$.version: expected \"1.0\", found {version}")]);
    }
}

#[test]
fn the_task_id_is_trimmed_and_may_hold_anything() {
    let id = |id: &str| Response::parse(&format!(r#"{{"task_id": "{id}", "status": "failed"}}"#));
    assert_eq!(id(" a/b ü ").unwrap().task_id, "a/b ü");
    assert_eq!(id(&"ü".repeat(128)).unwrap().task_id.chars().count(), 128);
    assert_eq!(
        problems(id(&"ü".repeat(129))),
        [
            "$.task_id: expected an identifier of 1 to 128 characters, found a string of 129 characters"
        ]
    );
    assert_eq!(problems(id("  ")).len(), 1);
}

#[test]
fn all_problems_are_reported_at_once() {
    let json = r#"{"status": 3, "artifacts": [{"type": "file"}, 7], "metrics": {"cost_usd": -1}}"#;
    assert_eq!(
        problems(Response::parse(json)),
        [
            "$.task_id: expected an identifier of 1 to 128 characters, found nothing",
            "$.status: expected completed, failed, timeout, cancelled or partial, found 3",
            "$.artifacts[0].path: expected a path without NUL of at most 4096 characters, found nothing",
            "$.artifacts[1]: expected an object, found 7",
            "$.metrics.cost_usd: expected a finite number from 0, found -1",
        ]
    );
}

#[test]
fn many_problems_are_counted_and_few_are_listed() {
    let artifacts = vec!["0"; 500].join(",");
    let Err(Error::Invalid { problems, .. }) = with(&format!(r#", "artifacts": [{artifacts}]"#))
    else {
        panic!("accepted");
    };
    assert_eq!((problems.iter().count(), problems.total()), (limits::PROBLEMS, 500));
    assert!(problems.to_string().ends_with("; and 468 more"));
}

#[test]
fn limits_hold_at_their_edge() {
    let text =
        |field: &str, chars: usize| with(&format!(r#", "{field}": "{}""#, "é".repeat(chars)));
    for (field, limit) in [("error", limits::ERROR_CHARS), ("trace_id", limits::TRACE_ID_CHARS)] {
        assert!(text(field, limit).is_ok(), "{field}");
        assert_eq!(problems(text(field, limit + 1)).len(), 1, "{field}");
    }
    let artifacts = |count: usize| {
        with(&format!(r#", "artifacts": [{}]"#, vec![r#"{"path": "a"}"#; count].join(",")))
    };
    assert_eq!(artifacts(1_000).unwrap().artifacts.len(), 1_000);
    assert_eq!(
        problems(artifacts(1_001)),
        ["$.artifacts: expected at most 1000 elements, found 1001"]
    );
}

#[test]
fn a_response_beyond_64_mib_is_not_looked_at() {
    let json = vec![b' '; limits::RESPONSE_BYTES + 1];
    assert!(matches!(
        Response::parse(&json),
        Err(Error::TooLong { message: Message::Response, limit_bytes: limits::RESPONSE_BYTES, .. })
    ));
}

#[test]
fn what_is_not_json_is_told_apart() {
    assert!(matches!(Response::parse(""), Err(Error::NotJson { .. })));
    assert!(matches!(Response::parse(r#"{"task_id": "t""#), Err(Error::NotJson { .. })));
    assert!(matches!(Response::parse(r#"{"task_id": "t"} x"#), Err(Error::NotJson { .. })));
    assert!(matches!(with(r#", "metrics": {"cost_usd": NaN}"#), Err(Error::NotJson { .. })));
    assert!(matches!(Response::parse(b"{\"\xff\": 1}"), Err(Error::NotUtf8 { offset: 2, .. })));
    assert_eq!(problems(Response::parse("[]")), ["$: expected an object, found an array"]);
    let message = Response::parse("nope").unwrap_err().to_string();
    assert_eq!(message, "response is not JSON: expected ident at line 1 column 2");
}

#[test]
fn of_two_equal_keys_the_last_counts() {
    let json = r#"{"task_id": "a", "status": "failed", "task_id": "b", "status": "completed"}"#;
    let response = Response::parse(json).unwrap();
    assert_eq!((response.task_id.as_str(), response.status), ("b", Status::Completed));
}

#[test]
fn x13_a_foreign_task_is_noticed() {
    let response = with("").unwrap();
    assert!(response.check_task_id(" t ").is_ok());
    let error = response.check_task_id("other").unwrap_err();
    assert_eq!(error.to_string(), "the response is for task \"t\", not for \"other\"");
}

#[test]
fn written_and_read_back() {
    let json = r#"{"version":"1.0","task_id":"t","status":"completed","artifacts":[{"type":"file","path":"a.txt","content_type":null,"size_bytes":3,"content_hash":null,"content":"a\"\n"},{"type":"structured","name":"n","data":{"x": [1.50, {}]},"content_type":null},{"type":"reference","path":"/var/x","content_type":"text/plain","size_bytes":null}],"metrics":{"total_tokens":5,"input_tokens":null,"output_tokens":null,"cache_creation_tokens":null,"cache_read_tokens":null,"total_steps":null,"tool_calls":null,"llm_calls":null,"wall_time_seconds":0.5,"cost_usd":null},"error":null,"trace_id":"x"}"#;
    let response = Response::parse(json).unwrap();
    assert_eq!(serde_json::to_string(&response).unwrap(), json);
}
