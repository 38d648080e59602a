//! What the agent is asked.

use atp_protocol::{Context, Request};
use atp_suite::{Map, TestCase};
use serde_json::{Number, Value};
use std::time::Duration;

/// Builds the request for one attempt.
///
/// Of the constraints only those that are set go along. A time limit of the command line takes the
/// place of the test's, so that the agent plans with the one that holds.
pub(crate) fn build(
    test: &TestCase,
    task_id: String,
    timeout: Option<Duration>,
    workspace: Option<String>,
) -> Request {
    let mut request = Request::new(task_id, test.task.description.clone());
    request.task.input_data = test.task.input_data.as_ref().map(object);
    request.task.expected_artifacts = test.task.expected_artifacts.clone();
    let limits = &test.constraints;
    let timeout = timeout.map(seconds).or_else(|| limits.timeout_seconds.map(Into::into));
    let tools = limits.allowed_tools.clone().map(Into::into);
    let constraints = [
        ("max_steps", limits.max_steps.map(Into::into)),
        ("max_tokens", limits.max_tokens.map(Into::into)),
        ("timeout_seconds", timeout),
        ("allowed_tools", tools),
        ("budget_usd", limits.budget_usd.map(Into::into)),
    ];
    let set = constraints.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    request.constraints = set.collect();
    let of_workspace = |path| Context { workspace_path: Some(path), ..Context::default() };
    request.context = workspace.map(of_workspace);
    let metadata = [("test_id", &test.id), ("test_name", &test.name)];
    let text = |(key, text): (&str, &String)| (key.to_owned(), Value::String(text.clone()));
    request.metadata = Some(metadata.into_iter().map(text).collect());
    request
}

/// Whole seconds are written as such.
fn seconds(time: Duration) -> Value {
    if time.subsec_nanos() == 0 {
        return time.as_secs().into();
    }
    Number::from_f64(time.as_secs_f64()).map_or(Value::Null, Value::Number)
}

fn object(map: &Map) -> serde_json::Map<String, Value> {
    match serde_json::to_value(map) {
        Ok(Value::Object(object)) => object,
        other => unreachable!("a mapping with text as keys is an object, not {other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use atp_suite::{Environment, load_str};
    use serde_json::json;
    use std::sync::Arc;

    fn test(yaml: &str) -> Arc<TestCase> {
        let text = format!("test_suite: s\ntests:\n  - {{id: t, name: T, {yaml}}}\n");
        Arc::clone(&load_str(&text, &Environment::new()).unwrap().tests[0])
    }

    fn written(yaml: &str, timeout: Option<Duration>, workspace: Option<&str>) -> Value {
        let request = build(&test(yaml), "id".into(), timeout, workspace.map(Into::into));
        serde_json::from_str(&request.to_json().unwrap()).unwrap()
    }

    #[test]
    fn only_what_is_set_goes_along() {
        let request = written("task: {description: D}", None, None);
        let metadata = json!({"test_id": "t", "test_name": "T"});
        assert_eq!((&request["constraints"], &request["metadata"]), (&json!({}), &metadata));
        assert_eq!((&request["context"], &request["task_id"]), (&Value::Null, &json!("id")));
        assert_eq!(request["task"]["description"], "D");
    }

    #[test]
    fn all_that_is_set_goes_along() {
        let yaml = "task: {description: D, input_data: {a: [1, null]}, expected_artifacts: [x.txt]}, \
             constraints: {max_steps: 5, max_tokens: 6, timeout_seconds: 7, allowed_tools: [], budget_usd: 0.5}";
        let request = written(yaml, None, Some("/work"));
        let constraints = json!({
            "max_steps": 5, "max_tokens": 6, "timeout_seconds": 7, "allowed_tools": [], "budget_usd": 0.5,
        });
        assert_eq!(request["constraints"], constraints);
        assert_eq!(request["task"]["input_data"], json!({"a": [1, null]}));
        assert_eq!(request["task"]["expected_artifacts"], json!(["x.txt"]));
        assert_eq!(request["context"]["workspace_path"], "/work");
        let timeout =
            |time| written(yaml, Some(time), None)["constraints"]["timeout_seconds"].clone();
        assert_eq!(timeout(Duration::from_secs(2)), 2);
        assert_eq!(timeout(Duration::from_millis(2500)), 2.5);
    }
}
