//! How a run ends.

use super::arguments::RunArguments;
use crate::{BAD_INPUT, INTERRUPTED, MISSED, SOME_FAILED};
use atp_report::{Report, Verdict};
use std::process::ExitCode;

/// How a run ended. Of several suites the last in this order is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ending {
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
    /// Judges one suite's run. A test that passed only after a failed attempt passes unless the
    /// command line says otherwise, and without a limit the platform may cost what it likes.
    pub(super) fn of(report: &Report, arguments: &RunArguments) -> Self {
        let passed = match report.verdict() {
            Verdict::Passed => !(arguments.no_flaky && report.summary.flaky > 0),
            Verdict::Failed | Verdict::Interrupted | Verdict::NothingRan => false,
        };
        match arguments.max_overhead {
            _ if !passed => Self::Failed,
            Some(most) if exceeds(report, most) => Self::OverBudget,
            _ => Self::Passed,
        }
    }

    pub(super) fn exit_code(self) -> ExitCode {
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
