//! When a run had its slot.

use atp_journal::RunRecord;

/// When a run got its slot, whether or not its record begins with the wait for it.
pub(crate) fn slot_taken(run: &RunRecord) -> f64 {
    let held = run.ledger.total() - run.ledger.queue;
    run.started_seconds.max(run.finished_seconds - held.max(0.0)).min(run.finished_seconds)
}
