//! The loop that begins runs as slots become free, and hears of their ends.

use crate::ended::Ended;
use crate::error::RunError;
use crate::observer::{Observer, Told};
use crate::plan::{Planned, Work};
use crate::shared::Shared;
use crate::slots::Slot;
use crate::tally::Tally;
use crate::trial::{Job, Waited, carry_out};
use crate::vitals::Vitals;
use crate::watchdog::{Progress, Stage, UnderWay};
use atp_adapter::CancellationToken;
use atp_journal::{JournalError, Recording, RunRecord, RunStatus};
use atp_suite::TestCase;
use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{Id, JoinError, JoinSet, spawn_blocking};
use tokio::time::{Instant, sleep_until};

/// How often the loop looks after what is not the end of a run.
const LOOK: Duration = Duration::from_millis(250);

type Joined = Result<(Id, Result<Ended, JournalError>), JoinError>;

/// A session at work. Dropping it drops the runs under way, whose adapters end their agents then.
struct Loop<'a> {
    shared: Arc<Shared>,
    tally: Tally<'a>,
    vitals: Vitals,
    planned: std::iter::Enumerate<std::vec::IntoIter<Planned>>,
    /// The test at hand.
    at_hand: Option<AtHand>,
    /// How often each test runs.
    runs: u32,
    tasks: JoinSet<Result<Ended, JournalError>>,
    under_way: HashMap<Id, UnderWay>,
    /// How long the rate limit has kept runs from beginning.
    limited: Duration,
    /// The test that ended the session, with fail-fast.
    failed_first: Option<String>,
    /// The caller's token, of which that of the runs is a child.
    caller: CancellationToken,
}

/// A test whose runs begin one after the other.
struct AtHand {
    test: Arc<TestCase>,
    index: usize,
    /// The runs that have not begun, of which some were made before.
    left: RangeInclusive<u32>,
    made: BTreeMap<u32, usize>,
}

/// Does what is `planned`, each test `runs` times, until all is done or the `caller` stops it.
pub(crate) async fn work(
    shared: Arc<Shared>,
    planned: Vec<Planned>,
    recording: Recording,
    runs: u32,
    caller: CancellationToken,
    observer: &dyn Observer,
) -> Result<Recording, RunError> {
    let (journal, began) = (shared.journal.clone(), shared.began);
    let vitals = Vitals::new(journal.session_number(), began, shared.options.held_up_after);
    let mut session = Loop {
        tally: Tally::new(journal, Told::new(observer), recording, runs),
        vitals,
        planned: planned.into_iter().enumerate(),
        at_hand: None,
        runs,
        tasks: JoinSet::new(),
        under_way: HashMap::new(),
        limited: Duration::ZERO,
        failed_first: None,
        caller,
        shared,
    };
    let mut worked = session.run().await;
    if worked.is_err() {
        session.drain().await;
    } else {
        worked = session.leave_out_the_rest();
    }
    session.finish(worked).await
}

