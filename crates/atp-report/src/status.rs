//! Which ends of tests and runs are failures.

use atp_journal::{RunStatus, TestStatus};

/// Returns whether a test of this status makes the run a failed one. A flaky test does not.
pub(crate) fn is_failure(status: TestStatus) -> bool {
    matches!(status, TestStatus::Failed | TestStatus::Timeout | TestStatus::Error)
}

/// Returns whether a run ended in a way that fails its test.
pub(crate) fn is_failed_run(status: RunStatus) -> bool {
    matches!(status, RunStatus::Failed | RunStatus::Timeout | RunStatus::Error)
}
