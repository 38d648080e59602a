//! Profiles in the formats of viewers.

use crate::calls::AnyCall;
use crate::profiler::Profiler;
use crate::session::Session;
use crate::snapshot::Profile;
use crate::tally::Outcome;
use atp_trace::{Arg, ChromeTrace, Event, FoldedStacks, Track};
use std::collections::HashMap;
use std::io;
use std::time::Duration;

/// Which time the frames of a flame graph are as wide as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FoldedTime {
    /// Time on a thread: [`self_time`](crate::ProfileStats::self_time).
    Busy,
    /// Time on the clock, waiting included: what a path's total leaves after its children's
    /// totals. Children that ran at the same time may leave nothing.
    Wall,
}

impl Profile {
    /// Writes folded stacks, one line a path, in nanoseconds: for inferno, FlameGraph, speedscope.
    ///
    /// # Examples
    ///
    /// ```
    /// use atp_profile::{FoldedTime, ManualClock, Profiler};
    /// use std::time::Duration;
    ///
    /// let clock = ManualClock::new();
    /// let profiler = Profiler::with_clock(clock.clone());
    /// let wait = |nanos| clock.advance(Duration::from_nanos(nanos));
    /// profiler.profile_fn("run", || profiler.profile_fn("load", || wait(20)));
    /// let stacks = profiler.snapshot().write_folded(Vec::new(), FoldedTime::Busy)?;
    /// assert_eq!(stacks, b"run;load 20\n");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The writer's.
    pub fn write_folded<W: io::Write>(&self, writer: W, time: FoldedTime) -> io::Result<W> {
        let mut below = vec![Duration::ZERO; self.nodes.len()];
        for node in &self.nodes {
            if let Some(sum) = node.parent.and_then(|parent| below.get_mut(parent)) {
                *sum += node.stats.total;
            }
        }
        let mut stacks = FoldedStacks::new(writer);
        for (at, node) in self.nodes.iter().enumerate() {
            let own = match time {
                FoldedTime::Busy => node.stats.self_time,
                FoldedTime::Wall => node.stats.total.saturating_sub(below[at]),
            };
            if !own.is_zero() {
                let nanos = u64::try_from(own.as_nanos()).unwrap_or(u64::MAX);
                stacks.line(self.path(at), nanos)?;
            }
        }
        stacks.finish()
    }
}

impl Profiler {
    /// Writes the single calls that are still kept as Chrome trace events, for Perfetto,
    /// speedscope and `chrome://tracing`.
    ///
    /// Spans stand on the lane of their thread, tasks on lanes of their own from first poll to
    /// end, with an arrow from where a task was built to its first poll.
    ///
    /// # Examples
    ///
    /// ```
    /// use atp_profile::Profiler;
    ///
    /// let profiler = Profiler::new();
    /// profiler.profile_fn("load", || ());
    /// let trace = profiler.write_chrome_trace(Vec::new())?; // or a BufWriter around a file
    /// assert!(String::from_utf8_lossy(&trace).contains(r#""name":"load""#));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The writer's.
    pub fn write_chrome_trace<W: io::Write>(&self, writer: W) -> io::Result<W> {
        let mut trace = ChromeTrace::new(writer);
        if let Some(session) = self.session() {
            Timeline::new(&session).write(&mut trace)?;
        }
        trace.finish()
    }
}

/// The calls of a session on the way into a trace.
struct Timeline<'a> {
    session: &'a Session,
    calls: Vec<AnyCall>,
    now: u64,
    process: u32,
}

impl<'a> Timeline<'a> {
    fn new(session: &'a Session) -> Self {
        let calls = session.calls();
        Self { session, calls, now: session.clock().ticks(), process: std::process::id() }
    }

