//! One run of a test, through all its attempts.

use crate::attempt::Attempt;
use crate::ended::{Ended, HeldBack};
use crate::outcome::Again;
use crate::shared::Shared;
use crate::slots::Slot;
use crate::watchdog::{Progress, Stage};
use atp_adapter::CancellationToken;
use atp_async::{GaveUp, RetryPolicy, retry_async};
use atp_journal::{JournalError, RunRecord, RunStatus};
use atp_suite::TestCase;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

/// The longest wait before a retry. A server that asks for a longer one is not asked again.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// A run that is to be made.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) test: Arc<TestCase>,
    /// The position of its test.
    pub(crate) index: usize,
    /// From 1.
    pub(crate) run: u32,
}

/// What a run had to wait for before it began: a slot, and the rate limit.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Waited {
    pub(crate) queue: Duration,
    pub(crate) limiter: Duration,
}

/// A run under way.
struct Trial {
    shared: Arc<Shared>,
    job: Job,
    progress: Arc<Progress>,
    ended: Ended,
    /// A slot for the next attempt, if it need not wait for one.
    slot: Option<Slot>,
    /// What the run waited for before it began.
    waited: Waited,
    /// When the last attempt ended.
    idle_since: Option<Instant>,
    /// Whether there is a wait before every retry.
    pauses: bool,
    failed: Option<JournalError>,
}

/// A run under way, and whether it may be dropped.
struct Running {
    trial: Mutex<Trial>,
    /// Held while an agent is at work, which must not be dropped then.
    at_work: Mutex<()>,
}

/// An attempt that failed because the agent could not be reached, or not now.
#[derive(Debug)]
struct Unreached {
    retry_after: Option<Duration>,
}

/// Makes the run `job`, beginning in `slot`.
///
/// While it waits between attempts it holds no slot. A run that is [stopped](Shared::stop) has
/// the adapter end its agent; one that waits ends at once.
pub(crate) async fn carry_out(
    shared: Arc<Shared>,
    job: Job,
    slot: Slot,
    waited: Waited,
    progress: Arc<Progress>,
) -> Result<Ended, JournalError> {
    let record = RunRecord::new(job.test.id.as_str(), job.run, RunStatus::Skipped);
    let ended = Ended { record, held_back: Vec::new(), warnings: Vec::new() };
    let stop = shared.stop.clone();
    let (retries, delay) = shared.retries();
    let pauses = delay.is_some_and(|delay| !delay.is_zero());
    let (slot, idle_since, failed) = (Some(slot), None, None);
    let trial = Trial { shared, job, progress, ended, slot, waited, idle_since, pauses, failed };
    let running = Arc::new(Running { trial: Mutex::new(trial), at_work: Mutex::new(()) });
    let is_stopped = tokio::select! {
        biased;
        () = attempts(&running, retries, delay) => false,
        () = stopped_between(&stop, &running) => true,
    };
    let running = Arc::into_inner(running).expect("the attempts are over, and their handles gone");
    let mut trial = running.trial.into_inner();
    if is_stopped {
        trial.stopped();
    }
    trial.finish()
}

/// Makes attempts until one passes or there is no sense in another.
async fn attempts(running: &Arc<Running>, retries: u32, delay: Option<Duration>) {
    let mut made = 0;
    loop {
        let handle = Arc::clone(running);
        // Its futures borrow nothing, for the compiler cannot see of one that borrows that it may
        // move from thread to thread.
        let attempt = move || {
            let running = Arc::clone(&handle);
            async move { running.trial.lock().await.attempt(&running.at_work).await }
        };
        let again = match retry_async(policy(retries - made, delay), attempt).await {
            Ok((again, number)) => {
                made = number;
                again
            }
            Err(gave_up) => {
                if let GaveUp::RetryAfter(wait) = gave_up.reason {
                    running.trial.lock().await.refused_wait(wait);
                }
                return;
            }
        };
        if again == Again::Never || made > retries {
            return;
        }
        if let Some(delay) = delay {
            sleep(delay).await;
        }
    }
}

/// Waits until the run is stopped and no agent is at work for it.
async fn stopped_between(stop: &CancellationToken, running: &Running) {
    stop.cancelled().await;
    drop(running.at_work.lock().await);
}

