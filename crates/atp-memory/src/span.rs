//! What the process did while something ran.

use crate::allocator::census::{self, uncounted};
use crate::allocator::level::Peak;
use crate::heap::HeapCounts;
use crate::process;
use crate::snapshot::{HeapSnapshot, MemoryDiff, MemorySnapshot};
use crate::window::PeakWindow;
use std::borrow::Cow;
use std::time::Instant;

/// A span of time that has begun.
#[derive(Debug)]
pub(crate) struct Span {
    started: Instant,
    rss_bytes: Option<u64>,
    /// The window of the peak, and the counters when it was opened; without the allocator `None`.
    heap: Option<(PeakWindow, HeapCounts)>,
}

impl Span {
    pub(crate) fn begin() -> Self {
        let rss_bytes = uncounted(process::rss_bytes);
        let heap = census::is_installed().then(|| (PeakWindow::open(), census::process()));
        Self { started: Instant::now(), rss_bytes, heap }
    }

    pub(crate) fn end(self) -> MemoryDiff {
        let counts = census::process();
        let (heap, peak) = match self.heap {
            Some((window, before)) => (Some(before), window.close()),
            None => (None, Peak::default()),
        };
        let snapshot = |label, at, counts: Option<HeapCounts>, rss_bytes| MemorySnapshot {
            label: Cow::Borrowed(label),
            at,
            heap: counts.map(|counts| HeapSnapshot::new(counts, Peak::default())),
            rss_bytes,
            peak_rss_bytes: None,
        };
        let before = snapshot("start", std::time::Duration::ZERO, heap, self.rss_bytes);
        let rss_bytes = uncounted(process::rss_bytes);
        let after = snapshot("end", self.started.elapsed(), heap.map(|_| counts), rss_bytes);
        MemoryDiff::between(&before, &after, peak)
    }
}
