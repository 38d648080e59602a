//! The last lines of a run in a terminal.

use crate::overhead::Bottleneck;
use crate::report::{Report, Verdict};
use crate::text::{counted, one_line, percent, seconds};
use atp_table::{Column, Table};
use std::io::{self, Write};

/// The most lines that [`Report::summary`] writes.
pub const SUMMARY_LINES: usize = 15;

const FAILURES: usize = 4;
const WIDTH: usize = 100;

impl Report {
    /// Writes what a person needs to know in at most [`SUMMARY_LINES`] lines: the verdict, what
    /// failed and why, the slowest tests, the overhead against its budget, and the bottleneck.
    ///
    /// Names and messages are put on one line each and cut; nothing in them reaches the terminal
    /// as an instruction.
    ///
    /// # Errors
    ///
    /// The writer's.
    pub fn summary(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{}", self.headline(|name| one_line(name, 40)))?;
        writeln!(out, "tests       {}", self.counts())?;
        self.write_failures(out)?;
        if let Some(slowest) = self.slowest_line() {
            writeln!(out, "slowest     {slowest}")?;
        }
        write!(out, "{}", self.budget_table())?;
        writeln!(out, "bottleneck  {}", self.bottleneck_line())?;
        let notes = self.observed.notes(|line| one_line(line, 60));
        if !notes.is_empty() {
            writeln!(out, "notes       {}", notes.join("; "))?;
        }
        Ok(())
    }

    /// The verdict in one line, with the names of suite and agent as the format wants them.
    pub(crate) fn headline(&self, name: impl Fn(&str) -> String) -> String {
        let summary = &self.summary;
        let (suite, agent) = (name(&self.suite), name(&self.agent));
        let of = format!("of {} in {suite} with {agent}", counted(summary.total, "test"));
        let what = match self.verdict() {
            Verdict::Passed if summary.flaky > 0 => {
                format!("PASSED: {} {of}, {} flaky", summary.passed + summary.flaky, summary.flaky)
            }
            Verdict::Passed => format!("PASSED: {} {of}", summary.passed),
            Verdict::Failed => match (self.failures().count(), self.failing_flaky()) {
                (0, flaky) => format!("FAILED: {flaky} {of} passed only at a later try"),
                (failed, 0) => format!("FAILED: {failed} {of} did not pass"),
                (failed, flaky) => format!("FAILED: {failed} {of} did not pass, {flaky} flaky"),
            },
            Verdict::Interrupted => {
                format!("INTERRUPTED: {} {of} without a result", summary.unfinished)
            }
            Verdict::NothingRan if summary.total == 0 => {
                return format!("NOTHING RAN: no test of {suite} was chosen for {agent}");
            }
            Verdict::NothingRan => format!("NOTHING RAN: all {of} left out"),
        };
        format!("{what}, {}", seconds(summary.duration_seconds))
    }

    /// How many tests came to which end, without those that none came to.
    pub(crate) fn counts(&self) -> String {
        let summary = &self.summary;
        let counts = [
            (summary.passed, "passed"),
            (summary.flaky, "flaky"),
            (summary.failed, "failed"),
            (summary.timeout, "timeout"),
            (summary.error, "error"),
            (summary.skipped, "skipped"),
        ];
        let some = counts.iter().filter(|(count, _)| *count > 0);
        let mut text = some.map(|(count, name)| format!("{count} {name}")).collect::<Vec<_>>();
        if text.is_empty() {
            text.push("none".to_owned());
        }
        let unfinished = match summary.unfinished {
            0 => String::new(),
            number => format!(" ({number} of the skipped without a result)"),
        };
        format!("{}{unfinished}", text.join(", "))
    }

    fn write_failures(&self, out: &mut impl Write) -> io::Result<()> {
        for (index, test) in self.failures().take(FAILURES).enumerate() {
            let label = if index == 0 { "failures" } else { "" };
            let id = one_line(&test.id, 40);
            let why = one_line(test.error.as_deref().unwrap_or("no reason was recorded"), WIDTH);
            writeln!(out, "{label:<12}{id} ({}): {why}", test.status.as_str())?;
        }
        match self.failures().count().saturating_sub(FAILURES) {
            0 => Ok(()),
            more => writeln!(out, "            and {more} more"),
        }
    }

    fn slowest_line(&self) -> Option<String> {
        let slowest = self.slowest(3);
        let shown =
            slowest.iter().map(|(id, time)| format!("{} {}", one_line(id, 40), seconds(*time)));
        (!slowest.is_empty()).then(|| shown.collect::<Vec<_>>().join(", "))
    }

    /// The tests with the longest runs, by the work of the agent, and how long those were.
    pub(crate) fn slowest(&self, most: usize) -> Vec<(&str, f64)> {
        let mut tests: Vec<_> = self
            .tests
            .iter()
            .filter_map(|test| Some((test.id.as_str(), test.longest_run_seconds()?)))
            .collect();
        tests.sort_by(|a, b| b.1.total_cmp(&a.1));
        tests.truncate(most);
        tests
    }

    fn budget_table(&self) -> Table {
        let columns = ["measured", "budget", "margin"].map(Column::right);
        let mut table = Table::new([Column::left("overhead")].into_iter().chain(columns));
        for (name, ratio) in self.overhead.ratios() {
            let [measured, margin] = self.overhead.measured_and_margin(ratio);
            table.push([name, &measured, &percent(self.overhead.budget_percent), &margin]);
        }
        table
    }

    /// What held up the run, with the times of a mean run that show it.
    pub(crate) fn bottleneck_line(&self) -> String {
        let mean = |sum: f64| seconds(sum / self.time.runs.max(1) as f64);
        let agent = mean(self.time.agent_seconds);
        match self.bottleneck {
            None => "none: no agent ran".to_owned(),
            Some(Bottleneck::Agent) => format!("agent: it works {agent} a run"),
            Some(Bottleneck::RateLimit) => format!(
                "rate limit: a run waits {} for it, its agent works {agent}",
                mean(self.time.rate_limit_seconds)
            ),
            Some(Bottleneck::Queue) => format!(
                "queue: a run waits {} for one of {}, its agent works {agent}",
                mean(self.time.queue_seconds),
                counted(self.parallel.into(), "slot")
            ),
            Some(Bottleneck::Platform) => format!(
                "platform: a run costs it {}, its agent works {agent}; agents' figures are suspect",
                mean(self.time.platform_seconds)
            ),
        }
    }
}
