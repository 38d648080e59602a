//! How the session itself fares: its time, its CPU, its memory, and what holds it up.

use crate::ended::Ended;
use crate::ideal::{self, Task};
use crate::machine::{Saturation, cpu, resident_bytes};
use crate::observer::Told;
use crate::watchdog::{UnderWay, Watchdog};
use atp_journal::{Journal, Session};
use atp_protocol::Timestamp;
use std::collections::HashMap;
use std::time::Duration;
use tokio::task::{Id, JoinHandle, spawn_blocking};
use tokio::time::Instant;

/// What is measured of one session while it goes on.
pub(crate) struct Vitals {
    session: Session,
    began: Instant,
    cpu: Option<Duration>,
    watchdog: Watchdog,
    saturation: Saturation,
    /// The runs that have ended, and their attempts.
    runs: usize,
    tasks: Vec<Task>,
    /// The last time that the journal was brought to the disk. An error of it is the journal's.
    sync: Option<JoinHandle<()>>,
    synced: Instant,
}

impl Vitals {
    pub(crate) fn new(number: u32, began: Instant, held_up_after: Duration) -> Self {
        let mut session = Session::new(number, Timestamp::now());
        if let Some(bytes) = resident_bytes() {
            session.sample_rss(0.0, bytes);
        }
        Self {
            session,
            began,
            cpu: cpu(),
            watchdog: Watchdog::new(held_up_after),
            saturation: Saturation::new(),
            runs: 0,
            tasks: Vec::new(),
            sync: None,
            synced: began,
        }
    }

    /// Notes that a run has ended.
    pub(crate) fn ended(&mut self, ended: &Ended) {
        self.watchdog.ended();
        let attempts = ended.record.attempts.iter().zip(&ended.held_back).enumerate();
        self.tasks.extend(attempts.map(|(number, (attempt, held_back))| Task {
            run: self.runs,
            started: attempt.started_seconds,
            agent: attempt.agent_seconds,
            limited: held_back.limiter,
            retry_wait: (number > 0).then_some(held_back.retry_wait),
        }));
        self.runs += 1;
    }

    /// Looks after everything once in a while; this time it got its turn so `late`.
    pub(crate) fn look(
        &mut self,
        late: Duration,
        under_way: &HashMap<Id, UnderWay>,
        journal: &Journal,
        told: &mut Told<'_>,
    ) {
        if let Some(bytes) = resident_bytes() {
            self.session.sample_rss(self.began.elapsed().as_secs_f64(), bytes);
        }
        if let Some(warning) = self.saturation.look(late) {
            told.tell(|observer| observer.warned(&warning));
        }
        for (test, run, time, why) in self.watchdog.held_up(under_way) {
            told.tell(|observer| observer.held_up(test, run, time, &why));
        }
        let is_idle = self.sync.as_ref().is_none_or(JoinHandle::is_finished);
        if is_idle && self.synced.elapsed() >= Journal::SYNC_INTERVAL {
            let journal = journal.clone();
            self.sync = Some(spawn_blocking(move || drop(journal.sync())));
            self.synced = Instant::now();
        }
    }

    /// Returns the session as it was, in `parallel` slots.
    pub(crate) fn finish(mut self, interrupted: bool, parallel: u32) -> Session {
        let seconds = self.began.elapsed().as_secs_f64();
        if let Some(bytes) = resident_bytes() {
            self.session.sample_rss(seconds, bytes);
        }
        self.session.wall_seconds = seconds;
        let used = cpu().zip(self.cpu).map(|(now, before)| now.saturating_sub(before));
        self.session.platform_cpu_seconds = used.map(|used| used.as_secs_f64());
        self.session.ideal_seconds = Some(ideal::seconds(self.tasks, parallel));
        self.session.interrupted = interrupted;
        self.session
    }
}
