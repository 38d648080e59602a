//! What one attempt came to.

use crate::sink::Heard;
use atp_adapter::{AdapterError, Failure, Measured};
use atp_evaluation::{Findings, Verdict};
use atp_journal::{Ledger, RunStatus, SkippedAssertion};
use atp_protocol::Metrics;
use atp_scoring::Evaluation;
use std::error::Error;
use std::time::Duration;

/// How much of an error is kept, in characters.
const ERROR_CHARS: usize = 2000;

/// What one attempt came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) status: RunStatus,
    pub(crate) error: Option<String>,
    pub(crate) again: Again,
    /// The phases of this attempt; the waits before it are not here.
    pub(crate) spent: Ledger,
    pub(crate) measured: Measured,
    pub(crate) heard: Heard,
    pub(crate) spooled: u64,
    pub(crate) dropped: u64,
    pub(crate) metrics: Option<Metrics>,
    pub(crate) score: Option<f64>,
    pub(crate) evaluations: Vec<Evaluation>,
    pub(crate) skipped: Vec<SkippedAssertion>,
    /// What is wrong without changing the verdict.
    pub(crate) warnings: Vec<String>,
}

/// Whether another attempt makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// It would end the same way, or this one passed.
    Never,
    /// The agent may do better.
    AtOnce,
    /// The way to the agent may be better after a while, or after what the server asked for.
    Later(Option<Duration>),
}

impl Outcome {
    /// An attempt of which nothing is known yet.
    pub(crate) fn new() -> Self {
        Self {
            status: RunStatus::Error,
            error: None,
            again: Again::Never,
            spent: Ledger::default(),
            measured: Measured::default(),
            heard: Heard::default(),
            spooled: 0,
            dropped: 0,
            metrics: None,
            score: None,
            evaluations: Vec::new(),
            skipped: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// There is no answer to judge.
    pub(crate) fn fail(&mut self, status: RunStatus, error: impl Into<String>, again: Again) {
        self.status = status;
        self.error = Some(cut(error.into()));
        self.again = again;
    }

    /// The adapter gave no answer. Only a run that really was stopped counts as not tried.
    pub(crate) fn refuse(&mut self, error: &AdapterError, is_stopped: bool) {
        let failure = &error.failure;
        if is_stopped && matches!(failure, Failure::Stopped) {
            return self.fail(
                RunStatus::Skipped,
                "stopped while the agent was at work",
                Again::Never,
            );
        }
        let (status, again) = match failure {
            Failure::Timeout { .. } => (RunStatus::Timeout, Again::AtOnce),
            Failure::Request(_) | Failure::NotFound { .. } | Failure::Blocked { .. } => {
                (RunStatus::Error, Again::Never)
            }
            Failure::Status { retry_after, .. } if failure.is_transient() => {
                (RunStatus::Error, Again::Later(*retry_after))
            }
            _ if failure.is_transient() => (RunStatus::Error, Again::Later(None)),
            _ => (RunStatus::Error, Again::AtOnce),
        };
        self.fail(status, chain(error), again);
    }

    /// There is an answer, and this is what it is worth.
    pub(crate) fn judge(&mut self, findings: Findings, verdict: Verdict) {
        self.score = verdict.score;
        self.evaluations = findings.evaluations;
        let skipped = findings.skipped.into_iter();
        self.skipped =
            skipped.map(|it| SkippedAssertion::new(it.index, it.kind, it.reason)).collect();
        if verdict.passed {
            (self.status, self.error, self.again) = (RunStatus::Passed, None, Again::Never);
        } else {
            let reason = verdict.reason.unwrap_or_else(|| "an assertion does not hold".into());
            self.fail(RunStatus::Failed, reason, Again::AtOnce);
        }
    }
}

/// An error with all its causes, in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(ERROR_CHARS) {
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(failure: Failure, is_stopped: bool) -> (RunStatus, Again) {
        let mut outcome = Outcome::new();
        outcome.refuse(&failure.into(), is_stopped);
        (outcome.status, outcome.again)
    }

    #[test]
    fn what_is_worth_another_attempt() {
        let minute = Some(Duration::from_secs(60));
        let status =
            |status, retry_after| Failure::Status { status, body: String::new(), retry_after };
        let connection = Failure::Connection { endpoint: "x".into(), reason: "y".into() };
        for (failure, expected) in [
            (status(429, minute), (RunStatus::Error, Again::Later(minute))),
            (status(503, None), (RunStatus::Error, Again::Later(None))),
            (status(401, minute), (RunStatus::Error, Again::AtOnce)),
            (connection, (RunStatus::Error, Again::Later(None))),
            (Failure::NotFound { program: "x".into() }, (RunStatus::Error, Again::Never)),
            (Failure::NoResponse { stderr: "x".into() }, (RunStatus::Error, Again::AtOnce)),
            (Failure::Stopped, (RunStatus::Error, Again::AtOnce)),
        ] {
            assert_eq!(refused(failure.clone(), false), expected, "{failure}");
        }
        assert_eq!(refused(Failure::Stopped, true), (RunStatus::Skipped, Again::Never));
    }

    #[test]
    fn long_errors_are_cut_and_causes_told() {
        let mut outcome = Outcome::new();
        outcome.fail(RunStatus::Error, "ä".repeat(5000), Again::Never);
        assert_eq!(outcome.error.unwrap().chars().count(), ERROR_CHARS + 1);
        let mismatch = atp_protocol::Response::new("a", atp_protocol::Status::Completed)
            .check_task_id("b")
            .unwrap_err();
        let error = AdapterError::from(Failure::ForeignTask(mismatch));
        assert_eq!(chain(&error), "the response is for task \"a\", not for \"b\"");
    }
}
