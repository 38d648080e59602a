//! Agreement with recorded results: a small corpus of the project's own, and where it is present
//! the large one that the original platform produced.

use atp_protocol::Response;
use atp_scoring::{Evaluation, Limits, MetricStatistics, Normalization, Scorer, Weights};
use atp_stats::TQuantile;
use serde_json::{Value, json};

/// Numbers agree within this, except for scores, which are rounded alike.
const TOLERANCE: f64 = 1e-9;

fn limits(json: &Value) -> Limits {
    let mut limits = Limits::default();
    for (name, value) in json.as_object().unwrap() {
        limits = match name.as_str() {
            "max_steps" => limits.with_max_steps(value.as_u64().unwrap()),
            "optimal_steps" => limits.with_optimal_steps(value.as_u64().unwrap()),
            "max_tokens" => limits.with_max_tokens(value.as_u64().unwrap()),
            "max_cost_usd" => limits.with_max_cost_usd(value.as_f64().unwrap()),
            other => panic!("unknown limit {other}"),
        };
    }
    limits
}

/// Where two values differ, numbers by more than the tolerance.
fn difference(path: &str, ours: &Value, theirs: &Value) -> Option<String> {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            if !ours.keys().eq(theirs.keys()) {
                let (ours, theirs): (Vec<_>, Vec<_>) =
                    (ours.keys().collect(), theirs.keys().collect());
                return Some(format!("{path}: keys {ours:?}, expected {theirs:?}"));
            }
            ours.iter()
                .find_map(|(key, value)| difference(&format!("{path}.{key}"), value, &theirs[key]))
        }
        (Value::Number(ours), Value::Number(theirs)) => {
            let (ours, theirs) = (ours.as_f64()?, theirs.as_f64()?);
            let agree = (ours - theirs).abs() <= TOLERANCE * theirs.abs().max(1.0);
            (!agree).then(|| format!("{path}: {ours}, expected {theirs}"))
        }
        _ => (ours != theirs).then(|| format!("{path}: {ours}, expected {theirs}")),
    }
}

fn check_score(case: &Value) -> Result<(), String> {
    let expected = &case["expected"];
    let normalization = Normalization::new(limits(&case["normalization"]));
    let weights = match case["weights"].as_array() {
        None => Ok(Weights::default()),
        Some(given) => {
            let given: Vec<f64> = given.iter().map(|weight| weight.as_f64().unwrap()).collect();
            Weights::new(given[0], given[1], given[2], given[3])
        }
    };
    let (normalization, weights) = match (normalization, weights) {
        (Ok(normalization), Ok(weights)) => (normalization, weights),
        (Err(error), _) | (_, Err(error)) => {
            return if expected.get("error").is_some() { Ok(()) } else { Err(error.to_string()) };
        }
    };
    if let Some(error) = expected.get("error") {
        return Err(format!("accepted, expected {error}"));
    }
    let response = match &case["response"] {
        Value::Null => None,
        response => {
            Some(Response::parse(&response.to_string()).map_err(|error| error.to_string())?)
        }
    };
    let metrics = response.and_then(|response| response.metrics);
    let evaluations: Vec<Evaluation> =
        serde_json::from_value(case["evaluations"].clone()).map_err(|error| error.to_string())?;
    let scorer = Scorer::new().with_weights(weights).with_normalization(normalization);
    let score = scorer.score("t", &evaluations, metrics.as_ref(), &limits(&case["limits"]));
    match difference("$", &serde_json::to_value(&score).unwrap(), expected) {
        Some(difference) => Err(difference),
        None => Ok(()),
    }
}

fn check_statistics(case: &Value) -> Result<(), String> {
    let values: Vec<f64> = serde_json::from_value(case["values"].clone()).unwrap();
    let statistics = MetricStatistics::new(&values, TQuantile::default()).unwrap();
    let summary = statistics.summary();
    let interval = statistics.confidence_interval();
    let ours = json!({
        "coefficient_of_variation": statistics.coefficient_of_variation(),
        "confidence_interval": [interval.lower, interval.upper],
        "max": summary.max,
        "mean": summary.mean,
        "median": summary.median,
        "min": summary.min,
        "n_runs": summary.n,
        "std": summary.std_dev,
    });
    let mut expected = case["expected"].clone();
    // Arrays are compared as they stand, so the interval's ends get names.
    let ends = |value: &Value| json!({"lower": value[0], "upper": value[1]});
    expected["confidence_interval"] = ends(&expected["confidence_interval"]);
    let mut ours = ours;
    ours["confidence_interval"] = ends(&ours["confidence_interval"]);
    difference("$", &ours, &expected).map_or(Ok(()), Err)
}

/// Checks every case and returns how many there were.
fn check_all(cases: &Value, check: fn(&Value) -> Result<(), String>) -> usize {
    let cases = cases.as_array().unwrap();
    let failures: Vec<String> = cases
        .iter()
        .enumerate()
        .filter_map(|(index, case)| check(case).err().map(|error| format!("case {index}: {error}")))
        .collect();
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), cases.len(), failures.join("\n"));
    cases.len()
}

#[test]
fn the_projects_own_cases_agree() {
    let corpus: Value = serde_json::from_str(include_str!("corpus.json")).unwrap();
    assert_eq!(check_all(&corpus["scoring"], check_score), 12);
    assert_eq!(check_all(&corpus["statistics"], check_statistics), 5);
}

#[test]
fn the_original_platforms_cases_agree() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/scoring/corpus.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: {path} is not there");
        return;
    };
    let corpus: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(check_all(&corpus["scoring"], check_score), 150);
    assert_eq!(check_all(&corpus["statistics"], check_statistics), 80);
}
