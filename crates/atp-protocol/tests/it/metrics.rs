use crate::problems;
use atp_protocol::{Error, Metrics, Response};

fn metrics(json: &str) -> Result<Metrics, Error> {
    Response::parse(&format!(r#"{{"task_id": "t", "status": "completed", "metrics": {json}}}"#))
        .map(|response| response.metrics.unwrap())
}

#[test]
fn all_of_them() {
    let all = r#"{"total_tokens": 1, "input_tokens": 2, "output_tokens": 3,
        "cache_creation_tokens": 4, "cache_read_tokens": 5, "total_steps": 6, "tool_calls": 7,
        "llm_calls": 8, "wall_time_seconds": 9, "cost_usd": 0.10, "more": -1}"#;
    assert_eq!(
        metrics(all).unwrap(),
        Metrics {
            total_tokens: Some(1),
            input_tokens: Some(2),
            output_tokens: Some(3),
            cache_creation_tokens: Some(4),
            cache_read_tokens: Some(5),
            total_steps: Some(6),
            tool_calls: Some(7),
            llm_calls: Some(8),
            wall_time_seconds: Some(9.0),
            cost_usd: Some(0.1),
        }
    );
    assert_eq!(metrics("{}").unwrap(), Metrics::default());
}

#[test]
fn integers_in_their_forms() {
    for text in ["5", "\"5\"", "\" 5 \"", "5.0", "\"5.0\"", "5e0", "\"+5\""] {
        let tokens = metrics(&format!(r#"{{"total_tokens": {text}}}"#)).unwrap().total_tokens;
        assert_eq!(tokens, Some(5), "{text}");
    }
    let largest = metrics(r#"{"total_tokens": 18446744073709551615}"#).unwrap();
    assert_eq!(largest.total_tokens, Some(u64::MAX));
}

#[test]
fn what_is_no_integer_from_0() {
    for text in [
        "5.5",
        "-1",
        "\"-1\"",
        "\"five\"",
        "\"\"",
        "true",
        "[]",
        "{}",
        "\"NaN\"",
        "\"inf\"",
        "18446744073709551616",
        "1e300",
        "-0.5",
        "\"0x10\"",
    ] {
        let found = problems(metrics(&format!(r#"{{"total_tokens": {text}}}"#)));
        assert_eq!(found.len(), 1, "{text}");
        assert!(found[0].starts_with("$.metrics.total_tokens: expected an integer from 0, found "));
    }
}

#[test]
fn amounts_in_their_forms() {
    for text in ["2.5", "\"2.5\"", "25e-1", "\" 2.50 \""] {
        let cost = metrics(&format!(r#"{{"cost_usd": {text}}}"#)).unwrap().cost_usd;
        assert_eq!(cost, Some(2.5), "{text}");
    }
}

#[test]
fn what_is_no_finite_amount() {
    for text in
        ["-0.1", "\"NaN\"", "\"nan\"", "\"inf\"", "\"Infinity\"", "1e999", "\"1e999\"", "true"]
    {
        let found = problems(metrics(&format!(r#"{{"cost_usd": {text}}}"#)));
        assert!(found[0].starts_with("$.metrics.cost_usd: expected a finite number"), "{text}");
    }
}
