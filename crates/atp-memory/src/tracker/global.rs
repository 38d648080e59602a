//! The tracker of the process.

use super::MemoryTracker;
use crate::report::MemoryReport;
use std::sync::atomic::Ordering::Relaxed;

static TRACKER: MemoryTracker = MemoryTracker::disabled();

/// Returns the tracker of the process, which is disabled until it is enabled.
#[doc(alias = "get_memory_tracker")]
pub fn memory_tracker() -> &'static MemoryTracker {
    &TRACKER
}

/// Enables the tracker of the process and returns it. What it is tracking goes on.
pub fn enable_memory_tracking() -> &'static MemoryTracker {
    TRACKER.enabled.store(true, Relaxed);
    &TRACKER
}

/// Disables the tracker of the process. If it was tracking it stops, and its report is returned.
pub fn disable_memory_tracking() -> Option<MemoryReport> {
    TRACKER.enabled.store(false, Relaxed);
    TRACKER.take_session().map(|session| session.finish())
}

/// Puts a snapshot `<label><suffix>` into the timeline of the process's tracker.
pub(crate) fn mark(label: &str, suffix: &str) {
    TRACKER.mark(label, suffix);
}
