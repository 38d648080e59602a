//! Records read back as they were written.

use atp_journal::{
    AttemptRecord, Header, Journal, Ledger, PlannedTest, Recording, RunRecord, RunStatus, Session,
    SkippedAssertion, TestRecord, TestStatus,
};
use atp_protocol::{Metrics, Timestamp};
use atp_scoring::{Check, Evaluation, RunSamples, Score};
use fastrand::Rng;

const RUN: [RunStatus; 5] = [
    RunStatus::Passed,
    RunStatus::Failed,
    RunStatus::Timeout,
    RunStatus::Error,
    RunStatus::Skipped,
];
const TEST: [TestStatus; 6] = [
    TestStatus::Passed,
    TestStatus::Failed,
    TestStatus::Timeout,
    TestStatus::Error,
    TestStatus::Skipped,
    TestStatus::Flaky,
];

fn number(rng: &mut Rng) -> f64 {
    let number = f64::from_bits(rng.u64(..));
    if number.is_finite() { number } else { rng.f64() }
}

fn text(rng: &mut Rng) -> String {
    let length = rng.usize(..12);
    (0..length).map(|_| if rng.bool() { rng.char(..) } else { rng.char(..' ') }).collect()
}

fn maybe<T>(rng: &mut Rng, make: impl FnOnce(&mut Rng) -> T) -> Option<T> {
    rng.bool().then(|| make(rng))
}

fn list<T>(rng: &mut Rng, mut make: impl FnMut(&mut Rng) -> T) -> Vec<T> {
    (0..rng.usize(..4)).map(|_| make(rng)).collect()
}

fn time(rng: &mut Rng) -> Timestamp {
    Timestamp::from_micros(rng.i64(..))
}

fn header(rng: &mut Rng) -> Header {
    let mut header = Header::new(text(rng), text(rng), text(rng), text(rng));
    header.suite_file = maybe(rng, |rng| text(rng).into());
    header.rerun_options = list(rng, text);
    header.parallel = rng.u32(..);
    header.runs_per_test = rng.u32(..);
    header.tests =
        list(rng, |rng| PlannedTest::new(text(rng), text(rng)).with_tags(list(rng, text)));
    header.started_at = time(rng);
    header
}

fn session(rng: &mut Rng) -> Session {
    let mut session = Session::new(rng.u32(..), time(rng));
    session.wall_seconds = number(rng);
    session.platform_cpu_seconds = maybe(rng, number);
    session.ideal_seconds = maybe(rng, number);
    session.interrupted = rng.bool();
    session.peak_rss_bytes = maybe(rng, |rng| rng.u64(..));
    session.rss_samples = list(rng, |rng| (number(rng), rng.u64(..)));
    session
}

fn ledger(rng: &mut Rng) -> Ledger {
    let mut ledger = Ledger::default();
    let Ledger { queue, limiter, retry_wait, spawn, agent, events, .. } = &mut ledger;
    for phase in [queue, limiter, retry_wait, spawn, agent, events] {
        *phase = number(rng);
    }
    let Ledger { evaluation, journal, cleanup, workspace, other, .. } = &mut ledger;
    for phase in [evaluation, journal, cleanup, workspace, other] {
        *phase = number(rng);
    }
    ledger
}

fn attempt(rng: &mut Rng) -> AttemptRecord {
    let mut attempt = AttemptRecord::new(RUN[rng.usize(..RUN.len())]);
    attempt.agent_seconds = number(rng);
    attempt.spawn_seconds = number(rng);
    attempt.wait_seconds = number(rng);
    attempt.started_seconds = number(rng);
    attempt.error = maybe(rng, text);
    attempt
}

fn evaluation(rng: &mut Rng) -> Evaluation {
    let checks = list(rng, |rng| {
        let check = Check::new(text(rng), rng.bool(), Score::new(rng.f64()).unwrap());
        let details = serde_json::json!({ text(rng): number(rng), "deep": [text(rng), null] });
        match maybe(rng, text) {
            Some(message) => {
                check.with_message(message).with_details(details.as_object().unwrap().clone())
            }
            None => check,
        }
    });
    let evaluation = Evaluation::new(text(rng), checks);
    if rng.bool() { evaluation.critical() } else { evaluation }
}

fn run(rng: &mut Rng) -> RunRecord {
    let mut run = RunRecord::new(text(rng), rng.u32(..), RUN[rng.usize(..RUN.len())]);
    run.slot = rng.u32(..);
    run.session = rng.u32(..);
    run.started_seconds = number(rng);
    run.finished_seconds = number(rng);
    run.attempts = list(rng, attempt);
    run.ledger = ledger(rng);
    run.events = rng.u64(..);
    run.invalid_events = rng.u64(..);
    run.misordered_events = rng.u64(..);
    run.spooled_events = rng.u64(..);
    run.dropped_events = rng.u64(..);
    // What came was not even text.
    let bytes = list(rng, |rng| rng.u8(..));
    run.first_invalid = maybe(rng, |_| String::from_utf8_lossy(&bytes).into_owned());
    run.leaky = rng.bool();
    run.ended_processes = rng.u32(..);
    run.remaining_processes = rng.u32(..);
    run.agent_cpu_seconds = maybe(rng, number);
    run.peak_rss_bytes = maybe(rng, |rng| rng.u64(..));
    run.error = maybe(rng, text);
    run.metrics = maybe(rng, |rng| Metrics {
        total_tokens: maybe(rng, |rng| rng.u64(..)),
        total_steps: maybe(rng, |rng| rng.u64(..)),
        cost_usd: maybe(rng, |rng| number(rng).abs()),
        ..Metrics::default()
    });
    run.score = maybe(rng, number);
    run.evaluations = list(rng, evaluation);
    run.skipped_assertions =
        list(rng, |rng| SkippedAssertion::new(rng.usize(..), text(rng), text(rng)));
    run
}

