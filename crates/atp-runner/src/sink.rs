//! What becomes of the events of one attempt.

use crate::watchdog::Progress;
use atp_adapter::EventSink;
use atp_evaluation::Activity;
use atp_journal::{EventSpool, JournalError};
use atp_protocol::{Error, Event, EventOrder};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How much of the first invalid line is kept, in characters.
const SHOWN_CHARS: usize = 300;

/// Checks the order of events, folds them into what assertions look at, and hands them to the
/// journal. Memory and cost of an event do not depend on how many came before.
#[derive(Debug)]
pub(crate) struct Sink {
    order: EventOrder,
    activity: Activity,
    spool: EventSpool,
    heard: Heard,
    /// Events of the attempts before, for whoever watches.
    before: u64,
    progress: Arc<Progress>,
    failed: Option<JournalError>,
}

/// What is known of the events of an attempt.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard {
    pub(crate) events: u64,
    pub(crate) misordered: u64,
    pub(crate) invalid: u64,
    pub(crate) first_invalid: Option<String>,
    /// The time it took to handle them.
    pub(crate) time: Duration,
}

impl Sink {
    pub(crate) fn new(
        task_id: &str,
        spool: EventSpool,
        before: u64,
        progress: Arc<Progress>,
    ) -> Self {
        Self {
            order: EventOrder::lenient().with_task_id(task_id),
            activity: Activity::default(),
            spool,
            heard: Heard::default(),
            before,
            progress,
            failed: None,
        }
    }

    /// Returns the time that handling them took so far.
    pub(crate) fn time(&self) -> Duration {
        self.heard.time
    }

    /// Returns what assertions look at, and begins anew with it.
    pub(crate) fn activity(&mut self) -> Activity {
        std::mem::take(&mut self.activity)
    }

    /// Returns what came, and the spool, which is still to be finished.
    pub(crate) fn into_parts(self) -> (Heard, Result<EventSpool, JournalError>) {
        (self.heard, self.failed.map_or(Ok(self.spool), Err))
    }
}

impl EventSink for Sink {
    fn event(&mut self, event: Event<'_>, _line: &[u8]) {
        let begun = Instant::now();
        self.heard.events += 1;
        // One that is out of its place happened all the same.
        self.heard.misordered += u64::from(self.order.check(&event).is_err());
        self.activity.observe(&event);
        if self.failed.is_none() {
            self.failed = self.spool.push(&event).err();
        }
        self.progress.events(self.before + self.heard.events);
        self.heard.time += begun.elapsed();
    }

    fn invalid(&mut self, line: &[u8], reason: &Error) {
        let begun = Instant::now();
        self.heard.invalid += 1;
        self.heard.first_invalid.get_or_insert_with(|| {
            let beginning = line.get(..4 * SHOWN_CHARS).unwrap_or(line);
            let shown: String =
                String::from_utf8_lossy(beginning).chars().take(SHOWN_CHARS).collect();
            format!("{shown}: {reason}")
        });
        self.heard.time += begun.elapsed();
    }
}
