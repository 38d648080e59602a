//! Runs that are under way, and who holds up the others when none of them ends.

use atp_suite::TestCase;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::task::Id;
use tokio::time::Instant;

/// How many runs are named at a time.
const MOST_NAMED: usize = 10;

/// How far a run is, for whoever watches. Only shown, so nothing waits for these stores.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    stage: AtomicU8,
    slot: AtomicU32,
    events: AtomicU64,
}

/// What a run is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Stage {
    Preparing,
    Agent,
    Evaluation,
    RetryWait,
    Queue,
}

/// A run that has begun and not ended.
#[derive(Debug)]
pub(crate) struct UnderWay {
    pub(crate) test: Arc<TestCase>,
    /// The position of its test.
    pub(crate) index: usize,
    pub(crate) run: u32,
    pub(crate) slot: u32,
    pub(crate) since: Instant,
    pub(crate) progress: Arc<Progress>,
}

/// Says when somebody should hear of the runs under way.
#[derive(Debug)]
pub(crate) struct Watchdog {
    after: Duration,
    quiet_since: Instant,
}

impl Progress {
    pub(crate) fn enter(&self, stage: Stage, slot: u32) {
        self.slot.store(slot, Relaxed);
        self.set(stage);
    }

    pub(crate) fn set(&self, stage: Stage) {
        self.stage.store(stage as u8, Relaxed);
    }

    /// Notes how many events came so far.
    pub(crate) fn events(&self, events: u64) {
        self.events.store(events, Relaxed);
    }

    fn why(&self) -> String {
        let (slot, events) = (self.slot.load(Relaxed), self.events.load(Relaxed));
        const PREPARING: u8 = Stage::Preparing as u8;
        const AGENT: u8 = Stage::Agent as u8;
        const EVALUATION: u8 = Stage::Evaluation as u8;
        const RETRY_WAIT: u8 = Stage::RetryWait as u8;
        match self.stage.load(Relaxed) {
            PREPARING => format!("in slot {slot} its workspace is made"),
            AGENT => format!("in slot {slot} the agent is at work, {events} events so far"),
            EVALUATION => format!("in slot {slot} the answer is evaluated"),
            RETRY_WAIT => "it waits before it is tried again".into(),
            _ => "it waits for a slot to be tried again".into(),
        }
    }
}

impl Watchdog {
    pub(crate) fn new(after: Duration) -> Self {
        Self { after, quiet_since: Instant::now() }
    }

    /// Notes that a run has ended.
    pub(crate) fn ended(&mut self) {
        self.quiet_since = Instant::now();
    }

    /// Returns who has to be named by now, the oldest first: test, run, time and what it does.
    /// Then it is quiet for as long again.
    pub(crate) fn held_up<'a>(
        &mut self,
        under_way: &'a HashMap<Id, UnderWay>,
    ) -> Vec<(&'a str, u32, Duration, String)> {
        let now = Instant::now();
        if now - self.quiet_since < self.after {
            return Vec::new();
        }
        self.quiet_since = now;
        let mut oldest: Vec<&UnderWay> = under_way.values().collect();
        oldest.sort_by_key(|run| (run.since, run.index, run.run));
        oldest.truncate(MOST_NAMED);
        let named = |run: &&'a UnderWay| {
            (run.test.id.as_str(), run.run, now - run.since, run.progress.why())
        };
        oldest.iter().map(named).collect()
    }
}
