//! How a run ends.

use crate::{BAD_INPUT, INTERRUPTED, MISSED, SOME_FAILED, report_files::ReportedRun};
use atp_report::{Report, Verdict};
use clap::Args;
use std::process::ExitCode;

/// What a run is judged by, besides its tests.
#[derive(Args)]
pub(crate) struct Limits {
    /// The share of the agents' time that the platform may cost at most.
    #[arg(long, value_name = "PERCENT", value_parser = from_zero, allow_negative_numbers = true)]
    pub(crate) max_overhead: Option<f64>,
    /// Counts a test as failed that passed only after a failed attempt.
    #[arg(long)]
    pub(crate) no_flaky: bool,
}

/// How a run ended. Of several suites the last in this order is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ending {
    /// All tests passed.
    Passed,
    /// They did, but the platform cost more than it was allowed to.
    OverBudget,
    /// Some tests did not pass, or there was none.
    Failed,
    /// The run could not be carried out.
    Broken,
    /// A signal ended it.
    Interrupted,
}

impl Ending {
    /// Judges one suite's run. Without a limit the platform may cost what it likes. A shard may
    /// have nothing to run.
    pub(crate) fn of(run: &ReportedRun, limits: &Limits) -> Self {
        let ReportedRun { recording, report } = run;
        let passed = match report.verdict() {
            Verdict::Passed => true,
            Verdict::NothingRan => recording.header.shard.is_some(),
            Verdict::Failed | Verdict::Interrupted => false,
        };
        match limits.max_overhead {
            _ if !passed => Self::Failed,
            Some(most) if exceeds(report, most) => Self::OverBudget,
            _ => Self::Passed,
        }
    }

    pub(crate) fn exit_code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Passed => 0,
            Self::Failed => SOME_FAILED,
            Self::Broken => BAD_INPUT,
            Self::OverBudget => MISSED,
            Self::Interrupted => INTERRUPTED,
        })
    }
}

/// Tells whether any of the three shares is beyond `most` percent.
fn exceeds(report: &Report, most: f64) -> bool {
    let overhead = &report.overhead;
    let shares = [overhead.per_test_percent, overhead.wall_percent, overhead.cpu_percent];
    shares.into_iter().flatten().any(|share| share > most)
}

fn from_zero(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0);
    number.ok_or_else(|| "expected a number from 0".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_share_is_below_nothing() {
        assert_eq!(from_zero("0"), Ok(0.0));
        assert!(from_zero("-0.1").is_err() && from_zero("NaN").is_err());
    }
}
