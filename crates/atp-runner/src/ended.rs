//! What a run came to, added up from its attempts.

use crate::outcome::Outcome;
use atp_journal::{AttemptRecord, RunRecord};

/// A run that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) record: RunRecord,
    /// What held back each attempt, besides slots.
    pub(crate) held_back: Vec<HeldBack>,
    pub(crate) warnings: Vec<String>,
}

/// What held back an attempt, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct HeldBack {
    pub(crate) limiter: f64,
    pub(crate) retry_wait: f64,
}

impl Ended {
    /// Adds an attempt: the last one decides, and what was counted adds up.
    pub(crate) fn add(&mut self, outcome: Outcome, held_back: HeldBack, started: f64) {
        let record = &mut self.record;
        let (spent, measured, heard) = (outcome.spent, outcome.measured, outcome.heard);
        let mut attempt = AttemptRecord::new(outcome.status);
        attempt.agent_seconds = spent.agent;
        attempt.spawn_seconds = spent.spawn;
        attempt.wait_seconds = held_back.limiter + held_back.retry_wait;
        attempt.started_seconds = started;
        attempt.error.clone_from(&outcome.error);
        record.attempts.push(attempt);
        record.ledger += spent;
        record.events += heard.events;
        record.misordered_events += heard.misordered;
        record.invalid_events += heard.invalid;
        record.first_invalid = record.first_invalid.take().or(heard.first_invalid);
        record.spooled_events += outcome.spooled;
        record.dropped_events += outcome.dropped;
        record.leaky |= measured.leaky;
        record.ended_processes = record.ended_processes.saturating_add(measured.ended);
        record.remaining_processes = record.remaining_processes.saturating_add(measured.remaining);
        if let Some(cpu) = measured.cpu {
            *record.agent_cpu_seconds.get_or_insert(0.0) += cpu.as_secs_f64();
        }
        record.peak_rss_bytes = record.peak_rss_bytes.max(measured.peak_rss_bytes);
        record.status = outcome.status;
        record.error = outcome.error;
        record.metrics = outcome.metrics;
        record.score = outcome.score;
        record.evaluations = outcome.evaluations;
        record.skipped_assertions = outcome.skipped;
        self.held_back.push(held_back);
        self.warnings.extend(outcome.warnings);
    }
}
