//! What a tracker found out.

mod text;

use crate::allocator::sampler::Tally;
use crate::growth::Growth;
use crate::sites::{GroupBy, Measure, Site, Stacks};
use crate::snapshot::{MemoryDiff, MemorySnapshot};
use std::fmt;
use std::io;
use std::time::Duration;

/// Everything between a start and a stop.
///
/// With the feature `serde` it is a serde value whose `schema_version` changes with its meaning.
/// Durations are `{"secs", "nanos"}`, bytes are whole numbers, and what was not measured is `null`.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct MemoryReport {
    /// The version of this layout: [`MemoryReport::SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Where the figures come from.
    pub source: Source,
    /// From start to stop.
    pub duration: Duration,
    /// The timeline: `start`, what was asked for, `end`.
    pub snapshots: Vec<MemorySnapshot>,
    /// Snapshots that the timeline had no room for. What changed at them is in the next one.
    pub dropped_snapshots: u64,
    /// What changed from each snapshot to the next.
    pub changes: Vec<MemoryDiff>,
    /// Call sites; `None` if nothing was sampled.
    pub sampling: Option<Sampling>,
    /// Call sites that grow, the steepest first; `None` if nothing was sampled.
    pub growth: Option<Vec<Growth>>,
}

/// Where the figures of a report come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Source {
    /// The installed [`TrackingAllocator`](crate::TrackingAllocator), and the resident set.
    Allocator,
    /// The resident set alone: the allocator is not installed, and nothing about the heap is
    /// known.
    RssOnly,
}

/// How call sites were sampled, and what came of it.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Sampling {
    /// Bytes allocated for each sample, on average.
    pub interval_bytes: u64,
    /// Whether every block was seen from its allocation to its free: the interval is 1, and
    /// nothing was left out.
    pub exact: bool,
    /// How many blocks were sampled.
    pub samples: u64,
    /// Samples that the table of live blocks had no room for. They are in the totals; what is
    /// live is too low by them.
    pub dropped_samples: u64,
    /// Samples that the table of stacks had no room for: their call site is not known.
    pub unplaced_samples: u64,
    /// Bytes that threads beyond the 512 with counters of their own allocated, and that no
    /// estimate contains.
    pub unsampled_bytes: u64,
    /// By function, the largest live bytes first.
    pub sites: Vec<Site>,
    #[cfg_attr(feature = "serde", serde(skip))]
    stacks: Stacks,
}

impl MemoryReport {
    /// The version of the layout that this version of the crate writes.
    pub const SCHEMA_VERSION: u32 = 1;

    /// The report of a tracker that was not tracking.
    pub(crate) fn empty() -> Self {
        let installed = crate::allocator::census::is_installed();
        Self {
            schema_version: Self::SCHEMA_VERSION,
            source: if installed { Source::Allocator } else { Source::RssOnly },
            duration: Duration::ZERO,
            snapshots: Vec::new(),
            dropped_snapshots: 0,
            changes: Vec::new(),
            sampling: None,
            growth: None,
        }
    }

    /// Returns by how much the live heap changed from the first snapshot to the last; `None` if it
    /// was not measured.
    #[must_use]
    pub fn net_memory_change_bytes(&self) -> Option<i64> {
        let first = self.snapshots.first()?.heap?;
        let last = self.snapshots.last()?.heap?;
        Some(last.counts.since(&first.counts).net_bytes())
    }

    /// Returns by how much the resident set changed from the first snapshot to the last; `None`
    /// if it was not measured.
    #[must_use]
    pub fn net_rss_change_bytes(&self) -> Option<i64> {
        let first = self.snapshots.first()?.rss_bytes?;
        let last = self.snapshots.last()?.rss_bytes?;
        Some(last as i64 - first as i64)
    }

    /// Returns the bytes allocated over all changes; `None` if they were not measured.
    #[must_use]
    #[doc(alias = "total_allocated_bytes")]
    pub fn allocated_bytes(&self) -> Option<u64> {
        self.sum(|diff| Some(diff.heap?.counts.allocated_bytes))
    }

    /// Returns the bytes freed over all changes; `None` if they were not measured.
    #[must_use]
    #[doc(alias = "total_freed_bytes")]
    pub fn freed_bytes(&self) -> Option<u64> {
        self.sum(|diff| Some(diff.heap?.counts.freed_bytes))
    }

    /// Returns the highest live bytes between start and stop; `None` if they were not measured.
    #[must_use]
    pub fn peak_bytes(&self) -> Option<u64> {
        Some(self.snapshots.last()?.heap?.peak_bytes)
    }

    /// Returns the sampled call sites, the largest live bytes first; `None` if nothing was sampled.
    #[must_use]
    pub fn top_allocators(&self, by: GroupBy) -> Option<Vec<Site>> {
        self.sampling.as_ref().map(|sampling| sampling.stacks.sites(by))
    }

    /// Writes the sampled stacks as folded stacks, the input of flame graph tools; nothing if
    /// nothing was sampled.
    ///
    /// # Errors
    ///
    /// The writer's.
    pub fn write_folded(&self, writer: impl io::Write, measure: Measure) -> io::Result<()> {
        match &self.sampling {
            Some(sampling) => sampling.stacks.write_folded(writer, measure),
            None => Ok(()),
        }
    }

    /// Returns the report as text.
    #[must_use]
    pub fn format_report(&self) -> String {
        self.to_string()
    }

    fn sum(&self, part: impl Fn(&MemoryDiff) -> Option<u64>) -> Option<u64> {
        if self.changes.is_empty() {
            return None;
        }
        self.changes.iter().try_fold(0_u64, |sum, diff| Some(sum.saturating_add(part(diff)?)))
    }
}

impl fmt::Display for MemoryReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text::write(self, f)
    }
}

impl Sampling {
    pub(crate) fn new(
        interval_bytes: u64,
        tally: Tally,
        unsampled_bytes: u64,
        stacks: Stacks,
    ) -> Self {
        let Tally { recorded, dropped, unplaced } = tally;
        Self {
            interval_bytes,
            exact: interval_bytes == 1 && dropped == 0 && unsampled_bytes == 0,
            samples: recorded,
            dropped_samples: dropped,
            unplaced_samples: unplaced,
            unsampled_bytes,
            sites: stacks.sites(GroupBy::Function),
            stacks,
        }
    }
}

#[cfg(test)]
mod tests;
