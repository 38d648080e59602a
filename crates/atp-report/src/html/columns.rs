//! The data of a page: one array for each figure of a run, which is a third of the size of one
//! object for each run and is read as fast as numbers can be.

use super::texts::{LONGEST, Texts};
use crate::axis::Placed;
use crate::digest::Digest;
use crate::findings::Finding;
use crate::outcome::TestReport;
use crate::report::Report;
use crate::slot::slot_taken;
use crate::status::is_failure;
use crate::text::one_line;
use atp_journal::{Ledger, Recording, RunRecord};
use serde::Serialize;
use std::collections::HashMap;

const NAME: usize = 200;

/// All that the page shows. Times are whole microseconds unless they say seconds.
#[derive(Debug, Serialize)]
pub(super) struct Page<'a> {
    suite: String,
    agent: String,
    adapter: &'a str,
    started: &'a str,
    verdict: &'static str,
    headline: String,
    bottleneck: String,
    parallel: u32,
    notes: Vec<String>,
    summary: &'a crate::outcome::Summary,
    overhead: &'a crate::overhead::Overhead,
    sessions: Vec<PageSession<'a>>,
    /// Seconds of each phase over all runs, which microseconds of single runs would round away.
    totals: Ledger,
    tests: Tests<'a>,
    runs: Runs,
    findings: Vec<PageFinding>,
    /// Of runs with several attempts only.
    attempts: Vec<PageAttempt>,
    messages: Texts,
}

#[derive(Debug, Serialize)]
struct PageSession<'a> {
    number: u32,
    /// Where it stands on the axis that all sessions share.
    start: f64,
    seconds: f64,
    rss: &'a [(f64, u64)],
}

/// A failed check of a run.
#[derive(Debug, Serialize)]
struct PageFinding {
    run: usize,
    evaluator: String,
    check: String,
    message: Option<u32>,
    critical: bool,
}

#[derive(Debug, Serialize)]
struct PageAttempt {
    run: usize,
    status: &'static str,
    start: i64,
    wait: i64,
    agent: i64,
    error: Option<u32>,
}

#[derive(Debug, Default, Serialize)]
struct Tests<'a> {
    id: Vec<String>,
    /// None where it is the id.
    name: Vec<Option<String>>,
    status: Vec<&'static str>,
    score: Vec<Option<f64>>,
    error: Vec<Option<u32>>,
    /// How to run it again, of failed ones only.
    command: Vec<Option<u32>>,
    tags: Vec<&'a [String]>,
}

#[derive(Debug, Default, Serialize)]
struct Runs {
    test: Vec<usize>,
    run: Vec<u32>,
    session: Vec<u32>,
    /// No two machines that worked at the same time have one of the same number.
    slot: Vec<u32>,
    status: Vec<&'static str>,
    /// When it had its slot, and when it ended.
    start: Vec<i64>,
    end: Vec<i64>,
    phases: Phases,
    events: Vec<u64>,
    invalid: Vec<u64>,
    leaky: Vec<u8>,
    /// Whether the agent was started at all.
    asked: Vec<u8>,
    error: Vec<Option<u32>>,
}

#[derive(Debug, Default, Serialize)]
struct Phases {
    queue: Vec<i64>,
    limiter: Vec<i64>,
    retry_wait: Vec<i64>,
    workspace: Vec<i64>,
    spawn: Vec<i64>,
    agent: Vec<i64>,
    events: Vec<i64>,
    evaluation: Vec<i64>,
    journal: Vec<i64>,
    cleanup: Vec<i64>,
    other: Vec<i64>,
}

