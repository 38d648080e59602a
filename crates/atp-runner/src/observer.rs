//! Who hears of runs while they go on.

use atp_journal::{RunRecord, TestRecord};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// Hears of runs while they go on.
///
/// It is called from the task that awaits [`Runner::run`](crate::Runner::run), one call at a time:
/// what it takes, the next run waits for. One that panics is not called again, and the runs go on.
pub trait Observer: Send + Sync {
    /// A run begins in a slot.
    fn run_started(&self, test: &str, run: u32, slot: u32) {
        let _ = (test, run, slot);
    }

    /// A run has ended and is in the journal.
    fn run_finished(&self, run: &RunRecord) {
        let _ = run;
    }

    /// A test has ended, or was left out, and is in the journal.
    fn test_finished(&self, test: &TestRecord) {
        let _ = test;
    }

    /// No run has ended for a while, and this one has been under way for `time`; `why` names its
    /// slot and what it is doing.
    fn held_up(&self, test: &str, run: u32, time: Duration, why: &str) {
        let _ = (test, run, time, why);
    }

    /// Something is wrong that changes no verdict, such as a machine that is too slow for the
    /// runner, or a workspace that cannot be removed.
    fn warned(&self, warning: &str) {
        let _ = warning;
    }
}

/// Hears nothing.
impl Observer for () {}

/// An observer until its first panic.
pub(crate) struct Told<'a> {
    observer: Option<&'a dyn Observer>,
}

impl<'a> Told<'a> {
    pub(crate) fn new(observer: &'a dyn Observer) -> Self {
        Self { observer: Some(observer) }
    }

    pub(crate) fn tell(&mut self, what: impl FnOnce(&dyn Observer)) {
        if let Some(observer) = self.observer
            && catch_unwind(AssertUnwindSafe(|| what(observer))).is_err()
        {
            self.observer = None;
        }
    }
}
