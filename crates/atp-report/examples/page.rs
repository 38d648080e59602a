//! Writes the page of a journal, or of an invented run of so many tests, and beside it all the
//! other files.
//!
//! `cargo run --release -p atp-report --example page -- 10000 page.html` tells how large the page
//! became and how long each output took to write.

use atp_journal::{
    AttemptRecord, Header, Journal, Ledger, PlannedTest, Recording, RunRecord, RunStatus, Session,
    TestRecord, TestStatus,
};
use atp_protocol::Timestamp;
use atp_report::{Report, html, junit, markdown, trace};
use atp_scoring::{Check, Evaluation, Score};
use std::error::Error;
use std::path::Path;
use std::time::Instant;
use std::{env, fs, io};

const SLOTS: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let (Some(tests), Some(file)) = (args.next(), args.next()) else {
        return Err("usage: page TESTS|JOURNAL FILE".into());
    };
    let recording = match tests.parse() {
        Ok(number) => invented(number)?,
        Err(_) => Journal::read(&tests)?,
    };
    let mut told = io::stdout().lock();
    let mut tell = |what: &str, start: Instant, bytes: usize| {
        use io::Write as _;
        writeln!(told, "{what:<9} {:>8.1?}  {bytes:>9} bytes", start.elapsed())
    };

    let start = Instant::now();
    let report = Report::new(&recording);
    let json = serde_json::to_vec(&report)?;
    tell("json", start, json.len())?;
    type Writer = fn(&Recording, &Report, &mut Vec<u8>) -> io::Result<()>;
    let outputs: [(&str, &str, Writer); 4] = [
        ("junit", "xml", |_, report, out| junit::write(report, out)),
        ("markdown", "md", |_, report, out| markdown::write(report, out)),
        ("trace", "trace.json", |recording, _, out| trace::write(recording, out)),
        ("page", "html", |recording, report, out| html::write(recording, report, out)),
    ];
    for (name, extension, write) in outputs {
        let start = Instant::now();
        let mut out = Vec::new();
        write(&recording, &report, &mut out)?;
        tell(name, start, out.len())?;
        fs::write(Path::new(&file).with_extension(extension), out)?;
    }
    report.summary(&mut told)?;
    Ok(())
}

/// A run of agents that take about half a second, of which some fail, some are flaky, and some
/// wait for a rate limit half-way.
fn invented(tests: usize) -> Result<Recording, Box<dyn Error>> {
    let mut random = fastrand::Rng::with_seed(7);
    let mut header = Header::new("checkout", "0", "claude-sonnet", "cli");
    header.suite_file = Some("suites/checkout.yaml".into());
    header.parallel = SLOTS as u32;
    header.started_at = Timestamp::parse("2026-01-02T03:04:05Z").ok_or("a moment")?;
    let areas = ["cart", "payment", "refund", "search", "login", "shipping"];
    let ids: Vec<_> = (0..tests).map(|n| format!("{}-{n:04}", areas[n % areas.len()])).collect();
    header.tests = ids
        .iter()
        .enumerate()
        .map(|(n, id)| PlannedTest::new(id, format!("{} case {n}", areas[n % areas.len()])))
        .collect();
    let started_at = header.started_at;
    let mut recording = Recording::new(header);
    let mut free = [0.0_f64; SLOTS];
    for id in &ids {
        let slot = (0..SLOTS).min_by(|a, b| free[*a].total_cmp(&free[*b])).unwrap_or(0);
        let run = invented_run(id, slot, &mut free[slot], &mut random);
        let status = match run.status {
            RunStatus::Passed if run.attempts.len() > 1 => TestStatus::Flaky,
            RunStatus::Passed => TestStatus::Passed,
            RunStatus::Failed => TestStatus::Failed,
            RunStatus::Timeout => TestStatus::Timeout,
            _ => TestStatus::Error,
        };
        let mut verdict = TestRecord::new(id, status);
        verdict.score = run.score;
        recording.tests.push(verdict);
        recording.runs.push(run);
    }
    let mut session = Session::new(0, started_at);
    session.wall_seconds = free.iter().copied().fold(0.0, f64::max);
    session.ideal_seconds = Some(session.wall_seconds * 0.985);
    session.platform_cpu_seconds = Some(0.004 * session.wall_seconds * SLOTS as f64);
    for sample in 0..200 {
        let share = f64::from(sample) / 199.0;
        let grown = 9e6 + 3e6 * share.sqrt() + 2e5 * random.f64();
        session.sample_rss(share * session.wall_seconds, grown as u64);
    }
    recording.sessions = vec![session];
    Ok(recording)
}

