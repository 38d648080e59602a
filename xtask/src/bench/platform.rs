//! What the `atp` program costs as a process, beside the smallest programs that do the same.

mod cases;
mod process;

use super::{
    Failure,
    output::{End, Grid, Section},
};
use serde::Serialize;
use serde_json::{Value, json};
use std::{fs, io, path::Path};

/// Figures of the platform, each beside its bar.
struct Platform(Vec<Row>);

/// One figure.
#[derive(Debug, Serialize)]
struct Row {
    what: &'static str,
    measured: f64,
    bar: f64,
    /// Whether the figure is to be below the bar, as a cost is, or above it.
    is_cost: bool,
    unit: &'static str,
}

/// Runs every case. It takes about half a minute, and tells little on a machine with other work.
pub(super) fn measure(program: &Path) -> Result<Box<dyn Section>, Failure> {
    let folder = program.with_file_name("platform-runs");
    clear(&folder)?;
    fs::create_dir(&folder)?;
    let mut rows = cases::starts(program, &folder)?;
    rows.extend(cases::no_ops(program, &folder)?);
    rows.extend(cases::events(program, &folder)?);
    rows.extend(cases::page(program, &folder)?);
    rows.extend(cases::sleepers(program, &folder)?);
    clear(&folder)?;
    Ok(Box::new(Platform(rows)))
}

/// Removes a folder with what an earlier measurement may have left in it.
fn clear(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

impl Row {
    fn at_most(what: &'static str, measured: f64, bar: f64, unit: &'static str) -> Self {
        Self { what, measured, bar, is_cost: true, unit }
    }

    fn at_least(what: &'static str, measured: f64, bar: f64, unit: &'static str) -> Self {
        Self { what, measured, bar, is_cost: false, unit }
    }

    /// A figure that is none holds nothing.
    fn holds(&self) -> bool {
        if self.is_cost { self.measured <= self.bar } else { self.measured >= self.bar }
    }

    fn cells(&self) -> [String; 4] {
        let sign = if self.is_cost { "<=" } else { ">=" };
        let holds = if self.holds() { "yes" } else { "NO" };
        [
            self.what.to_owned(),
            format!("{} {}", figure(self.measured), self.unit),
            format!("{sign} {} {}", figure(self.bar), self.unit),
            holds.to_owned(),
        ]
    }
}

/// Shows three digits, or all that stand before the point.
fn figure(number: f64) -> String {
    match number.abs() {
        large if large >= 100.0 => format!("{number:.0}"),
        middle if middle >= 10.0 => format!("{number:.1}"),
        small if small >= 1.0 => format!("{number:.2}"),
        _ => format!("{number:.3}"),
    }
}

impl Platform {
    fn grid(&self) -> Grid {
        let mut grid = Grid::new(["the platform as a process", "measured", "bar", "holds"]);
        for row in &self.0 {
            grid.push(row.cells());
        }
        grid
    }
}

impl Section for Platform {
    fn key(&self) -> &'static str {
        "platform"
    }

    fn text(&self) -> String {
        self.grid().text()
    }

    fn markdown(&self) -> String {
        format!("### The platform as a process\n\n{}", self.grid().markdown())
    }

    fn json(&self) -> Value {
        let row = |row: &Row| {
            let mut json = json!(row);
            json["holds"] = row.holds().into();
            json
        };
        self.0.iter().map(row).collect()
    }

    fn end(&self) -> End {
        if self.0.iter().all(Row::holds) { End::Pass } else { End::Failed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_hold_in_their_direction() {
        assert!(
            Row::at_most("x", 3.0, 3.0, "x").holds() && !Row::at_most("x", 3.1, 3.0, "x").holds()
        );
        assert!(Row::at_least("x", 5.0, 5.0, "/s").holds());
        assert!(!Row::at_least("x", 4.9, 5.0, "/s").holds());
        assert!(!Row::at_most("x", f64::NAN, 3.0, "x").holds());
    }

    #[test]
    fn a_missed_bar_fails_and_is_seen() {
        let platform = Platform(vec![
            Row::at_most("cost", 0.1234, 0.5, "%"),
            Row::at_least("rate", 1.0, 2.0, "/s"),
        ]);
        assert_eq!(platform.end(), End::Failed);
        let text = platform.text();
        assert!(
            text.contains("0.123 %") && text.contains(">= 2.00 /s") && text.contains("NO"),
            "{text}"
        );
        assert_eq!(
            (&platform.json()[0]["holds"], &platform.json()[1]["holds"]),
            (&json!(true), &json!(false))
        );
    }
}
