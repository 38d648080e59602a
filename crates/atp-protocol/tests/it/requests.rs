use crate::problems;
use atp_protocol::{Context, Error, Request, limits};
use serde_json::json;

fn with(fields: &serde_json::Value) -> Result<Request, Error> {
    let mut request = json!({"task_id": "t", "task": {"description": "d"}});
    for (name, value) in fields.as_object().unwrap() {
        request[name] = value.clone();
    }
    Request::parse(&request.to_string())
}

#[test]
fn written_with_nulls_and_read_back() {
    let request = Request::new("run-1", "Do it.");
    let json = request.to_json().unwrap();
    assert_eq!(
        json,
        r#"{"version":"1.0","task_id":"run-1","task":{"description":"Do it.","input_data":null,"expected_artifacts":null},"constraints":{},"context":null,"metadata":null}"#
    );
    assert_eq!(Request::parse(&json).unwrap(), request);
}

#[test]
fn everything_at_once() {
    let full = json!({
        "version": "1.0",
        "task": {"description": "d", "input_data": {"a": [1]}, "expected_artifacts": [" out.txt "]},
        "constraints": {"max_steps": 5},
        "context": {"tools_endpoint": "http://localhost:1", "workspace_path": "/w", "environment": {"A_1": "x"}},
        "metadata": {"test_id": "x"},
        "unknown": true,
    });
    let request = with(&full).unwrap();
    assert_eq!(request.task.expected_artifacts.as_deref(), Some(&["out.txt".to_owned()][..]));
    assert_eq!(request.constraints["max_steps"], 5);
    let context = request.context.as_ref().unwrap();
    assert_eq!(context.environment.as_ref().unwrap()["A_1"], "x");
    assert_eq!(Request::parse(&request.to_json().unwrap()).unwrap(), request);
}

#[test]
fn task_ids() {
    let id = |id: &str| with(&json!({"task_id": id}));
    assert_eq!(id(" a_B-9 ").unwrap().task_id, "a_B-9");
    assert!(id(&"a".repeat(128)).is_ok());
    for bad in ["", " ", "a b", "a/b", "ü", &"a".repeat(129)] {
        let found = problems(id(bad));
        assert!(found[0].starts_with("$.task_id: expected 1 to 128 letters, digits, `_` and `-`"));
    }
}

#[test]
fn descriptions() {
    let description = |text: String| with(&json!({"task": {"description": text}}));
    assert!(description("é".repeat(limits::DESCRIPTION_CHARS)).is_ok());
    for bad in [String::new(), "é".repeat(limits::DESCRIPTION_CHARS + 1)] {
        assert_eq!(problems(description(bad)).len(), 1);
    }
    assert_eq!(
        problems(Request::parse(r#"{"task_id": "t"}"#)),
        ["$.task: expected an object, found nothing"]
    );
}

#[test]
fn expected_artifacts_stay_below_the_workspace() {
    let paths =
        |paths: &[&str]| with(&json!({"task": {"description": "d", "expected_artifacts": paths}}));
    assert!(paths(&["a", "a/b.txt", &"a".repeat(4_096)]).is_ok());
    let long = "a".repeat(4_097);
    for bad in ["", "/a", "~/a", "a/../b", "a..b", long.as_str()] {
        let found = problems(paths(&["fine", bad]));
        assert!(found[0].starts_with("$.task.expected_artifacts[1]: expected "), "{found:?}");
    }
}

#[test]
fn endpoints() {
    let endpoint = |value: &str| with(&json!({"context": {"tools_endpoint": value}}));
    assert_eq!(endpoint("  ").unwrap().context, Some(Context::default()));
    for good in ["http://a", "https://a:8/x?y"] {
        let context = endpoint(good).unwrap().context.unwrap();
        assert_eq!(context.tools_endpoint.as_deref(), Some(good));
    }
    for bad in ["ftp://a", "a", "http://", "http:///x", "file:///etc"] {
        let found = problems(endpoint(bad));
        assert!(found[0].starts_with("$.context.tools_endpoint: expected an http"), "{found:?}");
    }
}

#[test]
fn workspace_paths() {
    let path = |value: &str| with(&json!({"context": {"workspace_path": value}}));
    assert_eq!(path(" ").unwrap().context.unwrap().workspace_path, None);
    assert!(path(&format!(" {} ", "a".repeat(4_096))).is_ok());
    assert_eq!(problems(path(&"a".repeat(4_097))).len(), 1);
    assert_eq!(problems(path("a\0b")).len(), 1);
}

#[test]
fn environments() {
    let environment = |value: serde_json::Value| with(&json!({"context": {"environment": value}}));
    let many = |count: usize| (0..count).map(|i| (format!("V{i}"), json!("x"))).collect();
    assert!(environment(serde_json::Value::Object(many(100))).is_ok());
    assert_eq!(
        problems(environment(serde_json::Value::Object(many(101)))),
        ["$.context.environment: expected at most 100 variables, found 101"]
    );
    for bad in ["", "1A", "A-B", "ü", "A B"] {
        let found = problems(environment(json!({bad: "x"})));
        assert!(found[0].starts_with("$.context.environment: expected names of"), "{found:?}");
    }
}

#[test]
fn an_environment_value_is_never_repeated() {
    let context =
        json!({"context": {"environment": {"A": "secret\u{0}", "B": 42, "C": {"secret": 1}}}});
    let found = problems(with(&context));
    assert_eq!(
        found,
        [
            "$.context.environment.A: expected text without NUL, found NUL",
            "$.context.environment.B: expected text, found another kind",
            "$.context.environment.C: expected text, found another kind",
        ]
    );
    for whole in [json!("TOKEN=secret"), json!(["TOKEN=secret"]), json!(42)] {
        assert_eq!(
            problems(with(&json!({"context": {"environment": whole}}))),
            ["$.context.environment: expected an object, found another kind"]
        );
    }
}

#[test]
fn metadata_has_at_most_fifty_keys() {
    let metadata = |count: usize| {
        let keys = (0..count).map(|i| (i.to_string(), json!(i))).collect();
        with(&json!({"metadata": serde_json::Value::Object(keys)}))
    };
    assert!(metadata(50).is_ok());
    assert_eq!(
        problems(metadata(51)),
        ["$.metadata: expected an object of at most 50 keys, found an object"]
    );
}

#[test]
fn a_request_beyond_its_limits_is_not_written() {
    assert_eq!(problems(Request::new("a b", "").to_json()).len(), 2);
}

#[test]
fn objects_too_deep_to_hold_are_refused() {
    let deep = format!("{}{}", r#"{"a":"#.repeat(500), "1".to_owned() + &"}".repeat(500));
    let json =
        format!(r#"{{"task_id": "t", "task": {{"description": "d"}}, "constraints": {deep}}}"#);
    assert!(problems(Request::parse(&json))[0].contains("recursion limit"));
}