impl<'a> Page<'a> {
    pub(super) fn new(recording: &'a Recording, report: &'a Report) -> Self {
        let digest = Digest::new(recording);
        let mut page = Self {
            suite: one_line(&report.suite, NAME),
            agent: one_line(&report.agent, NAME),
            adapter: &recording.header.adapter,
            started: &report.started_at,
            verdict: report.verdict().as_str(),
            headline: report.headline(|name| one_line(name, 60)),
            bottleneck: report.bottleneck_line(),
            parallel: report.parallel,
            notes: report.observed.notes(|line| one_line(line, 120)),
            summary: &report.summary,
            overhead: &report.overhead,
            sessions: sessions(&digest),
            totals: Ledger::default(),
            tests: Tests::default(),
            runs: Runs::default(),
            findings: Vec::new(),
            attempts: Vec::new(),
            messages: Texts::default(),
        };
        let mut places = HashMap::with_capacity(digest.tests.len());
        for (place, (view, test)) in digest.tests.iter().zip(&report.tests).enumerate() {
            places.insert(view.id, place);
            page.push_test(report, test);
            page.tests.tags.push(view.planned.map_or(&[], |planned| planned.tags.as_slice()));
        }
        for run in &recording.runs {
            let test = places.get(run.test.as_str()).copied().unwrap_or_default();
            let first_slot = digest.axis.session(run.session).first_slot;
            page.push_run(test, first_slot, run);
        }
        page
    }

    fn push_test(&mut self, report: &Report, test: &TestReport) {
        // Cut, a command would be another command.
        let command = report.command(&test.id).filter(|command| command.len() <= LONGEST);
        let command = command.filter(|_| is_failure(test.status));
        let mut number =
            |text: &Option<String>| text.as_ref().and_then(|text| self.messages.number(text));
        self.tests.error.push(number(&test.error));
        self.tests.command.push(number(&command));
        self.tests.id.push(one_line(&test.id, NAME));
        self.tests.name.push((test.name != test.id).then(|| one_line(&test.name, NAME)));
        self.tests.status.push(test.status.as_str());
        self.tests.score.push(test.score);
    }

    fn push_run(&mut self, test: usize, first_slot: u32, run: &RunRecord) {
        let place = self.runs.test.len();
        let messages = &mut self.messages;
        for finding in Finding::of(run) {
            self.findings.push(PageFinding {
                run: place,
                evaluator: one_line(&finding.evaluator, NAME),
                check: one_line(&finding.check, NAME),
                message: finding.message.and_then(|message| messages.number(&message)),
                critical: finding.critical,
            });
        }
        for attempt in run.attempts.iter().filter(|_| run.attempts.len() > 1) {
            self.attempts.push(PageAttempt {
                run: place,
                status: attempt.status.as_str(),
                start: micros(attempt.started_seconds),
                wait: micros(attempt.wait_seconds),
                agent: micros(attempt.agent_seconds),
                error: attempt.error.as_ref().and_then(|error| messages.number(error)),
            });
        }
        if run.ledger.total().is_finite() {
            self.totals += run.ledger;
        }
        let runs = &mut self.runs;
        runs.test.push(test);
        runs.run.push(run.run);
        runs.session.push(run.session);
        runs.slot.push(first_slot.saturating_add(run.slot));
        runs.status.push(run.status.as_str());
        runs.start.push(micros(slot_taken(run)));
        runs.end.push(micros(run.finished_seconds));
        runs.phases.push(&run.ledger);
        runs.events.push(run.events);
        runs.invalid.push(run.invalid_events);
        runs.leaky.push(run.leaky.into());
        runs.asked.push(u8::from(!run.attempts.is_empty()));
        runs.error.push(run.error.as_ref().and_then(|error| messages.number(error)));
    }
}

impl Phases {
    fn push(&mut self, ledger: &Ledger) {
        self.queue.push(micros(ledger.queue));
        self.limiter.push(micros(ledger.limiter));
        self.retry_wait.push(micros(ledger.retry_wait));
        self.workspace.push(micros(ledger.workspace));
        self.spawn.push(micros(ledger.spawn));
        self.agent.push(micros(ledger.agent));
        self.events.push(micros(ledger.events));
        self.evaluation.push(micros(ledger.evaluation));
        self.journal.push(micros(ledger.journal));
        self.cleanup.push(micros(ledger.cleanup));
        self.other.push(micros(ledger.other));
    }
}

fn sessions<'a>(digest: &Digest<'a>) -> Vec<PageSession<'a>> {
    let session = |placed: &Placed| PageSession {
        number: placed.number,
        start: placed.start_seconds,
        seconds: placed.seconds,
        rss: digest.session(placed.number).map_or(&[], |session| &session.rss_samples),
    };
    digest.axis.sessions.iter().map(session).collect()
}

/// Whole microseconds; what is no number counts as nothing.
fn micros(seconds: f64) -> i64 {
    (seconds * 1e6).round() as i64
}