    fn write<W: io::Write>(&self, trace: &mut ChromeTrace<W>) -> io::Result<()> {
        let program = std::env::args_os().next().unwrap_or_default();
        let program = program.to_string_lossy();
        let program = program.rsplit(['/', '\\']).next().unwrap_or_default();
        trace.name_process(self.process, if program.is_empty() { "atp" } else { program })?;
        let mut names: Vec<_> = self.session.thread_names().into_iter().collect();
        names.sort_unstable();
        for (thread, name) in names {
            trace.name_thread(self.track(thread), &name)?;
        }
        let mut ends = HashMap::<u32, Vec<u64>>::new();
        for call in &self.calls {
            let name = self.session.paths().name_of(call.path);
            let args = args(call);
            let args: Vec<_> = args.iter().map(|(key, value)| (*key, Arg::Text(value))).collect();
            let event = Event::new(name).with_args(&args);
            if call.task.is_some() {
                self.task(trace, call, &event)?;
            } else if nests(ends.entry(call.thread).or_default(), call.start, self.end(call)) {
                let (start, end) = (self.at(call.start), self.at(self.end(call)));
                trace.complete(self.track(call.thread), start, end - start, &event)?;
            } else {
                self.lane(trace, call, &event.with_category("overlapping"))?;
            }
        }
        Ok(())
    }

    /// Writes a task: its lane, its first poll, and the arrow between builder and poll.
    fn task<W: io::Write>(
        &self,
        trace: &mut ChromeTrace<W>,
        call: &AnyCall,
        event: &Event<'_>,
    ) -> io::Result<()> {
        self.lane(trace, call, &event.with_category("task"))?;
        let Some((task, first)) = call.task.and_then(|task| Some((task, task.first_poll?))) else {
            return Ok(());
        };
        let (start, end) = (self.at(first.start), self.at(first.end));
        let there = self.track(first.thread);
        trace.complete(there, start, end - start, &event.with_category("first poll"))?;
        if call.parent != 0 {
            let flow = event.with_category("spawn").with_args(&[]);
            trace.flow_start(self.track(call.thread), call.id, self.at(task.built), &flow)?;
            trace.flow_end(there, call.id, start, &flow)?;
        }
        Ok(())
    }

    fn lane<W: io::Write>(
        &self,
        trace: &mut ChromeTrace<W>,
        call: &AnyCall,
        event: &Event<'_>,
    ) -> io::Result<()> {
        let track = self.track(call.thread);
        trace.async_begin(track, call.id, self.at(call.start), event)?;
        if call.is_open() {
            return Ok(());
        }
        trace.async_end(track, call.id, self.at(call.end), &event.with_args(&[]))
    }

    fn track(&self, thread: u32) -> Track {
        Track { process: self.process, thread: u64::from(thread) }
    }

    fn end(&self, call: &AnyCall) -> u64 {
        if call.is_open() { self.now.max(call.start) } else { call.end.max(call.start) }
    }

    fn at(&self, ticks: u64) -> Duration {
        self.session.clock().duration(ticks.saturating_sub(self.session.origin()))
    }
}

/// Returns whether a call fits into the calls around it, of which `ends` are the ends. Calls come
/// in the order they started.
fn nests(ends: &mut Vec<u64>, start: u64, end: u64) -> bool {
    while ends.last().is_some_and(|&last| last <= start && last < end) {
        ends.pop();
    }
    let fits = ends.last().is_none_or(|&last| end <= last);
    if fits {
        ends.push(end);
    }
    fits
}

fn args(call: &AnyCall) -> Vec<(&str, String)> {
    let metadata = call.metadata.iter().flat_map(|metadata| metadata.iter());
    let mut args: Vec<_> = metadata.map(|(key, value)| (key, value.to_owned())).collect();
    let outcome = match call.outcome {
        Outcome::Completed => return args,
        Outcome::Open => "open",
        Outcome::Failed => "failed",
        Outcome::Cancelled => "cancelled",
        Outcome::Panicked => "panicked",
    };
    // Readers of JSON keep one of two equal keys.
    let taken = args.iter().any(|(key, _)| *key == "outcome");
    args.push((if taken { "outcome of the span" } else { "outcome" }, outcome.to_owned()));
    args
}
