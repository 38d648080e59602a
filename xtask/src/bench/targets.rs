//! NFR-001: what the platform promises, measured where there is something to measure.

use super::{
    Failure,
    output::{End, Grid, Section},
};
use atp_table::nanos;
use serde::Serialize;
use serde_json::{Value, json};
use std::{
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

/// Starts of the program, of which the median counts.
const STARTS: usize = 11;
const START_UP_SECONDS: f64 = 2.0;

pub(super) struct Targets(Vec<Target>);

#[derive(Debug, Serialize)]
struct Target {
    name: &'static str,
    /// What is promised, in words.
    promise: &'static str,
    /// Absent where nothing measures it yet.
    measured: Option<Measured>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Measured {
    seconds: f64,
    limit_seconds: f64,
}

impl Measured {
    fn is_met(self) -> bool {
        self.seconds < self.limit_seconds
    }
}

/// Measures the targets that the `atp` program has something to measure with.
pub(super) fn measure(program: &Path) -> Result<Targets, Failure> {
    let started = Measured { seconds: start_up(program)?, limit_seconds: START_UP_SECONDS };
    Ok(Targets(targets(Some(started))))
}

fn targets(start_up: Option<Measured>) -> Vec<Target> {
    let target = |name, promise, measured| Target { name, promise, measured };
    vec![
        target("platform overhead", "< 5 % of agent time", None),
        target("CLI start-up", "< 2 s", start_up),
        target("parallel agents", "10 at a time", None),
        target("event handling", "10,000 events without degradation", None),
    ]
}

/// Returns the median time in seconds from starting `atp --version` to its end.
fn start_up(program: &Path) -> Result<f64, Failure> {
    let mut seconds = Vec::new();
    for _ in 0..STARTS {
        let mut command = Command::new(program);
        command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null());
        let start = Instant::now();
        let status = command.status().map_err(|error| format!("{}: {error}", program.display()))?;
        seconds.push(start.elapsed().as_secs_f64());
        if !status.success() {
            return Err(format!("{} --version ended with {status}", program.display()).into());
        }
    }
    Ok(atp_stats::median(&seconds)?)
}

impl Targets {
    fn grid(&self) -> Grid {
        let mut grid = Grid::new(["target", "promised", "measured", "margin", "met"]);
        for Target { name, promise, measured } in &self.0 {
            let [shown, margin, met] = match measured {
                None => ["not measured yet".to_owned(), String::new(), String::new()],
                Some(measured) => [
                    nanos(measured.seconds * 1e9),
                    format!("{:.0}x", measured.limit_seconds / measured.seconds),
                    if measured.is_met() { "yes" } else { "NO" }.to_owned(),
                ],
            };
            grid.push([(*name).to_owned(), (*promise).to_owned(), shown, margin, met]);
        }
        grid
    }
}

impl Section for Targets {
    fn key(&self) -> &'static str {
        "targets"
    }

    fn text(&self) -> String {
        format!("Platform targets (NFR-001)\n\n{}", self.grid().text())
    }

    fn markdown(&self) -> String {
        format!("### Platform targets (NFR-001)\n\n{}", self.grid().markdown())
    }

    fn json(&self) -> Value {
        let with_verdict = |target: &Target| {
            let mut json = json!(target);
            json["met"] = target.measured.map(Measured::is_met).into();
            json
        };
        self.0.iter().map(with_verdict).collect()
    }

    fn end(&self) -> End {
        let missed = self.0.iter().filter_map(|target| target.measured).any(|it| !it.is_met());
        if missed { End::Failed } else { End::Pass }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start_up_of(seconds: f64) -> Targets {
        Targets(targets(Some(Measured { seconds, limit_seconds: START_UP_SECONDS })))
    }

    #[test]
    fn a_missed_target_fails_and_an_unmeasured_one_does_not() {
        assert_eq!(start_up_of(0.004).end(), End::Pass);
        assert_eq!(start_up_of(2.0).end(), End::Failed);
        assert_eq!(Targets(targets(None)).end(), End::Pass);
    }

    #[test]
    fn the_table_tells_measured_from_not_measured() {
        let text = start_up_of(0.004).text();
        assert!(text.contains("4.00 ms    500x  yes"), "{text}");
        assert_eq!(text.matches("not measured yet").count(), 3);
        assert_eq!(start_up_of(3.0).json()[1]["met"], false);
        assert_eq!(start_up_of(3.0).json()[0]["met"], Value::Null);
    }
}
