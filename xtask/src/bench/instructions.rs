//! Instructions a call, counted by valgrind where it is installed.

use super::{
    Failure,
    findings::Change,
    rounds::Plan,
    worker::{Worker, answer},
};
use std::{
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};

/// Simulation is some fifty times slower than the processor.
const WITHIN: Duration = Duration::from_secs(300);
/// Calls that are counted at least, so that one more or less does not show.
const MIN_CALLS: u64 = 4;

/// Counts that repeat within this share tell one per cent from none.
const REPEATS_WITHIN: f64 = 0.003;

/// What is left out without it, and how to get it.
pub(super) const MISSING: &str =
    "instructions are not compared: valgrind is not installed (apt-get install valgrind)";

/// An installed valgrind.
pub(super) struct Valgrind {
    program: PathBuf,
}

impl Valgrind {
    /// Looks for valgrind.
    pub(super) fn find() -> Option<Self> {
        Self::at("valgrind")
    }

    /// Returns the valgrind of this name, if it can be started.
    pub(super) fn at(program: impl Into<PathBuf>) -> Option<Self> {
        let program = program.into();
        let mut probe = Command::new(&program);
        probe.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        probe.status().is_ok_and(|status| status.success()).then_some(Self { program })
    }

    /// Compares the instructions of one call, or tells why they do not compare: what valgrind
    /// cannot do is no reason to throw away what the clock has told.
    pub(super) fn compare(
        &self,
        baseline: &Worker,
        candidate: &Worker,
        plan: &Plan,
    ) -> Result<Change, String> {
        let name = &plan.name;
        let count = |worker| match self.count(worker, plan) {
            Ok(Some(count)) => Ok(count),
            Ok(None) => {
                Err(format!("instructions of {name} differ from run to run and are not compared"))
            }
            Err(error) => Err(format!("instructions of {name} are not compared: {error}")),
        };
        Ok(Change::instructions(count(baseline)?, count(candidate)?))
    }

    /// Returns the instructions of one call, or `None` where they differ from run to run: some
    /// code does what the clock tells it to.
    fn count(&self, worker: &Worker, plan: &Plan) -> Result<Option<f64>, Failure> {
        let (first, second) = (self.difference(worker, plan)?, self.difference(worker, plan)?);
        let repeats = (first - second).abs() <= REPEATS_WITHIN * first.min(second);
        Ok(repeats.then(|| first.min(second)))
    }

    /// Counts two processes that differ in the number of calls only, so that start-up and inputs
    /// cancel.
    fn difference(&self, worker: &Worker, plan: &Plan) -> Result<f64, Failure> {
        let calls = plan.iterations.max(MIN_CALLS);
        let once = self.total(worker, plan, calls)?;
        let twice = self.total(worker, plan, 2 * calls)?;
        Ok(twice.saturating_sub(once) as f64 / calls as f64)
    }

    fn total(&self, worker: &Worker, plan: &Plan, calls: u64) -> Result<u64, Failure> {
        let mut command = Command::new(&self.program);
        command
            .args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"])
            .arg("--log-fd=1")
            .arg(worker.binary())
            .args(["--exact", &plan.name, "--count", &calls.to_string(), "--json"]);
        let log = answer(&mut command, WITHIN).map_err(|error| format!("valgrind: {error}"))?;
        references(&log).ok_or_else(|| format!("valgrind counted nothing: {log}").into())
    }
}

/// Finds `==1== I   refs:      1,234,567` among the lines.
fn references(log: &str) -> Option<u64> {
    let line = log.lines().find(|line| line.contains("refs:"))?;
    let (_, number) = line.split_once("refs:")?;
    number.trim().replace(',', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_found_between_other_lines() {
        let log = "==7== Cachegrind\n{\"schema\":1}\n==7== I   refs:      1,234,567\n==7== \n";
        assert_eq!(references(log), Some(1_234_567));
        assert_eq!(references("==7== I refs:        42"), Some(42));
        assert_eq!(references("nothing"), None);
    }
}
