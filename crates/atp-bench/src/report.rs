//! A suite as text, markdown and Bencher Metric Format.

use crate::{
    result::{BenchmarkResult, Throughput},
    suite::BenchmarkSuite,
};
use atp_table::{Column, Table, bytes, count, heading, nanos};
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// What the marks behind a name mean.
const BATCHED: &str = "* called in batches: min and max are those of batch means";
const NEAR_LIMIT: &str =
    "~ too short to be told from what measuring costs: lift iteration limits if there are any";

impl BenchmarkSuite {
    /// Returns the report: title, total duration, and a line for each benchmark with iterations,
    /// mean, min, max and operations per second in units that fit.
    ///
    /// Columns for allocations and for bytes or elements per second appear when there is
    /// something in them, notes below when a mark is used.
    pub fn format_report(&self) -> String {
        let columns = Columns::of(&self.results);
        let mut table = Table::new(columns.names().enumerate().map(|(index, name)| {
            if index == 0 { Column::left(name) } else { Column::right(name) }
        }));
        for result in &self.results {
            table.push(columns.cells(result));
        }
        let title = format!("Benchmark Results: {}", in_line(&self.name));
        let mut report = heading(&title, table.width().max(title.len()));
        let duration = nanos(self.duration_seconds() * 1e9);
        let _ = write!(report, "Total duration: {duration}\n\n{table}");
        for note in self.notes() {
            let _ = write!(report, "\n{note}\n");
        }
        report
    }

    /// Returns the report as a heading and a table in markdown.
    pub fn to_markdown(&self) -> String {
        let columns = Columns::of(&self.results);
        let mut text = format!("### {}\n\n", in_line(&self.name));
        let row = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        text += &row(columns.names().map(str::to_owned).collect());
        text +=
            &row(columns.names().map(|_| "---:".to_owned()).collect()).replacen("---:", "---", 1);
        for result in &self.results {
            let cells = columns.cells(result).into_iter();
            let escaped = |cell: String| in_line(&cell).replace('|', "\\|").replace('*', "\\*");
            text += &row(cells.map(escaped).collect());
        }
        let _ = write!(text, "\nTotal duration: {}\n", nanos(self.duration_seconds() * 1e9));
        for note in self.notes() {
            let _ = write!(text, "\n{}\n", note.replace('*', "\\*"));
        }
        text
    }

    /// Returns the suite in Bencher Metric Format: `latency` in nanoseconds with its interval,
    /// `throughput` in calls per second, and allocations where they were counted.
    pub fn to_bmf(&self) -> String {
        let mut benchmarks = Map::new();
        for result in &self.results {
            let mut measures = json!({
                "latency": {
                    "value": result.mean_seconds * 1e9,
                    "lower_value": result.mean_interval.lower_seconds * 1e9,
                    "upper_value": result.mean_interval.upper_seconds * 1e9,
                },
                "throughput": { "value": result.throughput },
            });
            for (measure, value) in
                [("allocations", result.allocations), ("allocated-bytes", result.allocated_bytes)]
            {
                if let Some(value) = value {
                    measures[measure] = json!({ "value": value });
                }
            }
            benchmarks.insert(result.name.clone(), measures);
        }
        format!("{:#}", Value::Object(benchmarks))
    }

    fn notes(&self) -> impl Iterator<Item = &'static str> {
        let batched = self.results.iter().any(|result| result.batch > 1);
        let near_limit = self.results.iter().any(|result| result.near_limit);
        [batched.then_some(BATCHED), near_limit.then_some(NEAR_LIMIT)].into_iter().flatten()
    }
}

/// The columns that a report has beside the usual ones.
struct Columns {
    allocations: bool,
    units: bool,
}

impl Columns {
    fn of(results: &[BenchmarkResult]) -> Self {
        Self {
            allocations: results.iter().any(|result| result.allocations.is_some()),
            units: results.iter().any(|result| result.work.is_some()),
        }
    }

    fn names(&self) -> impl Iterator<Item = &'static str> {
        let usual = ["benchmark", "iterations", "mean", "min", "max", "ops/s"];
        let allocations = self.allocations.then_some("allocs/op");
        usual.into_iter().chain(allocations).chain(self.units.then_some("rate"))
    }

    fn cells(&self, result: &BenchmarkResult) -> Vec<String> {
        let seconds = |value: f64| nanos(value * 1e9);
        let mark = match (result.batch, result.near_limit) {
            (_, true) => "~",
            (2.., _) => "*",
            _ => "",
        };
        let mut cells = vec![
            format!("{}{mark}", result.name),
            result.iterations.to_string(),
            seconds(result.mean_seconds),
            seconds(result.min_seconds),
            seconds(result.max_seconds),
            count(result.throughput),
        ];
        if self.allocations {
            cells.push(result.allocations.map_or_else(String::new, allocations));
        }
        if self.units {
            cells.push(rate(result).unwrap_or_default());
        }
        cells
    }
}

/// Leaves out what would end the line.
fn in_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// Whole numbers as they are, others with two decimals.
fn allocations(each: f64) -> String {
    if each.fract() == 0.0 { format!("{each:.0}") } else { format!("{each:.2}") }
}

fn rate(result: &BenchmarkResult) -> Option<String> {
    let each_second = result.units_per_second()?;
    Some(match result.work? {
        Throughput::Bytes(_) => format!("{}/s", bytes(each_second as u64)),
        Throughput::Elements(_) => format!("{} elem/s", count(each_second)),
    })
}
