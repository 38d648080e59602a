//! Snapshots in order, at most so many of them.

use crate::allocator::level::Peak;
use crate::snapshot::{MemoryDiff, MemorySnapshot};

#[derive(Debug)]
pub(crate) struct Timeline {
    /// Each with the peak since the one before it.
    entries: Vec<(MemorySnapshot, Peak)>,
    capacity: usize,
    dropped: u64,
}

impl Timeline {
    /// Creates a timeline of at most `capacity` snapshots, which must be three or more.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { entries: Vec::new(), capacity, dropped: 0 }
    }

    /// Adds a snapshot; `peak` is that of the time since the last one.
    pub(crate) fn push(&mut self, snapshot: MemorySnapshot, peak: Peak) {
        if self.entries.len() >= self.capacity {
            self.thin_out();
        }
        self.entries.push((snapshot, peak));
    }

    /// Drops every second snapshot between the first and the last; the next one takes over its
    /// peak.
    fn thin_out(&mut self) {
        let last = self.entries.len() - 1;
        let mut carried = Peak::default();
        for (position, (snapshot, peak)) in
            std::mem::take(&mut self.entries).into_iter().enumerate()
        {
            let peak = peak.max(carried);
            if position % 2 == 1 && position != last {
                carried = peak;
                self.dropped += 1;
            } else {
                carried = Peak::default();
                self.entries.push((snapshot, peak));
            }
        }
    }

    pub(crate) fn snapshots(&self) -> Vec<MemorySnapshot> {
        self.entries.iter().map(|(snapshot, _)| snapshot.clone()).collect()
    }

    /// What changed from each snapshot to the next.
    pub(crate) fn changes(&self) -> Vec<MemoryDiff> {
        let pairs = self.entries.windows(2);
        pairs.map(|pair| MemoryDiff::between(&pair[0].0, &pair[1].0, pair[1].1)).collect()
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::HeapCounts;
    use crate::snapshot::HeapSnapshot;
    use std::time::Duration;

    fn timeline(peaks: &[i64], capacity: usize) -> Timeline {
        let mut timeline = Timeline::new(capacity);
        for (index, bytes) in peaks.iter().enumerate() {
            let at = Duration::from_secs(index as u64);
            let counts = HeapCounts { allocated_bytes: 10 * index as u64, ..HeapCounts::default() };
            let peak = Peak { bytes: *bytes, error_bytes: 0 };
            let heap = Some(HeapSnapshot::new(counts, peak));
            let label = index.to_string().into();
            let snapshot =
                MemorySnapshot { label, at, heap, rss_bytes: None, peak_rss_bytes: None };
            timeline.push(snapshot, peak);
        }
        timeline
    }

    #[test]
    fn a_dropped_snapshot_leaves_its_peak_and_its_counts_to_the_next() {
        let timeline = timeline(&[100, 900, 200, 300, 400], 4);
        let labels: Vec<_> = timeline.snapshots().iter().map(|s| s.label.to_string()).collect();
        assert_eq!(labels, ["0", "2", "3", "4"]);
        assert_eq!(timeline.dropped(), 1);
        let changes = timeline.changes();
        assert_eq!(changes[0].heap.unwrap().peak_bytes, 900);
        assert_eq!(changes[0].heap.unwrap().counts.allocated_bytes, 20);
        assert_eq!(changes[1].heap.unwrap().peak_bytes, 300);
    }

    #[test]
    fn any_number_of_snapshots_stays_within_the_capacity() {
        for capacity in [3, 4, 5, 100] {
            let timeline = timeline(&[1; 1000], capacity);
            let kept = timeline.snapshots();
            assert!(kept.len() <= capacity);
            assert_eq!(kept.len() as u64 + timeline.dropped(), 1000);
            assert_eq!(kept[0].label, "0");
            assert_eq!(kept.last().unwrap().label, "999");
            let total: u64 =
                timeline.changes().iter().map(|c| c.heap.unwrap().counts.allocated_bytes).sum();
            assert_eq!(total, 9990);
        }
    }
}
