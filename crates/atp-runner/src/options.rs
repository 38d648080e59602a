//! How the tests of a suite are run.

use crate::error::RunError;
use crate::pace::Limiter;
use atp_async::{RateConfig, RateLimiter};
use std::path::PathBuf;
use std::time::Duration;

/// As many as an adapter's configuration may ask for: each leaves a record of its attempt.
const MOST_RETRIES: u32 = 1000;

/// How the tests of a suite are run. The numbers are checked by [`Runner::new`](crate::Runner::new).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RunOptions {
    /// Runs at the same time: 10.
    pub parallel: u32,
    /// How often each test runs, whatever the suite says.
    pub runs: Option<u32>,
    /// How long the agent may take, whatever test and suite say.
    pub timeout: Option<Duration>,
    /// How long the agent may write nothing at all. No limit by default.
    pub idle_timeout: Option<Duration>,
    /// Attempts after the first one that does not pass, at most 1,000, whatever the adapter's
    /// configuration says.
    pub retries: Option<u32>,
    /// Attempts that may begin in a second. No limit by default.
    pub rate: Option<f64>,
    /// Whether the first test that fails ends the whole.
    pub fail_fast: bool,
    /// The folder in which workspaces are made and left. By default they lie in the folder for
    /// temporary files and are removed after evaluation.
    pub keep_workspaces: Option<PathBuf>,
    /// After how long without a run that ended the observer hears of those that go on: 60 seconds.
    pub held_up_after: Duration,
}

impl RunOptions {
    /// Returns ten at a time, and for the rest what suite and adapter say.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            parallel: 10,
            runs: None,
            timeout: None,
            idle_timeout: None,
            retries: None,
            rate: None,
            fail_fast: false,
            keep_workspaces: None,
            held_up_after: Duration::from_secs(60),
        }
    }

    /// Sets how many runs may be under way at the same time.
    #[must_use]
    pub const fn with_parallel(mut self, parallel: u32) -> Self {
        self.parallel = parallel;
        self
    }

    /// Sets how often each test runs; `None` leaves it to the suite.
    #[must_use]
    pub const fn with_runs(mut self, runs: Option<u32>) -> Self {
        self.runs = runs;
        self
    }

    /// Sets how long the agent may take; `None` leaves it to the test, then the suite.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets how long the agent may write nothing at all.
    #[must_use]
    pub const fn with_idle_timeout(mut self, idle_timeout: Option<Duration>) -> Self {
        self.idle_timeout = idle_timeout;
        self
    }

    /// Sets how often a run that did not pass is tried again; `None` leaves it to the adapter.
    #[must_use]
    pub const fn with_retries(mut self, retries: Option<u32>) -> Self {
        self.retries = retries;
        self
    }

    /// Sets how many attempts may begin in a second.
    #[must_use]
    pub const fn with_rate(mut self, per_second: Option<f64>) -> Self {
        self.rate = per_second;
        self
    }

    /// Sets whether the first test that fails ends the whole: nothing more begins, what is under
    /// way is stopped, and the rest is skipped.
    #[must_use]
    pub const fn with_fail_fast(mut self, fail_fast: bool) -> Self {
        self.fail_fast = fail_fast;
        self
    }

    /// Sets a folder in which workspaces are made and left.
    #[must_use]
    pub fn with_keep_workspaces(mut self, folder: Option<PathBuf>) -> Self {
        self.keep_workspaces = folder;
        self
    }

    /// Sets after how long without a run that ended the observer hears of those that go on.
    #[must_use]
    pub const fn with_held_up_after(mut self, time: Duration) -> Self {
        self.held_up_after = time;
        self
    }

    /// Refuses numbers that can only hang or do nothing, and makes the limiter of the rate.
    pub(crate) fn check(&self) -> Result<Limiter, RunError> {
        let zero = |what| Err(RunError::Zero { what });
        let is_zero = |time: Option<Duration>| time.is_some_and(|time| time.is_zero());
        if self.parallel == 0 {
            return zero("parallel");
        }
        if self.runs == Some(0) {
            return zero("runs");
        }
        if is_zero(self.timeout) {
            return zero("timeout");
        }
        if is_zero(self.idle_timeout) {
            return zero("idle_timeout");
        }
        if self.held_up_after.is_zero() {
            return zero("held_up_after");
        }
        if let Some(value) = self.retries.filter(|retries| *retries > MOST_RETRIES) {
            return Err(RunError::TooLarge { what: "retries", value, max: MOST_RETRIES });
        }
        let Some(rate) = self.rate else { return Ok(Limiter::Unlimited) };
        RateLimiter::new(paced(rate)).map(Limiter::Own).map_err(RunError::Rate)
    }
}

impl Default for RunOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// One at a time, with just the burst that timers of a millisecond need to reach the rate.
pub(crate) fn paced(per_second: f64) -> RateConfig {
    let within_two_timers = (per_second * 0.002).ceil().clamp(2.0, f64::from(u32::MAX));
    let burst = if per_second < 10.0 { 1 } else { within_two_timers as u32 };
    RateConfig::per_second(per_second).with_burst(burst)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_can_only_hang_are_refused() {
        let options = RunOptions::new();
        let zero = Some(Duration::ZERO);
        for wrong in [
            options.clone().with_parallel(0),
            options.clone().with_runs(Some(0)),
            options.clone().with_timeout(zero),
            options.clone().with_idle_timeout(zero),
            options.clone().with_held_up_after(Duration::ZERO),
            options.clone().with_retries(Some(1001)),
            options.clone().with_rate(Some(0.0)),
            options.clone().with_rate(Some(-1.0)),
            options.clone().with_rate(Some(f64::NAN)),
            options.clone().with_rate(Some(f64::INFINITY)),
        ] {
            assert!(wrong.check().is_err(), "{wrong:?}");
        }
        assert!(options.with_retries(Some(0)).with_rate(Some(0.01)).check().is_ok());
    }

    #[test]
    fn slow_rates_have_no_burst() {
        assert_eq!(paced(1.0).burst, 1);
        assert_eq!(paced(10.0).burst, 2);
        assert_eq!(paced(5000.0).burst, 10);
    }
}
