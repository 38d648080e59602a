//! What there is to be shown of a run.

use super::text::{clock, line_of, plain};
use atp_journal::{Recording, RunRecord, TestRecord, TestStatus};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    mem,
    time::{Duration, Instant},
};

/// Lines that wait while whoever reads them is slow. Beyond it they are left out.
pub(super) const WAITING_LINES: usize = 1024;

/// What is told by lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    Tests,
    Failures,
    Warnings,
}

/// What happened, and what goes on.
#[derive(Debug)]
pub(super) struct Board {
    told: Told,
    lines: Vec<String>,
    /// How many lines were left out, for too many waited.
    dropped: u64,
    /// Who holds up the run, and how many more do.
    held_up: Option<(String, usize)>,
    tests: Tests,
    /// Runs that have ended, those of tests included that were left out.
    runs: u64,
    runs_per_test: u32,
    /// What is under way, by slot.
    at_work: BTreeMap<u32, AtWork>,
    /// What of a test has ended that has not ended as a whole.
    open: HashMap<String, Open>,
}

/// How many tests there are, have ended, and did not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tests {
    pub(super) total: usize,
    pub(super) ended: usize,
    pub(super) failed: usize,
}

#[derive(Debug)]
struct AtWork {
    test: String,
    run: u32,
    since: Instant,
}

#[derive(Debug, Default)]
struct Open {
    longest_seconds: f64,
    runs: u32,
}

/// A board as it was at one time.
#[derive(Debug)]
pub(super) struct Look {
    /// What was not yet shown, and how many lines are missing after it.
    pub(super) lines: Vec<String>,
    pub(super) dropped: u64,
    /// A line about who holds up the run.
    pub(super) held_up: Option<String>,
    pub(super) tests: Tests,
    /// Runs that have ended, and all there will be.
    pub(super) runs: (u64, u64),
    /// How many runs are under way, and the oldest of them by slot.
    pub(super) at_work: usize,
    pub(super) rows: Vec<Row>,
}

/// A run that is under way.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) slot: u32,
    pub(super) label: String,
    pub(super) time: Duration,
}

impl Board {
    /// Begins where `ended` tests are `already` recorded.
    pub(super) fn new(told: Told, already: &Recording, ended: usize) -> Self {
        let (runs_per_test, total) = (already.header.runs_per_test, already.header.tests.len());
        let planned = already.header.tests.iter().map(|test| test.id.as_str());
        let planned: HashSet<&str> = planned.collect();
        let is_failed =
            |test: &&TestRecord| is_failure(test.status) && planned.contains(test.test.as_str());
        let failed = already.tests.iter().filter(is_failed).count();
        Self {
            told,
            lines: Vec::new(),
            dropped: 0,
            held_up: None,
            tests: Tests { total, ended, failed },
            runs: ended as u64 * u64::from(runs_per_test),
            runs_per_test,
            at_work: BTreeMap::new(),
            open: HashMap::new(),
        }
    }

    pub(super) fn announce(&mut self, line: String) {
        if self.told != Told::Warnings {
            self.tell(line);
        }
    }

    pub(super) fn tell(&mut self, line: String) {
        if self.lines.len() < WAITING_LINES {
            self.lines.push(line);
        } else {
            self.dropped += 1;
        }
    }

    pub(super) fn run_started(&mut self, test: &str, run: u32, slot: u32) {
        if self.told != Told::Warnings {
            let test = test.to_owned();
            self.at_work.insert(slot, AtWork { test, run, since: Instant::now() });
        }
    }

    pub(super) fn run_finished(&mut self, run: &RunRecord) {
        if self.told == Told::Warnings {
            return;
        }
        let is_it = |at_work: &AtWork| at_work.run == run.run && at_work.test == run.test;
        // A run that was tried again may have ended in another slot than it began in.
        if self.at_work.get(&run.slot).is_some_and(is_it) {
            self.at_work.remove(&run.slot);
        } else {
            self.at_work.retain(|_, at_work| !is_it(at_work));
        }
        let open = self.open.entry(run.test.clone()).or_default();
        open.longest_seconds = run.ledger.agent.max(open.longest_seconds);
        open.runs += 1;
        self.runs += 1;
    }

    pub(super) fn test_finished(&mut self, test: &TestRecord) {
        if self.told == Told::Warnings {
            return;
        }
        let open = self.open.remove(&test.test);
        let runs = open.as_ref().map_or(0, |open| open.runs);
        self.runs += u64::from(self.runs_per_test.saturating_sub(runs));
        self.tests.ended += 1;
        self.tests.failed += usize::from(is_failure(test.status));
        if self.told == Told::Tests || is_failure(test.status) || test.status == TestStatus::Flaky {
            let seconds = open.map(|open| open.longest_seconds);
            self.tell(line_of(test, seconds, self.tests));
        }
    }

    pub(super) fn held_up(&mut self, test: &str, run: u32, time: Duration, why: &str) {
        match &mut self.held_up {
            _ if self.told == Told::Warnings => {}
            // The oldest is told first.
            Some((_, more)) => *more += 1,
            none => {
                let (test, why, time) = (plain(test), plain(why), clock(time));
                *none = Some((format!("waiting for {test}, run {run}, for {time}: {why}"), 0));
            }
        }
    }

    /// Takes what was not yet shown, and looks at the `rows` oldest runs.
    pub(super) fn look(&mut self, rows: usize) -> Look {
        let held_up = self.held_up.take().map(|(line, more)| match more {
            0 => line,
            more => format!("{line} (and {more} more)"),
        });
        Look {
            lines: mem::take(&mut self.lines),
            dropped: mem::take(&mut self.dropped),
            held_up,
            tests: self.tests,
            runs: (self.runs, self.tests.total as u64 * u64::from(self.runs_per_test)),
            at_work: self.at_work.len(),
            rows: self.oldest(rows),
        }
    }

    fn oldest(&self, most: usize) -> Vec<Row> {
        let mut at_work: Vec<(&u32, &AtWork)> = self.at_work.iter().collect();
        if at_work.len() > most {
            at_work.sort_by_key(|(_, at_work)| at_work.since);
            at_work.truncate(most);
            at_work.sort_by_key(|(slot, _)| **slot);
        }
        let row = |(slot, at_work): (&u32, &AtWork)| {
            let test = plain(&at_work.test);
            let label = match self.runs_per_test {
                1 => test,
                _ => format!("{test}, run {}", at_work.run),
            };
            Row { slot: *slot, label, time: at_work.since.elapsed() }
        };
        at_work.into_iter().map(row).collect()
    }
}

fn is_failure(status: TestStatus) -> bool {
    match status {
        TestStatus::Failed | TestStatus::Timeout | TestStatus::Error => true,
        TestStatus::Passed | TestStatus::Skipped | TestStatus::Flaky => false,
    }
}
