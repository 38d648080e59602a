//! What the caches cost: a hit against one `stat`, two threads against one, a cold load against a
//! bare parse, an instance against the serialising of its configuration.
//!
//! All in thread CPU time, so that other programs on the machine do not count. Contention still
//! does: a cache line that another core holds costs cycles.

use atp_benches::ThreadTime;
use atp_cache::{CacheConfig, CachedTestLoader, InstanceCache, TestSuiteCache};
use atp_suite::Environment;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use futures_util::FutureExt;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::fmt::Write;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

/// Returns a suite of `tests` tests, about 320 bytes each, without variables.
fn suite(tests: usize) -> String {
    let mut yaml = "test_suite: benchmark\nversion: \"1.0\"\ndefaults:\n  runs_per_test: 1\n  \
                    timeout_seconds: 60\ntests:\n"
        .to_owned();
    for n in 0..tests {
        write!(
            yaml,
            "  - id: test-{n:03}\n    name: Test number {n}\n    tags: [smoke, batch-{}]\n    \
             task:\n      description: Write a report about item {n} and save it\n      \
             expected_artifacts: [report-{n}.md]\n    constraints:\n      max_steps: 10\n      \
             timeout_seconds: 60\n    assertions:\n      - type: artifact_exists\n        \
             config:\n          path: report-{n}.md\n",
            n % 7
        )
        .expect("a string takes all");
    }
    yaml
}

/// Writes `count` suites whose files have rested, and loads each once.
fn loaded(count: usize) -> (TempDir, CachedTestLoader, Vec<PathBuf>) {
    let dir = tempfile::tempdir().expect("a folder");
    let cache = TestSuiteCache::new(CacheConfig::new()).expect("the defaults are valid");
    let loader = CachedTestLoader::with_cache(cache);
    let paths: Vec<_> = (0..count).map(|n| dir.path().join(format!("suite-{n:03}.yaml"))).collect();
    for path in &paths {
        fs::write(path, suite(10)).expect("a file");
        loader.load_file(path).expect("a suite");
    }
    // A file that was just written is compared by contents; that ends after a tick of its clock.
    thread::sleep(Duration::from_millis(60));
    paths.iter().for_each(|path| drop(loader.load_file(path).expect("a suite")));
    (dir, loader, paths)
}

fn hit(c: &mut Criterion<ThreadTime>) {
    let (_dir, loader, paths) = loaded(1);
    let path: &Path = &paths[0];
    let mut group = c.benchmark_group("cache_hit");
    group.bench_function("load_file", |b| b.iter(|| loader.load_file(black_box(path))));
    group.bench_function("fs_metadata", |b| b.iter(|| fs::metadata(black_box(path))));
    group.finish();
}

fn threads(c: &mut Criterion<ThreadTime>) {
    let (_dir, loader, paths) = loaded(100);
    let mut group = c.benchmark_group("cache_hit_100_files");
    for (name, threads) in [("one_thread", 1), ("two_threads", 2)] {
        group.bench_function(name, |b| {
            b.iter_custom(|hits| {
                let start = Barrier::new(threads);
                // Each thread makes all the hits, from a file of its own on; the mean is one's.
                let run = |thread: usize| {
                    start.wait();
                    let begun = ThreadTime::now();
                    for n in 0..hits as usize {
                        black_box(loader.load_file(&paths[(n + thread * 37) % 100]))
                            .expect("a hit");
                    }
                    ThreadTime::now().saturating_sub(begun)
                };
                let total: Duration = thread::scope(|scope| {
                    let run = &run;
                    let spawned: Vec<_> =
                        (0..threads).map(|thread| scope.spawn(move || run(thread))).collect();
                    spawned.into_iter().map(|thread| thread.join().expect("no panic")).sum()
                });
                total / threads as u32
            })
        });
    }
    group.finish();
}

fn cold(c: &mut Criterion<ThreadTime>) {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("suite.yaml");
    let yaml = suite(100);
    fs::write(&path, &yaml).expect("a file");
    let env = Environment::new();
    let mut group = c.benchmark_group("cache_cold_100_tests");
    group.bench_function("test_suite_cache", |b| {
        let empty = || TestSuiteCache::new(CacheConfig::new()).expect("the defaults are valid");
        let load = |cache: TestSuiteCache| (cache.load(&path, &env).expect("a suite"), cache);
        b.iter_batched(empty, load, BatchSize::SmallInput);
    });
    group.bench_function("serde_yaml_value", |b| {
        let parse = |()| serde_yaml::from_str::<serde_yaml::Value>(&yaml).expect("YAML");
        b.iter_batched(|| (), parse, BatchSize::SmallInput);
    });
    group.finish();
}

fn instance(c: &mut Criterion<ThreadTime>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let _entered = runtime.enter();
    let cache: InstanceCache<u32> =
        InstanceCache::builder(CacheConfig::new()).build().expect("the defaults are valid");
    let config: Value = json!({
        "endpoint": "http://localhost:8000/v1/agents/run",
        "timeout_seconds": 30,
        "retry_count": 3,
        "retry_delay_seconds": 0.5,
        "verify_ssl": true,
        "allow_internal": false,
        "stream_endpoint": "http://localhost:8000/v1/agents/stream",
        "health_endpoint": "http://localhost:8000/health",
        "headers": {"authorization": "Bearer 0123456789abcdef"},
        "model": "large-2",
    });
    let create = || async { Ok::<u32, Infallible>(1) };
    let created = runtime.block_on(cache.get_or_create("http", &config, create));
    assert!(created.is_ok());
    let mut group = c.benchmark_group("instance_hit_10_keys");
    group.bench_function("get_or_create", |b| {
        b.iter(|| cache.get_or_create("http", black_box(&config), create).now_or_never());
    });
    group.bench_function("serde_json_to_string", |b| {
        b.iter(|| serde_json::to_string(black_box(&config)));
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(ThreadTime);
    targets = hit, threads, cold, instance
}
criterion_main!(benches);
