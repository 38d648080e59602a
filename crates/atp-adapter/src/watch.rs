//! When a run has to end: its time is up, it is silent for too long, or the caller stops it.

use crate::adapter::{Run, RunLimits};
use crate::error::{Failure, TimeoutKind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::sync::WaitForCancellationFutureOwned;

/// Watches over one run, on tokio's clock.
pub(crate) struct Watch {
    limits: RunLimits,
    begun: Instant,
    last_sign: Instant,
    /// Rests until the first moment at which a limit could be reached, as far as was known when
    /// it was set: signs of life do not move it, it looks for them when it wakes.
    sleep: Option<Pin<Box<Sleep>>>,
    stopped: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl Watch {
    /// Begins to watch; `cap` is the limit of the adapter's own configuration.
    pub(crate) fn begin(run: &Run<'_>, cap: Option<Duration>) -> Self {
        let now = Instant::now();
        let timeout = match (run.limits.timeout, cap) {
            (Some(limit), Some(cap)) => Some(limit.min(cap)),
            (limit, cap) => limit.or(cap),
        };
        let mut watch = Self {
            limits: run.limits.with_timeout(timeout),
            begun: now,
            last_sign: now,
            sleep: None,
            stopped: Box::pin(run.stop.clone().cancelled_owned()),
        };
        watch.sleep = watch.next().map(|at| Box::pin(sleep_until(at)));
        watch
    }

    /// Notes that the agent wrote something.
    pub(crate) fn sign_of_life(&mut self) {
        if self.limits.idle_timeout.is_some() {
            self.last_sign = Instant::now();
        }
    }

    pub(crate) fn limits(&self) -> &RunLimits {
        &self.limits
    }

    /// Returns the time since the beginning.
    pub(crate) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Waits until the run has to end. Nothing is lost if this is dropped and called again.
    pub(crate) async fn end(&mut self) -> Failure {
        std::future::poll_fn(|cx| self.poll_end(cx)).await
    }

    /// Runs `work` until the run has to end.
    pub(crate) async fn over<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Failure> {
        tokio::select! {
            biased;
            failure = self.end() => Err(failure),
            result = work => Ok(result),
        }
    }

    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Failure> {
        if self.stopped.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Failure::Stopped);
        }
        loop {
            let Some(sleep) = &mut self.sleep else { return Poll::Pending };
            ready!(sleep.as_mut().poll(cx));
            let now = Instant::now();
            let of = |kind, after| Poll::Ready(Failure::Timeout { kind, after });
            let RunLimits { timeout, idle_timeout, .. } = self.limits;
            if let Some(after) = timeout.filter(|limit| now - self.begun >= *limit) {
                return of(TimeoutKind::Total, after);
            }
            if let Some(after) = idle_timeout.filter(|limit| now - self.last_sign >= *limit) {
                return of(TimeoutKind::Idle, after);
            }
            match self.next() {
                Some(at) => self.sleep.as_mut().map(|sleep| sleep.as_mut().reset(at)),
                None => self.sleep.take().map(drop),
            };
        }
    }

    /// The first moment at which a limit is reached if there is no sign of life until then. A
    /// limit beyond the end of the clock is none.
    fn next(&self) -> Option<Instant> {
        let total = self.limits.timeout.and_then(|limit| self.begun.checked_add(limit));
        let idle = self.limits.idle_timeout.and_then(|limit| self.last_sign.checked_add(limit));
        total.into_iter().chain(idle).min()
    }
}
