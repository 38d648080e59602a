//! A recording as a table, as a tree and as a trace.

use super::{StartupTiming, StartupTimings};
use crate::record::{StartupKind, StartupOutcome};
use atp_table::{Column, Table, duration, heading};
use atp_trace::{Arg, ChromeTrace, Event, Track};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io;
use std::time::Duration;

/// How many rows the report shows.
const SHOWN: usize = 20;
/// How many levels the tree indents; beyond them a chain would be mostly blanks.
const DEEPEST: usize = 100;

impl StartupTimings {
    /// Returns the slowest 20 as a table, under the guide's title and the totals.
    #[must_use]
    pub fn format_report(&self) -> String {
        let mut table = Table::new([
            Column::left("Module"),
            Column::right("Self"),
            Column::right("Cumulative"),
            Column::right("Offset"),
            Column::left("Thread"),
            Column::left("Inside"),
            Column::left("Outcome"),
        ]);
        let slowest = self.slow(Duration::ZERO);
        for timing in slowest.iter().take(SHOWN) {
            table.push(self.row(timing));
        }
        let failed = |timing: &&StartupTiming| matches!(timing.outcome, StartupOutcome::Failed(_));
        let mut report = heading("Import Time Analysis", table.width().max(60));
        // Writing to a string does not fail.
        let _ = write!(
            report,
            "Recorded for {}: {} initialised, {} failed",
            duration(self.total()),
            self.timings().len(),
            self.timings().iter().filter(failed).count(),
        );
        if self.dropped() > 0 {
            let _ = write!(report, ", {} more not recorded", self.dropped());
        }
        let _ = write!(report, "\n\n{table}");
        if slowest.len() > SHOWN {
            let _ = writeln!(report, "… and {} faster ones", slowest.len() - SHOWN);
        }
        report
    }

    fn row(&self, timing: &StartupTiming) -> [String; 7] {
        let inside = timing.parent.map_or("", |parent| &self.timings()[parent].name);
        [
            timing.name.clone(),
            duration(timing.self_time),
            duration(timing.cumulative),
            duration(timing.offset),
            thread_name(timing),
            inside.to_owned(),
            outcome(timing).to_owned(),
        ]
    }

    /// Returns the tree in the form of Python's `-X importtime`, which tools that draw such
    /// output read: times in microseconds, each line below those that began inside of it.
    #[must_use]
    pub fn format_tree(&self) -> String {
        let mut tree = String::from("import time: self [us] | cumulative | imported package\n");
        // Each step is a timing and its depth, once to open it and once to print it.
        let mut steps: Vec<(usize, usize, bool)> = Vec::new();
        let roots =
            (0..self.timings().len()).filter(|&index| self.timings()[index].parent.is_none());
        for root in roots {
            steps.push((root, 0, false));
            while let Some((index, depth, open)) = steps.pop() {
                if open {
                    tree_line(&mut tree, &self.timings()[index], depth);
                    continue;
                }
                steps.push((index, depth, true));
                let children = self.child_indices(index).iter().rev();
                steps.extend(children.map(|&child| (child, depth + 1, false)));
            }
        }
        tree
    }

    /// Writes the recording as Chrome trace events, which Perfetto and `chrome://tracing` open:
    /// a lane for each thread, and one for each future.
    ///
    /// # Errors
    ///
    /// The writer's.
    pub fn write_chrome_trace<W: io::Write>(&self, writer: W) -> io::Result<W> {
        let process = std::process::id();
        let mut trace = ChromeTrace::new(writer);
        trace.name_process(process, "start-up")?;
        let mut named = BTreeSet::new();
        for (id, timing) in self.timings().iter().enumerate() {
            let track = Track { process, thread: timing.thread as u64 };
            if named.insert(timing.thread) {
                trace.name_thread(track, &thread_name(timing))?;
            }
            let args = [
                ("self_us", Arg::Float(timing.self_time.as_secs_f64() * 1e6)),
                ("outcome", Arg::Text(outcome(timing))),
            ];
            let event = Event::new(&timing.name).with_args(&args);
            match timing.kind {
                StartupKind::Async => {
                    let end = timing.offset + timing.cumulative;
                    trace.async_begin(track, id as u64, timing.offset, &event)?;
                    trace.async_end(track, id as u64, end, &event)?;
                }
                StartupKind::Sync | StartupKind::Phase => {
                    trace.complete(track, timing.offset, timing.cumulative, &event)?;
                }
            }
        }
        trace.finish()
    }
}

fn tree_line(tree: &mut String, timing: &StartupTiming, depth: usize) {
    let mark = match timing.outcome {
        StartupOutcome::Completed => "",
        StartupOutcome::Failed(_) => " (failed)",
        StartupOutcome::Unfinished => " (unfinished)",
    };
    let _ = writeln!(
        tree,
        "import time: {:>9} | {:>10} | {:indent$}{}{mark}",
        timing.self_time.as_micros(),
        timing.cumulative.as_micros(),
        "",
        timing.name,
        indent = 2 * depth.min(DEEPEST),
    );
}

fn thread_name(timing: &StartupTiming) -> String {
    timing.thread_name.clone().unwrap_or_else(|| format!("thread {}", timing.thread))
}

fn outcome(timing: &StartupTiming) -> &str {
    match &timing.outcome {
        StartupOutcome::Completed => "completed",
        StartupOutcome::Failed(reason) => reason,
        StartupOutcome::Unfinished => "unfinished",
    }
}
