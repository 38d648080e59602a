//! The run as a trace: a lane for each slot, and under each run what the platform did.

use crate::digest::Digest;
use crate::slot::slot_taken;
use atp_journal::{Recording, RunRecord};
use atp_trace::{Arg, ChromeTrace, Event, Track};
use std::collections::{BTreeSet, HashMap};
use std::io::{self, Write};
use std::time::Duration;

/// Writes a Chrome trace, which Perfetto, speedscope and `chrome://tracing` open.
///
/// Each session is a process and each slot a thread of it; the time between sessions is left out,
/// and those of a merged run stand where they were by the clocks of their machines. A run stands on its slot from the
/// moment it had it until its end, with its phases below. The ledger of a run tells how long each
/// phase took over all attempts but not when, so phases are drawn one after the other in the order
/// in which the platform does them; only attempts stand where they were. How many runs waited for
/// a slot and how much memory was resident are curves.
///
/// # Errors
///
/// The writer's.
pub fn write(recording: &Recording, out: impl Write) -> io::Result<()> {
    let digest = Digest::new(recording);
    let mut trace = ChromeTrace::new(out);
    let mut runs_of: HashMap<u32, Vec<&RunRecord>> = HashMap::new();
    for run in &recording.runs {
        runs_of.entry(run.session).or_default().push(run);
    }
    for session in &digest.axis.sessions {
        let number = session.number;
        // Viewers keep the process 0 for themselves.
        let place = InTrace { process: number.saturating_add(1), offset: session.start_seconds };
        let process = place.process;
        let runs = runs_of.remove(&number).unwrap_or_default();
        trace.name_process(process, &session_name(&digest, number))?;
        for slot in runs.iter().map(|run| run.slot).collect::<BTreeSet<_>>() {
            let track = Track { process, thread: u64::from(slot) + 1 };
            trace.name_thread(track, &format!("slot {slot}"))?;
        }
        for run in &runs {
            write_run(&mut trace, place, run)?;
        }
        write_waiting(&mut trace, place, &runs)?;
        let samples = digest.session(number).map_or(&[][..], |session| &session.rss_samples);
        for (at, bytes) in samples {
            let args = [("bytes", Arg::Unsigned(*bytes))];
            trace.counter(
                process,
                place.time(*at),
                &Event::new("resident memory").with_args(&args),
            )?;
        }
    }
    trace.finish()?;
    Ok(())
}

fn session_name(digest: &Digest<'_>, number: u32) -> String {
    let suite = &digest.recording.header.suite;
    match digest.session(number) {
        Some(_) if digest.axis.sessions.len() == 1 => format!("atp run {suite}"),
        Some(_) => format!("atp run {suite}, session {number}"),
        None => format!("atp run {suite}, session {number} (not ended)"),
    }
}

fn write_run<W: Write>(
    trace: &mut ChromeTrace<W>,
    session: InTrace,
    run: &RunRecord,
) -> io::Result<()> {
    let track = Track { process: session.process, thread: u64::from(run.slot) + 1 };
    let (start, end) = (slot_taken(run), run.finished_seconds);
    let args = [
        ("run", Arg::Unsigned(run.run.into())),
        ("status", Arg::Text(run.status.as_str())),
        ("queue_seconds", Arg::Float(run.ledger.queue)),
        ("events", Arg::Unsigned(run.events)),
        ("invalid_events", Arg::Unsigned(run.invalid_events)),
        ("leaky", Arg::Bool(run.leaky)),
        ("error", Arg::Text(run.error.as_deref().unwrap_or(""))),
    ];
    let event = Event::new(&run.test).with_category("run").with_args(&args);
    trace.complete(track, session.time(start), session.span(start, end), &event)?;
    for phase in Phases::of(run, start, end) {
        let event = Event::new(phase.name).with_category("phase");
        trace.complete(
            track,
            session.time(phase.start),
            session.span(phase.start, phase.end),
            &event,
        )?;
    }
    Ok(())
}

/// The curve of how many runs waited for a slot.
fn write_waiting<W: Write>(
    trace: &mut ChromeTrace<W>,
    session: InTrace,
    runs: &[&RunRecord],
) -> io::Result<()> {
    let mut steps = Vec::new();
    for run in runs.iter().filter(|run| run.ledger.queue > 0.0) {
        let taken = slot_taken(run);
        steps.push((taken - run.ledger.queue, 1_i64));
        steps.push((taken, -1));
    }
    steps.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut waiting = 0;
    let mut steps = steps.into_iter().peekable();
    while let Some((at, change)) = steps.next() {
        waiting += change;
        // One point for all that happened within a microsecond.
        if steps.peek().is_some_and(|(next, _)| next - at < 1e-6) {
            continue;
        }
        let args = [("runs", Arg::Signed(waiting))];
        trace.counter(
            session.process,
            session.time(at),
            &Event::new("waiting for a slot").with_args(&args),
        )?;
    }
    Ok(())
}

/// A part of a run.
struct Phase {
    name: &'static str,
    start: f64,
    end: f64,
}

/// Places the phases of a run one after the other, none outside of it.
struct Phases {
    placed: Vec<Phase>,
    at: f64,
    end: f64,
}

impl Phases {
    fn of(run: &RunRecord, start: f64, end: f64) -> Vec<Phase> {
        let ledger = &run.ledger;
        let mut phases = Self { placed: Vec::new(), at: start, end };
        phases.place("workspace", ledger.workspace);
        for attempt in &run.attempts {
            let begun = attempt.started_seconds.min(end);
            phases.place("wait", (begun - phases.at).min(attempt.wait_seconds));
            phases.at = phases.at.max(begun);
            phases.place("spawn", attempt.spawn_seconds);
            phases.place("agent", attempt.agent_seconds);
        }
        phases.place("events", ledger.events);
        phases.place("evaluation", ledger.evaluation);
        phases.place("journal", ledger.journal);
        phases.place("cleanup", ledger.cleanup);
        phases.placed
    }

    fn place(&mut self, name: &'static str, seconds: f64) {
        let end = (self.at + seconds).min(self.end);
        if end > self.at {
            self.placed.push(Phase { name, start: self.at, end });
            self.at = end;
        }
    }
}

/// The process that a session is, and where it begins.
#[derive(Clone, Copy)]
struct InTrace {
    process: u32,
    offset: f64,
}

impl InTrace {
    /// A number of seconds of the session; what is no time at all becomes the start.
    fn time(self, seconds: f64) -> Duration {
        Duration::try_from_secs_f64(self.offset + seconds.max(0.0)).unwrap_or_default()
    }

    /// From start to end, as the difference of two times that were each rounded, so that a phase
    /// never reaches beyond its run.
    fn span(self, start: f64, end: f64) -> Duration {
        self.time(end).saturating_sub(self.time(start))
    }
}
