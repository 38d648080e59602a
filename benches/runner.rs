//! What the runner costs beside its agents: CPU time of the whole process, on one thread and two.
//!
//! The agents are in the process and do nothing, so that all of the time is the platform's: slots,
//! requests, evaluation, statistics and the journal. Each iteration runs a whole suite of 10,000
//! tests, so a ten-thousandth of it is what one test costs. The reference is what no runner can
//! leave out: the agent's call, and two lines for each test written to a file.

use atp_adapter::builtin::{Echo, Script};
use atp_adapter::{Adapter, CancellationToken, EventSink, Run};
use atp_benches::ProcessTime;
use atp_journal::{Journal, Recording, RunRecord, RunStatus, TestRecord, TestStatus};
use atp_protocol::{Error, Event, Request};
use atp_runner::{Agent, RunOptions, Runner};
use atp_suite::{Environment, TestSuite, load_str};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use tokio::runtime::{Builder, Runtime};

const TESTS: usize = 10_000;

/// A suite of so many tests that assert that the agent says what it was told.
fn suite(tests: usize) -> Arc<TestSuite> {
    let test = |n| {
        format!(
            "  - {{id: test-{n}, name: Test {n}, task: {{description: Say {n}}}, \
             assertions: [{{type: artifact_exists, config: {{path: echo.txt}}}}]}}\n"
        )
    };
    let tests: String = (0..tests).map(test).collect();
    let suite = load_str(format!("test_suite: bench\ntests:\n{tests}"), &Environment::new());
    Arc::new(suite.expect("the suite is valid"))
}

fn run(
    runtime: &Runtime,
    suite: &Arc<TestSuite>,
    adapter: Arc<dyn Adapter>,
    folder: &Path,
) -> Recording {
    let agent = Agent::new("agent", "builtin:bench", adapter);
    let runner = Runner::new(Arc::clone(suite), folder, agent, RunOptions::new());
    let runner = runner.expect("the options are valid");
    let header = runner.header();
    let journal = Journal::create(folder.join("run.jsonl"), &header).expect("the folder is there");
    let (nothing, stop) = (Recording::new(header), CancellationToken::new());
    let recording = runtime.block_on(runner.run(journal, nothing, stop, &()));
    let recording = recording.expect("the journal can be written");
    assert!(recording.tests.iter().all(|test| test.unasserted || test.score == Some(100.0)));
    recording
}

struct Nothing;

impl EventSink for Nothing {
    fn event(&mut self, _event: Event<'_>, _line: &[u8]) {}

    fn invalid(&mut self, _line: &[u8], _reason: &Error) {}
}

/// The agent's call and two lines for each test, one after the other.
fn by_hand(runtime: &Runtime, suite: &TestSuite, folder: &Path) {
    let header = atp_journal::Header::new("bench", "0", "agent", "builtin:bench");
    let journal = Journal::create(folder.join("run.jsonl"), &header).expect("the folder is there");
    for test in &suite.tests {
        let request = Request::new("task", test.task.description.clone());
        let answer = runtime.block_on(Echo::default().execute(Run::new(&request), &mut Nothing));
        assert!(answer.is_ok());
        let run = RunRecord::new(test.id.as_str(), 1, RunStatus::Passed);
        let test = TestRecord::new(test.id.as_str(), TestStatus::Passed);
        journal.run(&run).and_then(|()| journal.test(&test)).expect("there is room");
    }
}

fn tests(c: &mut Criterion<ProcessTime>) {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let suite = suite(TESTS);
    let one = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let two =
        Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let mut group = c.benchmark_group("runner_10000_tests");
    group.sample_size(10).throughput(Throughput::Elements(TESTS as u64));
    for (name, runtime) in [("one_thread", &one), ("two_threads", &two)] {
        group.bench_function(name, |b| {
            b.iter(|| run(runtime, &suite, Arc::new(Echo::default()), folder.path()));
        });
    }
    group.bench_function("by_hand", |b| b.iter(|| by_hand(&one, &suite, folder.path())));
    group.finish();
}

fn events(c: &mut Criterion<ProcessTime>) {
    const EVENTS: u64 = 100_000;
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let suite = suite(1);
    let payload = json!({"tool": "search", "input": {"query": "weather"}, "duration_ms": 12.5});
    let event = json!({"event": {"event_type": "tool_call", "payload": payload}});
    let file = json!([{"type": "file", "path": "echo.txt"}]);
    let config = json!({"steps": [event], "repeat": EVENTS, "response": {"artifacts": file}});
    let agent = Arc::new(Script::from_config(&config).expect("the script is valid"));
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut group = c.benchmark_group("runner_100000_events");
    group.sample_size(10).throughput(Throughput::Elements(EVENTS));
    group.bench_function("one_run", |b| {
        b.iter(|| run(&runtime, &suite, Arc::clone(&agent) as Arc<dyn Adapter>, folder.path()));
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(ProcessTime);
    targets = tests, events
}
criterion_main!(benches);
