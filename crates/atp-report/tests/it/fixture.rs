//! Recordings to report.

use atp_journal::{
    AttemptRecord, Header, Ledger, PlannedTest, Recording, RunRecord, RunStatus, Session,
    TestRecord, TestStatus,
};
use atp_protocol::Timestamp;
use atp_scoring::{Check, Evaluation, Score};

/// What a name must never do: end a tag, a line, a string, a code span or a script.
pub(crate) const HOSTILE: &str =
    "</script><script>window.hacked=1</script>\"'`]]>&amp;|<!--\n\u{1b}[2J\u{0}\u{202e}@all {{x}}";

/// A recording of `ids` in which nothing has happened.
pub(crate) fn planned(ids: &[&str]) -> Recording {
    let mut header = Header::new("checkout", "hash", "claude", "cli");
    header.suite_file = Some("suites/check out.yaml".into());
    header.parallel = 2;
    header.started_at = Timestamp::parse("2026-01-02T03:04:05.678Z").expect("a moment");
    header.tests = ids.iter().map(|id| PlannedTest::new(*id, format!("name of {id}"))).collect();
    Recording::new(header)
}

/// A run of a second on `slot` that began at `at`: 0.98 s of agent, 0.02 s of platform.
pub(crate) fn run(test: &str, status: RunStatus, slot: u32, at: f64) -> RunRecord {
    let mut run = RunRecord::new(test, 1, status);
    (run.slot, run.started_seconds, run.finished_seconds) = (slot, at, at + 1.0);
    let mut ledger = Ledger::default();
    (ledger.workspace, ledger.spawn, ledger.agent) = (0.002, 0.01, 0.98);
    (ledger.events, ledger.evaluation) = (0.001, 0.005);
    ledger.balance(1.0);
    run.ledger = ledger;
    let mut attempt = AttemptRecord::new(status);
    (attempt.spawn_seconds, attempt.agent_seconds) = (0.01, 0.98);
    attempt.started_seconds = at + 0.002;
    run.attempts = vec![attempt];
    run.events = 3;
    run
}

pub(crate) fn verdict(test: &str, status: TestStatus) -> TestRecord {
    TestRecord::new(test, status)
}

pub(crate) fn failed_check(message: &str) -> Evaluation {
    let check = Check::new("contains", false, Score::ZERO).with_message(message);
    Evaluation::new("file", vec![Check::new("exists", true, Score::ONE), check])
}

pub(crate) fn ended_session() -> Session {
    let started = Timestamp::parse("2026-01-02T03:04:05.678Z").expect("a moment");
    let mut session = Session::new(0, started);
    session.wall_seconds = 3.09;
    session.ideal_seconds = Some(3.0);
    session.platform_cpu_seconds = Some(0.049);
    session.rss_samples = vec![(0.0, 8_000_000), (1.5, 9_000_000), (3.0, 9_500_000)];
    session
}

/// Six tests on two slots, one for each way to end.
pub(crate) fn one_of_each() -> Recording {
    let mut recording = planned(&["pass", "fail", "late", "crash", "left-out", "flaky"]);
    let mut late = run("late", RunStatus::Timeout, 0, 1.0);
    late.error = Some("no answer within 1 s".to_owned());
    late.leaky = true;
    late.ended_processes = 2;
    let mut fail = run("fail", RunStatus::Failed, 1, 0.0);
    fail.evaluations = vec![failed_check("expected \"total: 12\" in out.txt, found \"total: 21\"")];
    fail.score = Some(40.0);
    let mut crash = run("crash", RunStatus::Error, 1, 1.0);
    crash.error = Some("the agent ended with code 3".to_owned());
    crash.invalid_events = 1;
    crash.first_invalid = Some("oops: not JSON".to_owned());
    let mut flaky = run("flaky", RunStatus::Passed, 0, 2.0);
    let mut first = AttemptRecord::new(RunStatus::Error);
    (first.agent_seconds, first.spawn_seconds, first.started_seconds) = (0.4, 0.005, 2.002);
    first.error = Some("refused".to_owned());
    let mut second = AttemptRecord::new(RunStatus::Passed);
    (second.agent_seconds, second.spawn_seconds) = (0.38, 0.005);
    (second.wait_seconds, second.started_seconds) = (0.2, 2.61);
    flaky.attempts = vec![first, second];
    (flaky.ledger.agent, flaky.ledger.retry_wait) = (0.78, 0.2);
    recording.runs = vec![run("pass", RunStatus::Passed, 0, 0.0), fail, late, crash, flaky];
    recording.tests = vec![
        verdict("pass", TestStatus::Passed),
        verdict("fail", TestStatus::Failed),
        verdict("late", TestStatus::Timeout),
        verdict("crash", TestStatus::Error),
        verdict("flaky", TestStatus::Flaky),
        verdict("left-out", TestStatus::Skipped),
    ];
    recording.tests[0].score = Some(100.0);
    recording.tests[1].score = Some(40.0);
    recording.tests[5].error = Some("the suite names other agents".to_owned());
    recording.sessions = vec![ended_session()];
    recording
}

/// Names, messages and errors that try to be more than text, everywhere.
pub(crate) fn hostile() -> Recording {
    let mut recording = planned(&[HOSTILE]);
    recording.header.suite = HOSTILE.to_owned();
    recording.header.agent = HOSTILE.to_owned();
    recording.header.tests[0].name = HOSTILE.to_owned();
    recording.header.tests[0].tags = vec![HOSTILE.to_owned()];
    let mut run = run(HOSTILE, RunStatus::Failed, 0, 0.0);
    run.error = Some(HOSTILE.to_owned());
    run.first_invalid = Some(HOSTILE.to_owned());
    run.invalid_events = 1;
    run.evaluations = vec![failed_check(HOSTILE)];
    recording.runs = vec![run];
    recording.tests = vec![verdict(HOSTILE, TestStatus::Failed)];
    recording.tests[0].error = Some(HOSTILE.to_owned());
    recording.sessions = vec![ended_session()];
    recording
}
