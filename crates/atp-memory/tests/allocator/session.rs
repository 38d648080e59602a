//! From a start to a stop.

use crate::{block, counting, sampling};
use atp_memory::{
    MemoryTracker, Source, TrackingError, current_usage, disable_memory_tracking,
    enable_memory_tracking, memory_tracker, track_memory,
};

/// ME-12, ME-13, ME-09.
pub(crate) fn a_tracker_reports_what_happened() {
    let tracker = counting();
    tracker.start().unwrap();
    assert!(tracker.is_tracking());
    let kept = block(1 << 20);
    let loaded = tracker.snapshot("after_load").unwrap();
    drop(block(3 << 20));
    let again = tracker.snapshot(String::from("after_more")).unwrap();
    assert_eq!((loaded.label.as_ref(), again.label.as_ref()), ("after_load", "after_more"));
    let report = tracker.stop();
    assert!(!tracker.is_tracking());
    drop(kept);

    assert_eq!(report.source, Source::Allocator);
    let labels: Vec<_> = report.snapshots.iter().map(|s| s.label.as_ref()).collect();
    assert_eq!(labels, ["start", "after_load", "after_more", "end"]);
    assert!(report.duration > std::time::Duration::ZERO);
    let label = "after_more".len() as i64;
    assert_eq!(report.net_memory_change_bytes(), Some((1 << 20) + label));
    assert_eq!(report.allocated_bytes(), Some((4 << 20) + label as u64));
    assert_eq!(report.freed_bytes(), Some(3 << 20));
    let snapshot = &report.snapshots[1];
    assert!(snapshot.peak_rss_bytes >= snapshot.rss_bytes);
    let text = report.format_report();
    for part in [
        "Memory Usage Report",
        "Duration:",
        "Net change: +1.00 MiB",
        "Allocated:  4.00 MiB",
        "Freed:      3.00 MiB",
        "Timeline",
        "after_load -> after_more",
        "Top allocators: not sampled",
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
}

/// M2: a session knows nothing of the one before; M11: nor of its settings.
pub(crate) fn a_second_session_starts_clean() {
    let tracker = sampling(1);
    tracker.start().unwrap();
    let kept = block(28 << 20);
    let first = tracker.stop();
    assert!(first.net_memory_change_bytes() >= Some(28 << 20));
    drop(kept);

    tracker.start().unwrap();
    drop(block(100));
    let second = tracker.stop();
    assert_eq!(second.net_memory_change_bytes(), Some(0));
    assert_eq!(second.allocated_bytes(), Some(100));
    assert_eq!(second.changes.len(), 1);
    let sampling = second.sampling.unwrap();
    assert_eq!((sampling.samples, sampling.interval_bytes, sampling.exact), (1, 1, true));
}

/// ME-10, ME-11, ME-15, ME-18: disabled, and tracking without a start.
pub(crate) fn a_disabled_tracker_does_nothing() {
    let tracker = MemoryTracker::disabled();
    assert!(!tracker.is_enabled());
    assert_eq!(tracker.start(), Ok(()));
    assert!(!tracker.is_tracking());
    assert_eq!(tracker.snapshot("none"), None);
    let (value, change) = tracker.track("none", || 5);
    assert_eq!((value, change), (5, None));
    let report = tracker.stop();
    assert!(report.snapshots.is_empty() && report.changes.is_empty());
    assert_eq!(report.net_memory_change_bytes(), None);
    assert_eq!(report.allocated_bytes(), None);

    let enabled = MemoryTracker::new();
    assert!(enabled.is_enabled());
    assert!(enabled.stop().snapshots.is_empty());
}

pub(crate) fn tracking_twice_is_an_error() {
    let tracker = counting();
    tracker.start().unwrap();
    tracker.snapshot("kept");
    assert!(matches!(tracker.start(), Err(TrackingError::AlreadyTracking { .. })));
    let report = tracker.stop();
    assert_eq!(report.snapshots.len(), 3);
}

/// ME-14, ME-18, ME-19, ME-20, M9.
pub(crate) fn the_global_tracker_can_be_switched_on_and_off() {
    assert!(!memory_tracker().is_enabled());
    let tracker = enable_memory_tracking();
    assert!(std::ptr::eq(tracker, memory_tracker()) && tracker.is_enabled());
    tracker.start().unwrap();
    let ((), change) = track_memory("test_operation", || drop(block(10)));
    assert_eq!(change.scope.unwrap().allocated_bytes, 10);
    // Its own `track` is the same thing, and takes no snapshot twice.
    assert_eq!(tracker.track("own", || ()).1.unwrap().label, "own");
    // Enabling again keeps what is being tracked.
    enable_memory_tracking();
    let report = disable_memory_tracking().unwrap();
    let labels: Vec<_> = report.snapshots.iter().map(|s| s.label.as_ref()).collect();
    let operation = ["test_operation_start", "test_operation_end"];
    assert_eq!(labels, ["start", operation[0], operation[1], "own_start", "own_end", "end"]);
    assert!(!tracker.is_tracking() && !tracker.is_enabled());
    assert_eq!(disable_memory_tracking(), None);
    assert_eq!(tracker.snapshot("off"), None);
}

/// M1: a stop ends the sampling, also for blocks that it leaves alive.
pub(crate) fn nothing_is_slower_after_a_stop() {
    let tracker = sampling(1);
    tracker.start().unwrap();
    let kept: Vec<_> = (0..100).map(|_| block(10)).collect();
    drop(tracker.stop());
    drop(kept);
    drop(block(10));
    // The next session has the tables to itself: nothing was recorded meanwhile.
    tracker.start().unwrap();
    let report = tracker.stop();
    assert_eq!(report.sampling.unwrap().samples, 0);

    // A tracker that is dropped while it tracks stops too.
    let dropped = sampling(1);
    dropped.start().unwrap();
    drop(dropped);
    tracker.start().unwrap();
    drop(tracker.stop());
}

/// M10: memory that no allocator handed out is in the resident set and in what is retained.
pub(crate) fn a_mapping_shows_in_the_resident_set() {
    let before = current_usage();
    // A stack is a mapping. Touching it makes it resident.
    let during = std::thread::Builder::new()
        .stack_size(160 << 20)
        .spawn(|| {
            let touched = std::hint::black_box([1_u8; 32 << 20]);
            let usage = current_usage();
            std::hint::black_box(&touched);
            usage
        })
        .unwrap()
        .join()
        .unwrap();
    let rss = during.rss_bytes.unwrap() - before.rss_bytes.unwrap();
    assert!(rss > 24 << 20, "{rss}");
    assert!(during.retained_bytes().unwrap() - before.retained_bytes().unwrap() > 24 << 20);
    assert!(during.live_bytes.unwrap().abs_diff(before.live_bytes.unwrap()) < 1 << 20);
}

/// M5: a snapshot walks over threads and call sites, and not over blocks: with many of them alive it
/// knows their number all the same, and allocates nothing for them.
pub(crate) fn a_snapshot_does_not_walk_the_live_blocks() {
    let before = current_usage().live_blocks.unwrap();
    let kept: Vec<Box<u8>> = (0..100_000).map(|_| Box::new(1)).collect();
    let tracker = counting();
    tracker.start().unwrap();
    let full = tracker.snapshot("full").unwrap().heap.unwrap();
    assert_eq!(full.live_blocks, before + 100_001);
    let report = tracker.stop();
    assert_eq!(report.allocated_bytes(), Some(0));
    let held = |index: usize| report.snapshots[index].heap.unwrap().bookkeeping_bytes;
    assert!(held(1).abs_diff(held(0)) < 10_000, "{} and {}", held(0), held(1));
    drop(kept);
}