fn test(rng: &mut Rng) -> TestRecord {
    let mut test = TestRecord::new(text(rng), TEST[rng.usize(..TEST.len())]);
    test.unasserted = rng.bool();
    test.score = maybe(rng, number);
    test.error = maybe(rng, text);
    let scores = [rng.f64(), rng.f64(), 100.0 * rng.f64()];
    let statistics = RunSamples::new("t", 2).with_scores(&scores).statistics().unwrap();
    if rng.bool() { test.with_statistics(&statistics) } else { test }
}

/// Many random recordings, of every shape that the types allow.
#[test]
fn recordings_round_trip_to_the_last_bit() {
    let mut rng = Rng::with_seed(9);
    for _ in 0..300 {
        let mut recording = Recording::new(header(&mut rng));
        recording.sessions = list(&mut rng, session);
        recording.runs = list(&mut rng, run);
        recording.tests = list(&mut rng, test);
        let text = serde_json::to_string(&recording).unwrap();
        assert!(!text.contains('\n'));
        assert_eq!(serde_json::from_str::<Recording>(&text).unwrap(), recording, "{text}");
    }
}

/// The same through a file. Tests get names of their own, for a later record replaces an earlier.
#[test]
fn journals_read_back_what_was_written() {
    let mut rng = Rng::with_seed(10);
    for _ in 0..30 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.jsonl");
        let mut recording = Recording::new(header(&mut rng));
        let journal = Journal::create(&path, &recording.header).unwrap();
        for index in 0..5 {
            let mut run = run(&mut rng);
            run.test = format!("{index}{}", run.test);
            journal.run(&run).unwrap();
            let mut test = test(&mut rng);
            test.test = run.test.clone();
            journal.test(&test).unwrap();
            recording.runs.push(run);
            recording.tests.push(test);
        }
        recording.sessions.push(session(&mut rng));
        journal.session(&recording.sessions[0]).unwrap();
        assert_eq!(Journal::read(&path).unwrap(), recording);
    }
}

/// A figure that could not be computed must not cost the record, nor the journal.
#[test]
fn numbers_that_are_none_do_not_break_a_journal() {
    let (_folder, path, journal) = crate::sample::new_journal();
    let mut record = crate::sample::run("greets", 1);
    record.ledger.agent = f64::NAN;
    record.finished_seconds = f64::INFINITY;
    record.score = Some(f64::NAN);
    journal.run(&record).unwrap();
    let read = &Journal::read(&path).unwrap().runs[0];
    assert!(read.ledger.agent.is_nan() && read.finished_seconds.is_nan());
    assert_eq!(read.score, None);
}

#[cfg(unix)]
#[test]
fn a_suite_file_whose_name_is_no_text_is_no_error() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(std::ffi::OsStr::from_bytes(b"run-\xff.jsonl"));
    let mut header = crate::sample::header();
    header.suite_file = Some(std::ffi::OsStr::from_bytes(b"suite-\xff.yaml").into());
    drop(Journal::create(&path, &header).unwrap());
    let (_journal, recording) = Journal::resume(&path, &header).unwrap();
    assert_eq!(recording.header.tests, header.tests);
    let recorded = Journal::read(&path).unwrap().header.suite_file;
    assert_eq!(recorded, Some("suite-\u{fffd}.yaml".into()));
}

#[test]
fn the_ledger_explains_all_of_the_time() {
    let mut ledger = Ledger::default();
    ledger.queue = 1.0;
    ledger.limiter = 2.0;
    ledger.retry_wait = 4.0;
    ledger.agent = 8.0;
    ledger.spawn = 16.0;
    ledger.balance(32.0);
    assert_eq!((ledger.waits(), ledger.other, ledger.platform()), (7.0, 1.0, 17.0));
    assert_eq!(ledger.total(), 32.0);
    let mut sum = ledger;
    sum += ledger;
    assert_eq!(sum.total(), 64.0);
}

#[test]
fn samples_of_memory_are_bounded_and_cover_all_of_the_time() {
    let mut session = Session::new(0, Timestamp::now());
    for second in 0..100_000_u32 {
        session.sample_rss(f64::from(second), u64::from(second % 5000));
        assert!(session.rss_samples.len() <= Session::MAX_RSS_SAMPLES);
    }
    assert_eq!(session.peak_rss_bytes, Some(4999));
    assert_eq!(session.rss_samples[0].0, 0.0);
    assert_eq!(session.rss_samples.last().unwrap().0, 99_999.0);
    assert!(session.rss_samples.is_sorted_by(|a, b| a.0 < b.0));
}
