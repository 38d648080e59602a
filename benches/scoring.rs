//! Scores and statistics beside a pass written by hand that builds the same result.
//!
//! The hand-written pass checks nothing and names no formula, so it is what the machine needs at
//! the least, not a way to write it.

use atp_benches::ThreadTime;
use atp_protocol::Metrics;
use atp_scoring::{Check, Evaluation, Limits, MetricStatistics, Score, Scorer};
use atp_stats::TQuantile;
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;

/// Twenty checks of four evaluators, as the original's benchmark of that name has them.
fn evaluations() -> Vec<Evaluation> {
    let evaluators = ["artifact", "behavior", "llm_judge", "file_contains"];
    let check = |index: u32| {
        let score = Score::new(f64::from(index % 11) / 10.0).expect("tenths up to one");
        Check::new(format!("check_{index}"), !index.is_multiple_of(4), score)
    };
    let evaluation = |(group, name): (u32, &str)| {
        Evaluation::new(name, (group * 5..group * 5 + 5).map(check).collect())
    };
    (0..).zip(evaluators).map(evaluation).collect()
}

struct HandMadeScore {
    _test_id: String,
    _score: f64,
    _passed: bool,
    _components: [HandMadeComponent; 4],
}

struct HandMadeComponent {
    _name: &'static str,
    _value: f64,
    _raw: Option<f64>,
    _weight: f64,
    _weighted: f64,
    _details: [f64; 5],
}

fn component(
    name: &'static str,
    weight: f64,
    value: f64,
    raw: f64,
    details: [f64; 5],
) -> HandMadeComponent {
    HandMadeComponent {
        _name: name,
        _value: value,
        _raw: Some(raw),
        _weight: weight,
        _weighted: value * weight,
        _details: details,
    }
}

fn score_by_hand(evaluations: &[Evaluation], steps: u64, tokens: u64) -> HandMadeScore {
    let (mut sum, mut count, mut passed) = (0.0, 0, 0);
    let (mut artifact_sum, mut artifacts, mut llm_sum, mut llms) = (0.0, 0, 0.0, 0);
    let mut rubric = None;
    for evaluation in evaluations {
        let name = evaluation.evaluator.as_str();
        for check in &evaluation.checks {
            let score = check.score.value();
            sum += score;
            count += 1;
            passed += usize::from(check.passed);
            match name {
                "artifact" | "artifact_evaluator" => {
                    artifact_sum += score;
                    artifacts += 1;
                }
                "llm_judge" | "llm_evaluator" => {
                    llm_sum += score;
                    llms += 1;
                }
                "agent_eval_case" if check.name == "rubric" => rubric = Some(score * 100.0),
                _ => {}
            }
        }
    }
    let critical_failure =
        evaluations.iter().any(|found| found.critical && !found.checks.iter().all(|c| c.passed));
    let quality = sum / f64::from(count);
    let complete = passed as f64 / f64::from(count);
    let efficiency = (1.0 - (steps as f64 - 1.0) / 49.0).clamp(0.0, 1.0);
    let cost = (1.0 - (1.0 + tokens as f64 / 1000.0).ln() / 2.0_f64.ln()).clamp(0.0, 1.0);
    let total = quality * 0.4 + complete * 0.3 + efficiency * 0.2 + cost * 0.1;
    let (artifact_mean, llm_mean) =
        (artifact_sum / f64::from(artifacts), llm_sum / f64::from(llms));
    let details =
        [f64::from(count), f64::from(artifacts), artifact_mean, f64::from(llms), llm_mean];
    HandMadeScore {
        _test_id: "test-001".to_owned(),
        _score: if critical_failure { 0.0 } else { rubric.unwrap_or((total * 1e4).round() / 1e2) },
        _passed: passed == usize::try_from(count).unwrap_or(0),
        _components: [
            component("quality", 0.4, quality, quality, details),
            component("completeness", 0.3, complete, passed as f64, [0.0; 5]),
            component("efficiency", 0.2, efficiency, steps as f64, [0.0; 5]),
            component("cost", 0.1, cost, tokens as f64, [0.0; 5]),
        ],
    }
}

struct HandMadeStatistics {
    _n: usize,
    _mean: f64,
    _std_dev: f64,
    _min: f64,
    _max: f64,
    _median: f64,
    _interval: (f64, f64),
    _variation: f64,
}

fn statistics_by_hand(values: &[f64]) -> HandMadeStatistics {
    let n = values.len();
    let mean = values.iter().sum::<f64>() / n as f64;
    let squares = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>();
    let std_dev = (squares / (n - 1) as f64).sqrt();
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let margin = 1.96 * std_dev / (n as f64).sqrt();
    HandMadeStatistics {
        _n: n,
        _mean: mean,
        _std_dev: std_dev,
        _min: sorted[0],
        _max: sorted[n - 1],
        _median: f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
        _interval: (mean - margin, mean + margin),
        _variation: (std_dev / mean).abs(),
    }
}

fn scores(criterion: &mut Criterion<ThreadTime>) {
    let evaluations = evaluations();
    let scorer = Scorer::new();
    let limits = Limits::default().with_max_steps(50).with_max_tokens(1_000);
    let metrics = Metrics { total_steps: Some(25), total_tokens: Some(500), ..Metrics::default() };
    let mut group = criterion.benchmark_group("score_aggregation_20");
    group.bench_function("atp_scoring", |bencher| {
        bencher.iter(|| {
            scorer.score("test-001", black_box(&evaluations), Some(black_box(&metrics)), &limits)
        });
    });
    group.bench_function("by_hand", |bencher| {
        bencher.iter(|| score_by_hand(black_box(&evaluations), black_box(25), black_box(500)));
    });
    group.finish();
}

fn statistics(criterion: &mut Criterion<ThreadTime>) {
    // A fixed sequence without any order, from 0 to 100.
    let values: Vec<f64> =
        (0..100_u64).map(|i| ((i * 2_654_435_761) % 10_007) as f64 / 100.07).collect();
    let mut group = criterion.benchmark_group("statistics_calculation_100");
    group.bench_function("atp_scoring", |bencher| {
        bencher.iter(|| {
            let statistics = MetricStatistics::new(black_box(&values), TQuantile::Table95);
            statistics.map(|statistics| (statistics, statistics.coefficient_of_variation()))
        });
    });
    group.bench_function("by_hand", |bencher| {
        bencher.iter(|| statistics_by_hand(black_box(&values)));
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(ThreadTime);
    targets = scores, statistics
}
criterion_main!(benches);