impl Trial {
    /// Waits for a slot and makes one attempt. Returns whether another makes sense, and how many
    /// were made by now.
    async fn attempt(&mut self, at_work: &Mutex<()>) -> Result<(Again, u32), Unreached> {
        let retry_wait = self.idle_since.map_or(Duration::ZERO, |since| since.elapsed());
        let (slot, waited) = match self.slot.take() {
            Some(slot) if self.made() == 0 => (slot, self.waited),
            slot => {
                self.progress.set(Stage::Queue);
                let slot = match slot {
                    Some(slot) => slot.again().await,
                    None => self.shared.slots.enter().await,
                };
                let waited = Waited { queue: slot.queued, limiter: slot.limited };
                (slot, waited)
            }
        };
        let _at_work = at_work.lock().await;
        if self.shared.stop.is_cancelled() {
            self.stopped();
            return Ok((Again::Never, self.made()));
        }
        let started = self.shared.seconds();
        let attempt = Attempt {
            shared: &self.shared,
            test: &self.job.test,
            run: self.job.run,
            number: self.made() + 1,
            slot: slot.number,
            events_before: self.ended.record.events,
            progress: &self.progress,
        };
        let outcome = match attempt.make().await {
            Ok(outcome) => outcome,
            Err(error) => {
                self.failed = Some(error);
                return Ok((Again::Never, self.made()));
            }
        };
        self.idle_since = Some(Instant::now());
        self.progress.set(Stage::RetryWait);
        let again = outcome.again;
        let record = &mut self.ended.record;
        if record.attempts.is_empty() {
            record.started_seconds = started;
        }
        record.slot = slot.number;
        record.ledger.queue += waited.queue.as_secs_f64();
        record.ledger.limiter += waited.limiter.as_secs_f64();
        record.ledger.retry_wait += retry_wait.as_secs_f64();
        let limiter = slot.limited.as_secs_f64();
        let held_back = HeldBack { limiter, retry_wait: retry_wait.as_secs_f64() };
        self.ended.add(outcome, held_back, started);
        match again {
            Again::Later(retry_after) => Err(Unreached { retry_after }),
            again => {
                if again == Again::AtOnce && !self.pauses {
                    self.slot = Some(slot);
                }
                Ok((again, self.made()))
            }
        }
    }

    /// How many attempts were made.
    fn made(&self) -> u32 {
        self.ended.record.attempts.len() as u32
    }

    /// Says why there is no further attempt though some are left.
    fn refused_wait(&mut self, wait: Duration) {
        if let Some(error) = &mut self.ended.record.error {
            let (wait, longest) = (wait.as_secs(), LONGEST_WAIT.as_secs());
            error.push_str(&format!(
                "; not tried again, for {wait} s is more than {longest} s to wait"
            ));
        }
    }

    /// Nothing more is done, and what was done before decides nothing.
    fn stopped(&mut self) {
        let record = &mut self.ended.record;
        record.status = RunStatus::Skipped;
        let last = record.error.take();
        record.error = Some(match last {
            None => "stopped before it began".into(),
            Some(error) => format!("stopped before it was tried again; before that: {error}"),
        });
        match self.idle_since {
            Some(since) => record.ledger.retry_wait += since.elapsed().as_secs_f64(),
            None => {
                record.ledger.queue = self.waited.queue.as_secs_f64();
                record.ledger.limiter = self.waited.limiter.as_secs_f64();
            }
        }
    }

    fn finish(self) -> Result<Ended, JournalError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let Ended { mut record, held_back, warnings } = self.ended;
        record.session = self.shared.journal.session_number();
        record.finished_seconds = self.shared.seconds();
        if record.attempts.is_empty() {
            record.started_seconds = record.finished_seconds;
        }
        record.ledger.balance(record.finished_seconds);
        // What is left of the last digit of a float is no time.
        record.ledger.other = record.ledger.other.max(0.0);
        Ok(Ended { record, held_back, warnings })
    }
}

/// How to answer an agent that cannot be reached: after the wait that its configuration asks for,
/// else after longer and longer ones, and in any case not before the server wants it.
fn policy(retries: u32, delay: Option<Duration>) -> RetryPolicy<Unreached> {
    let policy = RetryPolicy::new(retries).with_max_delay(LONGEST_WAIT);
    let policy = match delay {
        Some(delay) => {
            let longest = delay.max(LONGEST_WAIT);
            policy.with_delay(delay).with_backoff(1.0).without_jitter().with_max_delay(longest)
        }
        None => policy,
    };
    policy.retry_after(|unreached: &Unreached| unreached.retry_after)
}