fn invented_run(id: &str, slot: usize, free: &mut f64, random: &mut fastrand::Rng) -> RunRecord {
    let status = match random.u32(0..100) {
        0..93 => RunStatus::Passed,
        93..97 => RunStatus::Failed,
        97..99 => RunStatus::Timeout,
        _ => RunStatus::Error,
    };
    let mut run = RunRecord::new(id, 1, status);
    let mut ledger = Ledger::default();
    ledger.queue = *free;
    ledger.workspace = 0.0004 + 0.0002 * random.f64();
    ledger.limiter = if random.u32(0..12) == 0 { 0.2 * random.f64() } else { 0.0 };
    ledger.spawn = 0.0012 + 0.001 * random.f64();
    ledger.agent = match status {
        RunStatus::Timeout => 2.0,
        _ => 0.3 + 0.25 * random.f64() + 0.6 * random.f64().powi(8),
    };
    ledger.events = 0.0002 * random.f64();
    ledger.evaluation = 0.0008 + 0.0006 * random.f64();
    ledger.journal = 0.00005;
    ledger.cleanup = 0.0003 * random.f64();
    let retried = status == RunStatus::Passed && random.u32(0..40) == 0;
    if retried {
        ledger.retry_wait = 0.1 + 0.3 * random.f64();
    }
    ledger.other = 0.0003 * random.f64();
    let begun = *free + ledger.workspace + ledger.limiter;
    run.attempts = vec![AttemptRecord::new(status)];
    if retried {
        let mut first = AttemptRecord::new(RunStatus::Error);
        first.error = Some("connection refused by the model".to_owned());
        first.agent_seconds = 0.1;
        first.started_seconds = begun;
        ledger.agent += 0.1;
        run.attempts.insert(0, first);
    }
    if let Some(last) = run.attempts.last_mut() {
        (last.spawn_seconds, last.agent_seconds) = (ledger.spawn, ledger.agent);
        last.wait_seconds = ledger.limiter + ledger.retry_wait;
        last.started_seconds = begun + ledger.retry_wait;
    }
    run.slot = slot as u32;
    run.finished_seconds = ledger.total();
    *free = run.finished_seconds;
    run.ledger = ledger;
    run.events = random.u64(4..17);
    run.invalid_events = u64::from(random.u32(0..200) == 0);
    run.leaky = random.u32(0..150) == 0;
    match status {
        RunStatus::Failed => {
            let total = random.u32(10..99);
            let message = format!(
                "expected \"total: {total}.00\" in receipt.txt, found \"total: {}.00\"",
                total - 1
            );
            let check = Check::new("file_contains", false, Score::ZERO).with_message(message);
            run.evaluations = vec![Evaluation::new("file", vec![check])];
            run.score = Some(40.0 + f64::from(random.u32(0..20)));
        }
        RunStatus::Timeout => run.error = Some("no answer within 2 s".to_owned()),
        RunStatus::Error => {
            run.error = Some("the agent ended with code 1: KeyError: 'currency'".to_owned());
        }
        _ => run.score = Some(88.0 + f64::from(random.u32(0..120)) / 10.0),
    }
    run
}
