//! Suites, scores, statistics and events.

use super::inputs::{EVENT, SuiteFile};
use crate::{result::Throughput, set::BenchmarkSet};
use atp_cache::{CacheConfig, CachedTestLoader, TestSuiteCache};
use atp_protocol::{Event, Metrics, Timestamp};
use atp_scoring::{Check, Evaluation, Limits, MetricStatistics, Score, Scorer};
use atp_stats::TQuantile;
use atp_suite::{Environment, load_file};
use std::{hint::black_box, thread, time::Duration};

/// A file that was just written is compared by its content; that ends with a tick of the file
/// system's clock.
const REST: Duration = Duration::from_millis(50);

pub(super) fn add_to(set: BenchmarkSet) -> BenchmarkSet {
    set.with("test_suite_load_uncached", elements(10), || loading(10))
        .with("test_suite_load_cached", None, cached_loading)
        .with("large_suite_load", elements(100), || loading(100))
        .with("suite_load_1000", elements(1_000), || loading(1_000))
        .with("score_aggregation", elements(20), scoring)
        .with("statistics_calculation", elements(100), statistics)
        .with("event_parsing", Some(Throughput::Bytes(EVENT.len() as u64)), event_parsing)
}

fn elements(number: u64) -> Option<Throughput> {
    Some(Throughput::Elements(number))
}

fn loading(tests: usize) -> impl FnMut() -> usize {
    let file = SuiteFile::with(tests);
    let environment = Environment::new();
    move || {
        let suite =
            load_file(file.path(), &environment).expect("the suite was written to be valid");
        black_box(suite).tests.len()
    }
}

fn cached_loading() -> impl FnMut() -> usize {
    let file = SuiteFile::with(10);
    let cache = TestSuiteCache::new(CacheConfig::new()).expect("the defaults are valid");
    let loader = CachedTestLoader::with_cache(cache);
    let load = move || {
        loader.load_file(file.path()).expect("the suite was written to be valid").tests.len()
    };
    load();
    thread::sleep(REST);
    load
}

fn scoring() -> impl FnMut() -> atp_scoring::TestScore {
    let check = |n: u32| {
        let score = Score::new(f64::from(n % 11) / 10.0).expect("tenths up to one");
        Check::new(format!("check_{n}"), !n.is_multiple_of(4), score)
    };
    let evaluation = |(group, name): (u32, &str)| {
        Evaluation::new(name, (group * 5..group * 5 + 5).map(check).collect())
    };
    let evaluators = ["artifact", "behavior", "llm_judge", "file_contains"];
    let evaluations: Vec<Evaluation> = (0..).zip(evaluators).map(evaluation).collect();
    let metrics =
        Metrics { total_steps: Some(12), total_tokens: Some(4_200), ..Metrics::default() };
    let limits = Limits::default().with_max_steps(20).with_max_tokens(10_000);
    let scorer = Scorer::new();
    move || scorer.score("benchmark", black_box(&evaluations), Some(&metrics), &limits)
}

fn statistics() -> impl FnMut() -> MetricStatistics {
    let values: Vec<f64> = (0..100).map(|n| f64::from(n * 37 % 100)).collect();
    move || MetricStatistics::new(black_box(&values), TQuantile::Table95).expect("finite values")
}

fn event_parsing() -> impl FnMut() -> u64 {
    let received = Timestamp::now();
    move || Event::parse(black_box(EVENT), received).expect("a valid event").sequence
}
