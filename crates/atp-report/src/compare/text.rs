//! A comparison for a terminal.

use super::{Change, Comparison, OutcomeChange};
use crate::text::{counted, one_line, percent, seconds};
use atp_table::{Column, Table};
use std::io::{self, Write};

const LISTED: usize = 10;

impl Comparison {
    /// Writes the verdict, the tests with another outcome, and the times with their intervals.
    /// Lists are cut after ten lines, what counts first.
    ///
    /// # Errors
    ///
    /// The writer's.
    pub fn text(&self, out: &mut impl Write) -> io::Result<()> {
        let verdict = self.verdict.as_str().to_uppercase();
        writeln!(out, "{verdict}: {} compared{}", counted(self.compared, "test"), self.beside())?;
        self.write_outcomes(out)?;
        write!(out, "\n{}", self.times())?;
        self.write_tests(out)?;
        write!(out, "\n{}", self.ratio_table())
    }

    /// What the comparison leaves out.
    fn beside(&self) -> String {
        let mut text = String::new();
        for (ids, side) in [(&self.only_in_base, "before"), (&self.only_in_candidate, "after")] {
            if !ids.is_empty() {
                text.push_str(&format!(", {} only {side}", ids.len()));
            }
        }
        if self.names_differ {
            text.push_str(", of suites or agents with different names");
        }
        text
    }

    fn write_outcomes(&self, out: &mut impl Write) -> io::Result<()> {
        let mut changes: Vec<&OutcomeChange> = self.outcomes.iter().collect();
        changes.sort_by_key(|change| (change.is_noise, !change.is_worse()));
        if changes.is_empty() {
            return writeln!(out, "No test has another outcome.");
        }
        let columns = ["test", "before", "after", "passed", "", ""].map(Column::left);
        let mut table = Table::new(columns);
        for change in changes.iter().take(LISTED) {
            let (before, after) = (change.base_passed, change.candidate_passed);
            let passed = format!("{}/{} -> {}/{}", before.0, before.1, after.0, after.1);
            let what = match change {
                change if change.is_left_out() => "left out",
                change if change.is_noise => "noise",
                change if change.is_worse() => "broken",
                _ => "fixed",
            };
            let why = change.error.as_deref().map_or(String::new(), |error| one_line(error, 60));
            let id = one_line(&change.id, 40);
            table.push([&id, change.base.as_str(), change.candidate.as_str(), &passed, what, &why]);
        }
        write!(out, "\n{table}")?;
        and_more(out, changes.len())
    }

    fn times(&self) -> Table {
        let columns = ["before", "after", "ratio", "95 % interval"].map(Column::right);
        let names = [Column::left("per run")].into_iter().chain(columns);
        let mut table = Table::new(names.chain([Column::left("")]));
        for (name, change) in [("agent", &self.latency), ("overhead", &self.overhead)] {
            match change {
                Some(change) => table.push(change_row(name, change)),
                None => table.push([name, "-", "-", "-", "-", "not measured"]),
            }
        }
        table
    }

    fn write_tests(&self, out: &mut impl Write) -> io::Result<()> {
        if self.tests.is_empty() {
            return Ok(());
        }
        let columns = ["before", "after", "ratio", "interval"].map(Column::right);
        let names = [Column::left("agent, by test")].into_iter().chain(columns);
        let mut table = Table::new(names.chain([Column::left("")]));
        for test in self.tests.iter().take(LISTED) {
            table.push(change_row(&one_line(&test.id, 40), &test.change));
        }
        write!(out, "\n{table}")?;
        and_more(out, self.tests.len())
    }

    fn ratio_table(&self) -> Table {
        let columns = ["before", "after"].map(Column::right);
        let mut table = Table::new([Column::left("overhead")].into_iter().chain(columns));
        let shown = |ratio: Option<f64>| ratio.map_or("not measured".to_owned(), percent);
        for ratio in &self.ratios {
            table.push([ratio.name, &shown(ratio.base), &shown(ratio.candidate)]);
        }
        table
    }
}

fn change_row(name: &str, change: &Change) -> [String; 6] {
    let interval = match (change.lower, change.upper) {
        (Some(lower), Some(upper)) => format!("{lower:.3} to {upper:.3}"),
        _ => "unknown".to_owned(),
    };
    let what = match change {
        change if change.is_noise => "same",
        change if change.ratio > 1.0 => "worse",
        _ => "better",
    };
    [
        name.to_owned(),
        seconds(change.base_seconds),
        seconds(change.candidate_seconds),
        format!("{:.3}", change.ratio),
        interval,
        what.to_owned(),
    ]
}

fn and_more(out: &mut impl Write, all: usize) -> io::Result<()> {
    match all.saturating_sub(LISTED) {
        0 => Ok(()),
        more => writeln!(out, "and {more} more"),
    }
}
