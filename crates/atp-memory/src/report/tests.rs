use super::*;
use crate::allocator::level::Peak;
use crate::heap::HeapCounts;
use crate::snapshot::HeapSnapshot;
use crate::timeline::Timeline;

const MIB: u64 = 1024 * 1024;

fn counts(allocated_bytes: u64, freed_bytes: u64) -> HeapCounts {
    HeapCounts { allocated_bytes, allocations: 3, freed_bytes, frees: 1 }
}

fn snapshot(label: &'static str, seconds: u64, counts: HeapCounts, peak: u64) -> MemorySnapshot {
    let peak = Peak { bytes: peak as i64, error_bytes: 0 };
    MemorySnapshot {
        label: label.into(),
        at: Duration::from_secs(seconds),
        heap: Some(HeapSnapshot { bookkeeping_bytes: 0, ..HeapSnapshot::new(counts, peak) }),
        rss_bytes: Some(20 * MIB),
        peak_rss_bytes: Some(21 * MIB),
    }
}

/// A report of these snapshots, each with the peak since the one before.
fn report(snapshots: Vec<(MemorySnapshot, u64)>) -> MemoryReport {
    let mut timeline = Timeline::new(100);
    let duration = snapshots.last().map_or(Duration::ZERO, |(last, _)| last.at);
    for (snapshot, peak) in snapshots {
        timeline.push(snapshot, Peak { bytes: peak as i64, error_bytes: 0 });
    }
    MemoryReport {
        source: Source::Allocator,
        duration,
        snapshots: timeline.snapshots(),
        changes: timeline.changes(),
        ..MemoryReport::empty()
    }
}

/// ME-01, ME-02
#[test]
fn a_snapshot_tells_its_bytes_in_mebibytes() {
    let snapshot = snapshot("load", 1, counts(MIB, 0), 2 * MIB);
    assert_eq!((snapshot.current_mib(), snapshot.peak_mib()), (Some(1.0), Some(2.0)));
    assert_eq!(snapshot.retained_bytes(), Some(19 * MIB as i64));
}

/// ME-04, ME-05, M4: allocated and freed are both told, and the net is their difference.
#[test]
fn a_change_tells_both_sides() {
    let from = snapshot("a", 0, counts(0, 0), 0);
    let to = snapshot("b", 1, counts(5 * MIB, 4 * MIB), 5 * MIB);
    let report = report(vec![(from, 0), (to, 5 * MIB)]);
    let diff = &report.changes[0];
    assert_eq!((diff.net_change_mib(), diff.allocated_mib()), (Some(1.0), Some(5.0)));
    assert_eq!(diff.heap.unwrap().counts.freed_bytes, 4 * MIB);
    assert_eq!(diff.heap.unwrap().peak_bytes, 5 * MIB);
}

/// ME-06, ME-07, ME-08
#[test]
fn a_report_adds_up() {
    let report = report(vec![
        (snapshot("start", 0, counts(1000, 0), 1000), 0),
        (snapshot("middle", 2, counts(2000, 0), 2000), 2000),
        (snapshot("end", 5, counts(4000, 1000), 3500), 3500),
    ]);
    assert_eq!(report.duration, Duration::from_secs(5));
    assert_eq!(report.allocated_bytes(), Some(3000));
    assert_eq!(report.freed_bytes(), Some(1000));
    assert_eq!(report.net_memory_change_bytes(), Some(2000));
    assert_eq!(report.net_rss_change_bytes(), Some(0));
    assert_eq!(report.peak_bytes(), Some(3500));
}

/// ME-08 without snapshots: nothing was measured, which is not the same as nothing.
#[test]
fn an_empty_report_has_no_figures() {
    let report = MemoryReport::empty();
    assert_eq!(report.net_memory_change_bytes(), None);
    assert_eq!((report.allocated_bytes(), report.peak_bytes()), (None, None));
    assert!(report.format_report().contains("Net change: -\n"));
}

/// A figure that one snapshot lacks is absent from the sum.
#[test]
fn a_gap_is_not_counted_as_zero() {
    let mut middle = snapshot("middle", 1, counts(10, 0), 10);
    middle.heap = None;
    middle.rss_bytes = None;
    let report = report(vec![
        (snapshot("start", 0, counts(0, 0), 0), 0),
        (middle, 10),
        (snapshot("end", 2, counts(20, 0), 20), 20),
    ]);
    assert_eq!(report.allocated_bytes(), None);
    assert_eq!(report.changes[0].rss_change_bytes, None);
    assert_eq!(report.net_memory_change_bytes(), Some(20));
}

/// ME-09
#[test]
fn the_text_has_the_figures_in_fitting_units() {
    let report = report(vec![
        (snapshot("start", 0, counts(0, 0), 0), 0),
        (snapshot("end", 3, counts(3 * MIB, 512), 3 * MIB), 3 * MIB),
    ]);
    let text = report.format_report();
    let expected = "\
================================================================================
Memory Usage Report
================================================================================
Duration:   3.00 s
Source:     heap and RSS
Net change: +3.00 MiB
Allocated:  3.00 MiB
Freed:      512 B
Peak heap:  3.00 MiB
RSS change: 0 B

Timeline
snapshot      at      heap  heap peak  blocks       RSS  RSS peak  retained
---------------------------------------------------------------------------
start       0 ns       0 B        0 B       2  20.0 MiB  21.0 MiB  20.0 MiB
end       3.00 s  3.00 MiB   3.00 MiB       2  20.0 MiB  21.0 MiB  17.0 MiB

Changes
change              net  allocated  freed      peak  RSS
--------------------------------------------------------
start -> end  +3.00 MiB   3.00 MiB  512 B  3.00 MiB  0 B

Top allocators: not sampled
";
    assert_eq!(text, expected, "{text}");
}
