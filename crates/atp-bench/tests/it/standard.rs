//! The standard benchmarks, together and one at a time in the worker.

use atp_bench::{
    Benchmark, async_benchmarks, run_standard_benchmarks, standard_benchmarks,
    worker::{Calibrated, Counted, Listed, Sampled},
};
use serde::de::DeserializeOwned;
use std::process::{Command, Output};

const STANDARD: [&str; 11] = [
    "test_suite_load_uncached",
    "test_suite_load_cached",
    "large_suite_load",
    "suite_load_1000",
    "score_aggregation",
    "statistics_calculation",
    "event_parsing",
    "profiler_overhead_enabled",
    "profiler_overhead_disabled",
    "instance_cache_hit",
    "lazy_get",
];
const ASYNC: [&str; 5] = ["async_profiler_overhead", "gather", "limiter", "pool", "retry"];

fn once() -> Benchmark {
    Benchmark::new().with_warmup_iterations(0).with_max_iterations(1)
}

#[test]
fn be_12_the_standard_suite_has_its_benchmarks() {
    let suite = run_standard_benchmarks();
    let names: Vec<&str> = suite.results.iter().map(|result| result.name.as_str()).collect();
    // No tracking allocator is installed here, so nothing claims to measure one.
    assert_eq!(names, STANDARD);
    assert_eq!(suite.name, "ATP Standard Benchmarks");
    assert!(suite.duration_seconds() > 0.0 && suite.end_time.is_some());
    assert!(suite.results.iter().all(|result| result.allocations.is_none()));
    assert!(!suite.format_report().contains("0.00"), "{}", suite.format_report());
}

#[tokio::test(flavor = "current_thread")]
async fn the_async_suite_has_its_benchmarks() {
    let suite = async_benchmarks().run(&once()).await;
    let names: Vec<&str> = suite.results.iter().map(|result| result.name.as_str()).collect();
    assert_eq!((suite.name.as_str(), names.as_slice()), ("ATP Async Benchmarks", &ASYNC[..]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_standard_suite_may_run_on_a_runtime() {
    let suite = standard_benchmarks().run(&once()).await;
    assert_eq!(suite.results.len(), STANDARD.len());
}

fn worker(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_atp-bench-worker"))
        .args(words)
        .output()
        .expect("the worker starts")
}

fn answer<T: DeserializeOwned>(words: &[&str]) -> T {
    let output = worker(words);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("an answer in JSON")
}

#[test]
fn the_worker_lists_every_benchmark_once() {
    let list: Vec<Listed> = answer(&["--list", "--json"]);
    let mut names: Vec<&str> = list.iter().map(|one| one.name.as_str()).collect();
    let mut expected: Vec<&str> = STANDARD.into_iter().chain(ASYNC).collect();
    expected.push("tracking_allocator");
    names.sort_unstable();
    expected.sort_unstable();
    assert_eq!(names, expected);
    let concurrent = list.iter().filter(|one| one.concurrent).count();
    assert_eq!(concurrent, ASYNC.len());
}

#[test]
fn the_worker_samples_one_benchmark() {
    for name in ["lazy_get", "retry"] {
        let calibrated: Calibrated = answer(&["--exact", name, "--calibrate", "--json"]);
        assert!(calibrated.iterations > 1);
        let sampled: Sampled =
            answer(&["--exact", name, "--iters", "100", "--samples", "3", "--json"]);
        assert_eq!((sampled.name.as_str(), sampled.samples_ns.len()), (name, 3));
    }
}

#[test]
fn the_worker_counts_allocations_to_the_last_one() {
    let counted = |name| -> Counted { answer(&["--exact", name, "--count", "16", "--json"]) };
    let boxes = counted("tracking_allocator");
    assert_eq!((boxes.allocations, boxes.allocated_bytes), (Some(16), Some(16 * 64)));
    assert_eq!(counted("lazy_get").allocations, Some(0));
    let gathered = counted("gather");
    assert_eq!(gathered, counted("gather"));
    assert!(gathered.allocations > Some(0));
}

#[test]
fn the_worker_refuses_what_it_does_not_have() {
    let output = worker(&["--exact", "nothing", "--calibrate"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no benchmark named \"nothing\""));
}
