//! Loading a suite, beside reading the same file into a bare YAML value.
//!
//! The bare value is the floor: it is what the YAML library costs by itself, without
//! variables, schema, rules, defaults or a typed model.

use std::hint::black_box;
use std::path::{Path, PathBuf};

use atp_benches::ThreadTime;
use atp_suite::{Environment, load_file};
use criterion::{Criterion, criterion_group, criterion_main};

type Bench = Criterion<ThreadTime>;

criterion_group! {
    name = suite;
    config = Criterion::default().with_measurement(ThreadTime);
    targets = load, per_test
}
criterion_main!(suite);

fn load(c: &mut Bench) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for tests in [10, 100] {
        let file = write_suite(directory.path(), tests);
        let env = Environment::new();
        let mut group = c.benchmark_group(format!("suite_load_{tests}"));
        group.bench_function("atp_suite", |b| b.iter(|| load_file(black_box(&file), &env)));
        group.bench_function("bare_value", |b| b.iter(|| read_value(black_box(&file))));
        group.finish();
    }
}

/// Ten thousand tests on both sides: in one file, and in a hundred.
fn per_test(c: &mut Bench) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let large = write_suite(directory.path(), 10_000);
    let small = write_suite(directory.path(), 100);
    let env = Environment::new();
    let mut group = c.benchmark_group("suite_10000_tests");
    group.sample_size(10);
    group.bench_function("one_file", |b| b.iter(|| load_file(black_box(&large), &env)));
    group.bench_function("a_hundred_files", |b| {
        b.iter(|| {
            for _ in 0..100 {
                black_box(load_file(black_box(&small), &env)).expect("the suite is valid");
            }
        });
    });
    group.finish();
}

fn read_value(file: &Path) -> serde_yaml::Value {
    let text = std::fs::read_to_string(file).expect("the file was written");
    serde_yaml::from_str(&text).expect("the file is YAML")
}

/// Writes a suite of some 320 bytes a test, with the parts that tests in use have.
fn write_suite(directory: &Path, tests: usize) -> PathBuf {
    let mut text = String::from(
        "test_suite: generated\n\
         version: \"1.0\"\n\
         description: Suite of a benchmark\n\
         defaults:\n\
         \x20 runs_per_test: 1\n\
         \x20 timeout_seconds: 60\n\
         tests:\n",
    );
    for test in 0..tests {
        text.push_str(&format!(
            "  - id: test-{test:05}\n\
             \x20   name: Test number {test}\n\
             \x20   tags: [smoke, group-{group}]\n\
             \x20   task:\n\
             \x20     description: Create the file output-{test}.txt with a summary\n\
             \x20     expected_artifacts: [output-{test}.txt]\n\
             \x20   constraints:\n\
             \x20     max_steps: 10\n\
             \x20     timeout_seconds: 30\n\
             \x20   assertions:\n\
             \x20     - type: artifact_exists\n\
             \x20       config: {{path: output-{test}.txt}}\n",
            group = test % 7,
        ));
    }
    let file = directory.join(format!("suite-{tests}.yaml"));
    std::fs::write(&file, text).expect("a temporary file");
    file
}
