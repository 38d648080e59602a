use atp_scoring::{Error, RunSamples, StabilityLevel};
use atp_stats::TQuantile;
use serde_json::json;

#[test]
fn all_lists() {
    let samples = RunSamples::new("t", 2)
        .with_scores(&[80.0, 90.0, 100.0])
        .with_durations(&[1.0, 1.0, 1.0])
        .with_steps(&[3.0, 4.0, 5.0])
        .with_tokens(&[100.0, 200.0, 300.0])
        .with_costs(&[0.12345678, 0.12345678, 0.12345678]);
    let json = serde_json::to_value(samples.statistics().unwrap()).unwrap();
    assert_eq!(json["n_runs"], 3);
    assert_eq!(json["successful_runs"], 2);
    assert_eq!(json["success_rate"], 0.6667);
    assert_eq!(
        json["overall_stability"],
        json!({"level": "moderate", "coefficient_of_variation": 0.1111})
    );
    assert_eq!(
        json["score"],
        json!({
            "mean": 90.0, "std": 10.0, "min": 80.0, "max": 100.0, "median": 90.0,
            "confidence_interval": [65.1566, 114.8434], "n_runs": 3,
            "coefficient_of_variation": 0.1111,
            "stability": {"level": "moderate", "coefficient_of_variation": 0.1111},
        })
    );
    assert_eq!(json["cost_usd"]["mean"], 0.1235);
    assert_eq!(json["duration_seconds"]["std"], 0.0);
    assert_eq!(json["steps"]["median"], 4.0);
    assert_eq!(json["tokens"]["max"], 300.0);
}

#[test]
fn without_scores_nothing_is_known_to_vary() {
    let statistics = RunSamples::new("t", 0).with_durations(&[1.0, 9.0]).statistics().unwrap();
    assert_eq!(statistics.overall_stability().level, StabilityLevel::Stable);
    assert_eq!(statistics.overall_stability().coefficient_of_variation, 0.0);
    let json = serde_json::to_value(&statistics).unwrap();
    assert!(json["score"].is_null() && json["steps"].is_null());
    assert_eq!(json["n_runs"], 2);
}

#[test]
fn x19_an_empty_first_list_is_one_that_was_not_given() {
    let statistics =
        RunSamples::new("t", 1).with_scores(&[]).with_steps(&[4.0]).statistics().unwrap();
    assert_eq!((statistics.n_runs, statistics.score), (1, None));
    assert_eq!(RunSamples::new("t", 0).statistics(), Err(Error::NoSamples));
}

#[test]
fn x19_an_infinite_variation_is_valid_json() {
    let statistics = RunSamples::new("t", 2).with_scores(&[-1.0, 1.0]).statistics().unwrap();
    assert_eq!(statistics.overall_stability().coefficient_of_variation, f64::INFINITY);
    let text = serde_json::to_string(&statistics).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["overall_stability"]["level"], "critical");
    assert!(json["overall_stability"]["coefficient_of_variation"].is_null());
    assert!(json["score"]["coefficient_of_variation"].is_null());
}

#[test]
fn x19_nan_is_an_error_with_its_place() {
    let error = RunSamples::new("t", 0).with_tokens(&[1.0, f64::NAN]).statistics().unwrap_err();
    assert!(matches!(
        error,
        Error::Sample { list: "tokens", source: atp_stats::Error::NotFinite { index: 1, .. } }
    ));
}

#[test]
fn x19_the_confidence_level_counts_where_it_is_asked_for() {
    let width = |quantile| {
        let samples = RunSamples::new("t", 0).with_scores(&[1.0, 2.0, 4.0]).with_quantile(quantile);
        samples.statistics().unwrap().score.unwrap().metric().confidence_interval().width()
    };
    let at = |confidence| width(TQuantile::Exact { confidence });
    assert!(at(0.5) < at(0.9) && at(0.9) < at(0.99));
    assert!((at(0.95) / width(TQuantile::Table95) - 1.0).abs() < 1e-3);
}

#[test]
fn runs_that_gave_no_figures_still_count() {
    let statistics =
        RunSamples::new("t", 1).with_total_runs(4).with_scores(&[50.0]).statistics().unwrap();
    assert_eq!((statistics.n_runs, statistics.success_rate()), (4, 0.25));
    assert_eq!(
        RunSamples::new("t", 3).with_scores(&[1.0]).statistics(),
        Err(Error::TooManySuccesses { successful: 3, total: 1 })
    );
    let none = RunSamples::new("t", 0).with_total_runs(0).with_scores(&[1.0]).statistics();
    assert_eq!(none.unwrap().success_rate(), 0.0);
}
