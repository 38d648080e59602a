use atp_protocol::Metrics;
use atp_scoring::{Check, Error, Evaluation, Limits, Score, Scorer, Weights};

fn check(name: &str, passed: bool, score: f64) -> Check {
    Check::new(name, passed, Score::new(score).unwrap())
}

fn of(evaluations: &[Evaluation]) -> (f64, bool) {
    let score = Scorer::new().score("t", evaluations, None, &Limits::default());
    (score.score, score.passed)
}

#[test]
fn x20_no_evaluation_scores_60_and_is_told_apart() {
    let score = Scorer::new().score("t", &[], None, &Limits::default());
    assert_eq!((score.score, score.passed, score.is_unasserted()), (60.0, true, true));
    let empty = Evaluation::new("artifact", vec![]);
    assert!((empty.passed(), empty.score()) == (true, 1.0));
    let score = Scorer::new().score("t", &[empty], None, &Limits::default());
    assert_eq!((score.score, score.is_unasserted()), (60.0, true));
}

#[test]
fn tokens_and_steps_at_known_points() {
    let metrics = Metrics { total_tokens: Some(500), total_steps: Some(25), ..Metrics::default() };
    let limits = Limits::default().with_max_tokens(1_000).with_max_steps(50);
    let breakdown = Scorer::new().score("t", &[], Some(&metrics), &limits).breakdown;
    assert!((breakdown.cost.normalized_value - 0.415_037_499).abs() < 1e-9);
    assert!((breakdown.efficiency.normalized_value - 0.510_204_081).abs() < 1e-9);
}

#[test]
fn extremes_stay_between_0_and_100() {
    let metrics = Metrics {
        total_tokens: Some(u64::MAX),
        total_steps: Some(u64::MAX),
        cost_usd: Some(f64::MAX),
        ..Metrics::default()
    };
    for limits in [
        Limits::default().with_max_steps(1).with_max_tokens(1).with_max_cost_usd(f64::MIN_POSITIVE),
        Limits::default().with_max_tokens(u64::MAX).with_max_steps(u64::MAX),
        Limits::default().with_max_cost_usd(f64::INFINITY),
    ] {
        let score = Scorer::new().score("t", &[], Some(&metrics), &limits);
        assert!((0.0..=100.0).contains(&score.score), "{score:?}");
    }
}

#[test]
fn a_cost_that_is_no_number_is_not_known() {
    for cost in [f64::NAN, f64::INFINITY] {
        let metrics = Metrics { cost_usd: Some(cost), ..Metrics::default() };
        let limits = Limits::default().with_max_cost_usd(1.0);
        let score = Scorer::new().score("t", &[], Some(&metrics), &limits);
        assert_eq!((score.score, score.breakdown.cost.raw_value), (60.0, None));
    }
}

#[test]
fn a_critical_failure_is_zero_and_a_plain_one_only_lowers() {
    let bad = Evaluation::new("behavior", vec![check("a", false, 0.0)]);
    let good = Evaluation::new("behavior", vec![check("b", true, 1.0)]).critical();
    assert_eq!(of(&[bad.clone(), good.clone()]), (65.0, false));
    assert_eq!(of(&[bad.critical(), good]), (0.0, false));
}

#[test]
fn a_rubric_stands_for_the_score() {
    let case = |checks| Evaluation::new("agent_eval_case", checks);
    let (low, high) = (check("rubric", true, 0.25), check("rubric", true, 0.75));
    let critical = check("critical_check", true, 0.1);
    assert_eq!(of(&[case(vec![low.clone(), high.clone()])]).0, 75.0);
    assert_eq!(of(&[case(vec![high.clone()]), case(vec![low.clone()])]).0, 25.0);
    assert_eq!(of(&[case(vec![critical.clone()])]).0, 100.0);
    assert_eq!(of(&[case(vec![high.clone()]), case(vec![critical.clone()])]).0, 75.0);
    // Only this evaluator has rubrics.
    assert_ne!(of(&[Evaluation::new("llm_judge", vec![low])]).0, 25.0);
    // A critical failure comes first.
    let failed = case(vec![high, check("critical_check", false, 0.0)]).critical();
    assert_eq!(of(&[failed]).0, 0.0);
}

#[test]
fn scores_outside_their_range_do_not_exist() {
    for score in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        assert!(matches!(Score::new(score), Err(Error::Score(_))), "{score}");
    }
    let check: Result<Check, _> =
        serde_json::from_str(r#"{"name": "a", "passed": true, "score": 2}"#);
    assert!(check.unwrap_err().to_string().contains("from 0 to 1, not 2"));
}

#[test]
fn a_report_has_the_shape_of_the_original() {
    let checks = vec![check("a", true, 0.5)];
    let score =
        Scorer::new().score("t", &[Evaluation::new("artifact", checks)], None, &Limits::default());
    let report = serde_json::to_value(score.breakdown.report()).unwrap();
    assert_eq!(report["final_score"], 80.0);
    let quality = &report["components"]["quality"];
    assert_eq!(quality["normalized"], 0.5);
    assert_eq!(quality["weight"], 0.4);
    assert_eq!(quality["weighted"], 0.2);
    assert_eq!(quality["details"]["artifact_checks"], 1);
    let components: Vec<_> = report["components"].as_object().unwrap().keys().collect();
    assert_eq!(components, ["completeness", "cost", "efficiency", "quality"]);
}

#[test]
fn weights_that_sum_to_a_little_more_than_1_score_no_more_than_100() {
    let scorer = Scorer::new().with_weights(Weights::new(0.4009, 0.3, 0.2, 0.1).unwrap());
    let all_well = [Evaluation::new("artifact", vec![check("a", true, 1.0)])];
    let score = scorer.score("t", &all_well, None, &Limits::default());
    assert_eq!((score.score, score.breakdown.final_score()), (100.0, 100.0));
}

#[test]
fn an_evaluation_is_written_with_its_verdict() {
    let evaluation = Evaluation::new("artifact", vec![check("a", false, 0.5).with_message("no")]);
    let json = serde_json::to_string(&evaluation).unwrap();
    assert_eq!(
        json,
        r#"{"evaluator":"artifact","passed":false,"score":0.5,"critical":false,"checks":[{"name":"a","passed":false,"score":0.5,"message":"no","details":null}]}"#
    );
    assert_eq!(serde_json::from_str::<Evaluation>(&json).unwrap(), evaluation);
}

#[test]
fn a_suites_weights_and_limits_are_taken_over() {
    let yaml = "
test_suite: s
tests:
  - id: a
    name: A
    task: {description: d}
    constraints: {max_steps: 50, max_tokens: 1000, budget_usd: 0.5}
    scoring: {quality_weight: 1.0}
";
    let suite = atp_suite::load_str(yaml, &atp_suite::Environment::new()).unwrap();
    let test = &suite.tests[0];
    let limits = Limits::from(&test.constraints);
    assert_eq!(
        limits,
        Limits::default().with_max_steps(50).with_max_tokens(1_000).with_max_cost_usd(0.5)
    );
    // X1: the file's one weight of 1 and the defaults of the others sum to 1.6.
    let own = &test.scoring;
    assert_eq!(Weights::try_from(own), Err(Error::WeightSum(1.6)));
}
