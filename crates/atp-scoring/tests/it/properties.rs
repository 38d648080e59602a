use atp_protocol::Metrics;
use atp_scoring::{Check, Evaluation, Limits, MetricStatistics, Score, Scorer, Weights};
use atp_stats::TQuantile;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

fn evaluation() -> impl Strategy<Value = Evaluation> {
    let names = ["rubric", "critical_check", "other"];
    let check =
        (0..3_usize, any::<bool>(), 0.0..=1.0_f64).prop_map(move |(name, passed, score)| {
            Check::new(names[name], passed, Score::new(score).unwrap())
        });
    let evaluators = ["artifact", "llm_judge", "agent_eval_case", "behavior"];
    (0..4_usize, vec(check, 0..6), any::<bool>()).prop_map(move |(name, checks, critical)| {
        let evaluation = Evaluation::new(evaluators[name], checks);
        if critical { evaluation.critical() } else { evaluation }
    })
}

prop_compose! {
    fn metrics()(
        total_steps in option::of(0..100_u64), total_tokens in option::of(0..5_000_u64),
        cost_usd in option::of(0.0..2.0_f64),
    ) -> Metrics {
        Metrics { total_steps, total_tokens, cost_usd, ..Metrics::default() }
    }
}

prop_compose! {
    fn limits()(steps in 0..60_u64, optimal in 0..60_u64, tokens in 0..5_000_u64, cost in -0.5..2.0_f64) -> Limits {
        Limits::default().with_max_steps(steps).with_optimal_steps(optimal)
            .with_max_tokens(tokens).with_max_cost_usd(cost)
    }
}

proptest! {
    #[test]
    fn a_score_is_from_0_to_100_and_so_are_its_parts(
        evaluations in vec(evaluation(), 0..6), metrics in option::of(metrics()), limits in limits(),
    ) {
        let score = Scorer::new().score("t", &evaluations, metrics.as_ref(), &limits);
        prop_assert!((0.0..=100.0).contains(&score.score));
        let breakdown = score.breakdown;
        for value in [
            breakdown.quality.normalized_value, breakdown.completeness.normalized_value,
            breakdown.efficiency.normalized_value, breakdown.cost.normalized_value,
        ] {
            prop_assert!((0.0..=1.0).contains(&value), "{:?}", breakdown);
        }
        prop_assert_eq!(score.passed, evaluations.iter().all(Evaluation::passed));
        if evaluations.iter().any(|one| one.critical && !one.passed()) {
            prop_assert_eq!(score.score, 0.0);
        }
    }

    #[test]
    fn fewer_steps_and_tokens_never_score_less(
        metrics in metrics(), limits in limits(), fewer in 0..50_u64,
    ) {
        let less = Metrics {
            total_steps: metrics.total_steps.map(|steps| steps.saturating_sub(fewer)),
            total_tokens: metrics.total_tokens.map(|tokens| tokens.saturating_sub(fewer)),
            ..metrics.clone()
        };
        let score = |metrics| Scorer::new().score("t", &[], Some(metrics), &limits).score;
        prop_assert!(score(&less) >= score(&metrics));
    }

    #[test]
    fn with_one_weight_the_score_is_that_component(evaluations in vec(evaluation(), 0..6)) {
        let scorer = Scorer::new().with_weights(Weights::new(0.0, 1.0, 0.0, 0.0).unwrap());
        let breakdown = scorer.score("t", &evaluations, None, &Limits::default()).breakdown;
        let expected = breakdown.completeness.normalized_value * 100.0;
        prop_assert!((breakdown.final_score() - expected).abs() <= 0.005 + 1e-9);
    }

    #[test]
    fn statistics_are_always_valid_json(values in vec(prop::num::f64::NORMAL | prop::num::f64::ZERO, 1..30)) {
        let statistics = MetricStatistics::new(&values, TQuantile::Table95).unwrap();
        let text = serde_json::to_string(&statistics).unwrap();
        prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
    }
}
