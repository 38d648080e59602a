//! Reports for people.

use crate::profiler::Profiler;
use crate::results::ProfileResult;
use crate::snapshot::{Profile, ProfileCounters};
use crate::stats::ProfileStats;
use crate::tally::Outcome;
use atp_table::{Column, Table, duration, heading};
use std::fmt::Write as _;
use std::time::Duration;

/// All there is to say at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ProfileSummary {
    /// The time spent in spans. Nested time is not counted twice: it is the sum of self times.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "total_ns", serialize_with = "crate::json::nanos::serialize")
    )]
    pub total: Duration,
    /// How many distinct operations there are.
    pub operation_count: usize,
    /// The operations, longest total first.
    pub stats: Vec<ProfileStats>,
    /// The single calls that are still kept.
    pub results: Vec<ProfileResult>,
    /// What was dropped or repaired.
    pub counters: ProfileCounters,
}

/// The report prints this many single calls and tree nodes.
const MAX_LINES: usize = 60;

impl Profiler {
    /// Returns totals, operations, single calls and counters.
    #[doc(alias = "get_summary")]
    #[must_use]
    pub fn summary(&self) -> ProfileSummary {
        let profile = self.snapshot();
        let mut stats: Vec<_> = self.stats().into_values().collect();
        stats.sort_by(|a, b| b.total.cmp(&a.total).then_with(|| a.operation.cmp(&b.operation)));
        ProfileSummary {
            total: profile.total(),
            operation_count: stats.len(),
            stats,
            results: self.results(),
            counters: profile.counters,
        }
    }

    /// Returns the report: a row for each operation, the single calls that are still kept as a
    /// tree (its first 60 lines), and the counters of what is missing.
    #[must_use]
    pub fn format_report(&self) -> String {
        self.summary().to_string()
    }
}

impl std::fmt::Display for ProfileSummary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let table = operations(&self.stats);
        let width = if self.stats.is_empty() { 60 } else { table.width().max(60) };
        f.write_str(&heading("ATP Profiler Report", width))?;
        if self.stats.is_empty() && self.results.is_empty() {
            return writeln!(f, "No profiling data collected.");
        }
        if !self.stats.is_empty() {
            write!(f, "{table}")?;
            writeln!(f, "Time in spans, nothing twice: {}", duration(self.total))?;
        }
        let (lines, left) = call_lines(&self.results);
        if !lines.is_empty() {
            write!(f, "\nCalls\n{lines}")?;
        }
        if left > 0 {
            writeln!(f, "… and {left} more")?;
        }
        let notes = notes(&self.counters);
        if !notes.is_empty() {
            writeln!(f, "\n{notes}")?;
        }
        Ok(())
    }
}

impl Profile {
    /// Returns the call tree: a line for each path with its figures, and the counters.
    #[must_use]
    pub fn format_tree(&self) -> String {
        let names = ["count", "total", "self", "mean", "p99"].map(Column::right);
        let mut table = Table::new([Column::left("path")].into_iter().chain(names));
        let mut depths = Vec::with_capacity(self.nodes.len());
        for node in self.nodes.iter().take(MAX_LINES) {
            let depth = node.parent.and_then(|at| depths.get(at)).map_or(0, |depth| depth + 1);
            depths.push(depth);
            let stats = &node.stats;
            table.push([
                format!("{}{}", "  ".repeat(depth), stats.operation),
                stats.count.to_string(),
                duration(stats.total),
                duration(stats.self_time),
                maybe(stats.mean()),
                maybe(stats.p99),
            ]);
        }
        let mut text = table.to_string();
        if self.nodes.len() > MAX_LINES {
            text += &format!("… and {} more\n", self.nodes.len() - MAX_LINES);
        }
        let notes = notes(&self.counters);
        if notes.is_empty() { text } else { text + &notes + "\n" }
    }
}

fn operations(stats: &[ProfileStats]) -> Table {
    let names = ["Count", "Total", "Mean", "Min", "Self", "p99"].map(Column::right);
    let mut table = Table::new([Column::left("Operation")].into_iter().chain(names));
    for stats in stats {
        table.push([
            stats.operation.clone(),
            stats.count.to_string(),
            duration(stats.total),
            maybe(stats.mean()),
            maybe(stats.min),
            duration(stats.self_time),
            maybe(stats.p99),
        ]);
    }
    table
}

fn maybe(time: Option<Duration>) -> String {
    time.map_or_else(|| "-".to_owned(), duration)
}

/// Returns a line for each of the last calls, and how many were left out.
fn call_lines(roots: &[ProfileResult]) -> (String, usize) {
    let (mut lines, mut printed, mut left) = (String::new(), 0, 0);
    let mut stack: Vec<_> = roots.iter().rev().map(|root| (root, 0)).collect();
    while let Some((call, depth)) = stack.pop() {
        if printed == MAX_LINES {
            left += 1;
        } else {
            printed += 1;
            push_call(&mut lines, call, depth);
        }
        stack.extend(call.children.iter().rev().map(|child| (child, depth + 1)));
    }
    (lines, left)
}

fn push_call(lines: &mut String, call: &ProfileResult, depth: usize) {
    let mut line = format!("{}- {}", "  ".repeat(depth), call.operation);
    if !call.metadata.is_empty() {
        line += &format!(" ({})", call.metadata);
    }
    let time = match call.duration_ms() {
        short if short < 0.1 => duration(call.duration),
        long => format!("{long:.2}ms"),
    };
    let mark = match call.outcome {
        Outcome::Completed => "",
        Outcome::Open => " [open]",
        Outcome::Failed => " [failed]",
        Outcome::Cancelled => " [cancelled]",
        Outcome::Panicked => " [panicked]",
    };
    let line = format!("{line}: {time}{mark}").replace(char::is_control, " ");
    writeln!(lines, "{line}").expect("writing to a String does not fail");
}

/// Names the counters that are not zero.
fn notes(counters: &ProfileCounters) -> String {
    let all = [
        ("open", counters.open),
        ("failed", counters.failed),
        ("cancelled", counters.cancelled),
        ("panicked", counters.panicked),
        ("in <overflow>", counters.overflowed),
        ("too deep", counters.too_deep),
        ("dropped out of order", counters.out_of_order),
        ("no longer listed", counters.overwritten),
        ("not listed while open", counters.unlisted),
        ("lost", counters.lost),
    ];
    let parts: Vec<_> = all
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(what, count)| format!("{count} {what}"))
        .collect();
    match parts.is_empty() {
        true => String::new(),
        false => format!("{} calls: {}", counters.calls, parts.join(", ")),
    }
}