impl Loop<'_> {
    /// Begins and ends runs until none is left, or the session is stopped and none is under way.
    async fn run(&mut self) -> Result<(), JournalError> {
        let slots = Arc::clone(&self.shared.slots);
        let mut slot = pin!(slots.enter());
        let mut look_at = Instant::now() + LOOK;
        let mut look = pin!(sleep_until(look_at));
        let mut job = self.next_job()?;
        loop {
            let is_stopped = self.shared.stop.is_cancelled();
            if self.tasks.is_empty() && (job.is_none() || is_stopped) {
                return Ok(());
            }
            tokio::select! {
                biased;
                () = &mut look => {
                    self.look(look_at.elapsed());
                    look_at = Instant::now() + LOOK;
                    look.as_mut().reset(look_at);
                }
                () = self.shared.stop.cancelled(), if !is_stopped => {}
                Some(joined) = self.tasks.join_next_with_id() => self.ended(joined)?,
                entered = &mut slot, if job.is_some() && !is_stopped => {
                    if let Some(job) = job.take() {
                        self.begin(job, entered);
                    }
                    slot.set(slots.enter());
                    job = self.next_job()?;
                }
            }
        }
    }

    /// Returns the next run in the order of the suite, passing over tests that have none.
    fn next_job(&mut self) -> Result<Option<Job>, JournalError> {
        loop {
            if let Some(AtHand { test, index, left, made }) = &mut self.at_hand
                && let Some(run) = left.find(|run| !made.contains_key(run))
            {
                return Ok(Some(Job { test: Arc::clone(test), index: *index, run }));
            }
            let Some((index, Planned { test, work })) = self.planned.next() else {
                return Ok(None);
            };
            match work {
                Work::Skip(reason) => self.tally.skip(&test, &reason)?,
                Work::RunsBut(made) => {
                    let done = made.values().copied().collect();
                    self.tally.open(index, Arc::clone(&test), done)?;
                    self.at_hand = Some(AtHand { test, index, left: 1..=self.runs, made });
                }
            }
        }
    }

    fn begin(&mut self, job: Job, slot: Slot) {
        // Every run waits from the start of the session. What of it was not the rate limit, by
        // which those before it were kept up as well, was the lack of a slot.
        self.limited += slot.limited;
        let queue = self.shared.began.elapsed().saturating_sub(self.limited);
        let waited = Waited { queue, limiter: self.limited };
        let progress = Arc::new(Progress::default());
        progress.enter(Stage::Preparing, slot.number);
        let under_way = UnderWay {
            test: Arc::clone(&job.test),
            index: job.index,
            run: job.run,
            slot: slot.number,
            since: Instant::now(),
            progress: Arc::clone(&progress),
        };
        let (test, run, number) = (&job.test.id, job.run, slot.number);
        self.tally.told().tell(|observer| observer.run_started(test, run, number));
        let task = carry_out(Arc::clone(&self.shared), job, slot, waited, progress);
        let id = self.tasks.spawn(task).id();
        self.under_way.insert(id, under_way);
    }

    fn ended(&mut self, joined: Joined) -> Result<(), JournalError> {
        let (id, ended) = match joined {
            Ok((id, ended)) => (id, Ok(ended?)),
            Err(error) => (error.id(), Err(error)),
        };
        let Some(run) = self.under_way.remove(&id) else { return Ok(()) };
        let ended = ended.unwrap_or_else(|error| self.broken(&run, &error));
        self.vitals.ended(&ended);
        for warning in &ended.warnings {
            self.tally.told().tell(|observer| observer.warned(warning));
        }
        let has_failed = !matches!(ended.record.status, RunStatus::Passed | RunStatus::Skipped);
        self.tally.run(run.index, ended.record)?;
        if has_failed && self.shared.options.fail_fast {
            self.failed_first.get_or_insert_with(|| run.test.id.clone());
            self.shared.stop.cancel();
        }
        Ok(())
    }

    /// The record of a run whose task came to no end, which would be a fault of ours.
    fn broken(&self, run: &UnderWay, error: &JoinError) -> Ended {
        let mut record = RunRecord::new(run.test.id.as_str(), run.run, RunStatus::Error);
        record.slot = run.slot;
        record.session = self.shared.journal.session_number();
        record.started_seconds = (run.since - self.shared.began).as_secs_f64();
        record.finished_seconds = self.shared.seconds();
        record.ledger.balance(record.finished_seconds);
        record.error = Some(format!("the runner failed: {error}"));
        Ended { record, held_back: Vec::new(), warnings: Vec::new() }
    }

    fn look(&mut self, late: Duration) {
        let journal = self.tally.journal().clone();
        self.vitals.look(late, &self.under_way, &journal, self.tally.told());
    }

    /// Has all agents end, and keeps what their runs came to, though it cannot be written.
    async fn drain(&mut self) {
        self.shared.stop.cancel();
        while let Some(joined) = self.tasks.join_next_with_id().await {
            // The first error is the one that is told.
            drop(self.ended(joined));
        }
    }

    /// Gives the verdicts that fail-fast leaves. After a stop by the caller there are none: what
    /// has no verdict is done by the session that resumes.
    fn leave_out_the_rest(&mut self) -> Result<(), JournalError> {
        let Some(test) = self.failed_first.as_ref().filter(|_| !self.is_interrupted()) else {
            return Ok(());
        };
        let reason = format!("left out, for {test} failed before");
        self.tally.close_all(&reason)?;
        for (_, Planned { test, work }) in self.planned.by_ref() {
            match work {
                Work::Skip(own) => self.tally.skip(&test, &own)?,
                Work::RunsBut(_) => self.tally.skip(&test, &reason)?,
            }
        }
        Ok(())
    }

    /// Whether the caller or a lost rate stopped the session before everything was done.
    fn is_interrupted(&self) -> bool {
        let is_stopped = self.caller.is_cancelled() || self.shared.slots.lost().is_some();
        is_stopped && (self.tally.has_open() || self.planned.len() > 0)
    }

    async fn finish(mut self, worked: Result<(), JournalError>) -> Result<Recording, RunError> {
        if let Err((path, error)) = self.shared.workspaces.close() {
            let warning = format!("cannot remove the workspaces {}: {error}", path.display());
            self.tally.told().tell(|observer| observer.warned(&warning));
        }
        let interrupted = self.is_interrupted();
        let session = self.vitals.finish(interrupted, self.shared.options.parallel);
        let journal = self.tally.journal().clone();
        let mut recording = self.tally.into_recording();
        let written = worked.and_then(|()| journal.session(&session));
        recording.sessions.push(session);
        let synced = match written {
            // A panic is none of the disk.
            Ok(()) => spawn_blocking(move || journal.sync()).await.unwrap_or(Ok(())),
            error => error,
        };
        match (synced, self.shared.slots.lost()) {
            (Ok(()), None) => Ok(recording),
            (Ok(()), Some(source)) => {
                Err(RunError::RateLost { source, recording: Box::new(recording) })
            }
            (Err(source), _) => Err(RunError::Journal { source, recording: Box::new(recording) }),
        }
    }
}
