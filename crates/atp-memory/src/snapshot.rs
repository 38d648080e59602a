//! What the process held at one moment, and what changed between two.

use crate::allocator::census;
use crate::allocator::level::Peak;
use crate::heap::HeapCounts;
use std::borrow::Cow;
use std::time::Duration;

/// What the process held at one moment.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct MemorySnapshot {
    /// What it was called.
    pub label: Cow<'static, str>,
    /// Time since tracking started.
    pub at: Duration,
    /// The heap; `None` unless the [`TrackingAllocator`](crate::TrackingAllocator) is installed.
    pub heap: Option<HeapSnapshot>,
    /// Resident set size; `None` where the system does not tell.
    pub rss_bytes: Option<u64>,
    /// Highest resident set size since the process started; `None` except on Linux.
    pub peak_rss_bytes: Option<u64>,
}

/// The heap at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct HeapSnapshot {
    /// Bytes allocated and not freed.
    #[doc(alias = "current_bytes")]
    pub live_bytes: u64,
    /// Blocks allocated and not freed.
    #[doc(alias = "traced_blocks")]
    pub live_blocks: u64,
    /// The highest `live_bytes` since tracking started.
    pub peak_bytes: u64,
    /// The most that `peak_bytes` may be wrong by, up or down; 0 while one thread allocates.
    pub peak_error_bytes: u64,
    /// Everything since the process started.
    pub counts: HeapCounts,
    /// What this crate holds for its own bookkeeping; in no other figure of the heap.
    pub bookkeeping_bytes: u64,
}

/// What changed between two snapshots.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct MemoryDiff {
    /// Label of the earlier snapshot.
    pub from: Cow<'static, str>,
    /// Label of the later one.
    pub to: Cow<'static, str>,
    /// Time between them.
    pub duration: Duration,
    /// The heap's part; `None` unless both snapshots have it.
    pub heap: Option<HeapDiff>,
    /// Change of the resident set; `None` unless both snapshots have it.
    pub rss_change_bytes: Option<i64>,
}

/// What the heap went through between two moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct HeapDiff {
    /// What was allocated and freed meanwhile.
    pub counts: HeapCounts,
    /// The highest live bytes meanwhile, whatever they were before.
    pub peak_bytes: u64,
    /// The most that `peak_bytes` may be wrong by, up or down.
    pub peak_error_bytes: u64,
}

impl MemorySnapshot {
    /// Returns the live heap in MiB, if it was measured.
    #[must_use]
    #[doc(alias = "current_mb")]
    pub fn current_mib(&self) -> Option<f64> {
        self.heap.map(|heap| mib(heap.live_bytes as f64))
    }

    /// Returns the peak of the heap in MiB, if it was measured.
    #[must_use]
    #[doc(alias = "peak_mb")]
    pub fn peak_mib(&self) -> Option<f64> {
        self.heap.map(|heap| mib(heap.peak_bytes as f64))
    }

    /// Returns resident bytes that are not live heap, if both were measured.
    ///
    /// Freed memory that the allocator has kept, its overhead, code, stacks and mappings. Negative
    /// if part of the heap was never touched or is swapped out.
    #[must_use]
    pub fn retained_bytes(&self) -> Option<i64> {
        Some(self.rss_bytes? as i64 - self.heap?.live_bytes as i64)
    }
}

impl MemoryDiff {
    /// Compares two snapshots between which the heap reached `peak`.
    pub(crate) fn between(earlier: &MemorySnapshot, later: &MemorySnapshot, peak: Peak) -> Self {
        let heap = earlier.heap.zip(later.heap).map(|(before, after)| HeapDiff {
            counts: after.counts.since(&before.counts),
            peak_bytes: peak_bytes(peak, after.live_bytes.max(before.live_bytes)),
            peak_error_bytes: peak.error_bytes.max(0) as u64,
        });
        let rss = earlier.rss_bytes.zip(later.rss_bytes);
        Self {
            from: earlier.label.clone(),
            to: later.label.clone(),
            duration: later.at.saturating_sub(earlier.at),
            heap,
            rss_change_bytes: rss.map(|(before, after)| after as i64 - before as i64),
        }
    }

    /// Returns the net change of the heap in bytes, if it was measured.
    #[must_use]
    pub fn net_change_bytes(&self) -> Option<i64> {
        self.heap.map(|heap| heap.counts.net_bytes())
    }

    /// Returns the net change of the heap in MiB, if it was measured.
    #[must_use]
    #[doc(alias = "net_change_mb")]
    pub fn net_change_mib(&self) -> Option<f64> {
        self.net_change_bytes().map(|bytes| mib(bytes as f64))
    }

    /// Returns what was allocated in MiB, if it was measured.
    #[must_use]
    #[doc(alias = "allocated_mb")]
    pub fn allocated_mib(&self) -> Option<f64> {
        self.heap.map(|heap| mib(heap.counts.allocated_bytes as f64))
    }
}

impl HeapSnapshot {
    /// Puts the counters and the peak since tracking started side by side.
    pub(crate) fn new(counts: HeapCounts, peak: Peak) -> Self {
        let live_bytes = counts.net_bytes().max(0) as u64;
        Self {
            live_bytes,
            live_blocks: counts.net_blocks().max(0) as u64,
            peak_bytes: peak_bytes(peak, live_bytes),
            peak_error_bytes: peak.error_bytes.max(0) as u64,
            counts,
            bookkeeping_bytes: census::bookkeeping().net_bytes().max(0) as u64,
        }
    }
}

/// What was seen to be live was a peak at the least.
fn peak_bytes(peak: Peak, live_bytes: u64) -> u64 {
    (peak.bytes.max(0) as u64).max(live_bytes)
}

fn mib(bytes: f64) -> f64 {
    bytes / 1024.0 / 1024.0
}
