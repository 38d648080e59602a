use atp_memory::{
    ConfigError, GroupBy, Measure, MemoryConfig, MemoryFutureExt, MemoryScope, MemoryTracker,
    Source, TrackingError, current_usage, measure_heap, track_memory,
};
use std::task::{Context, Poll, Waker};

/// The heap is not measured, and the resident set is not put in its place.
#[test]
fn without_the_allocator_the_heap_is_absent_and_the_report_says_so() {
    let tracker = MemoryTracker::new();
    tracker.start().unwrap();
    let kept = vec![1_u8; 8 << 20];
    let snapshot = tracker.snapshot("after_load").unwrap();
    assert_eq!(snapshot.heap, None);
    assert_eq!((snapshot.current_mib(), snapshot.peak_mib()), (None, None));
    assert_eq!(snapshot.retained_bytes(), None);
    assert!(snapshot.rss_bytes.unwrap() > 8 << 20);
    let report = tracker.stop();
    drop(kept);

    assert_eq!(report.source, Source::RssOnly);
    assert_eq!(report.snapshots.len(), 3);
    assert_eq!(report.net_memory_change_bytes(), None);
    assert_eq!((report.allocated_bytes(), report.freed_bytes()), (None, None));
    assert_eq!(report.peak_bytes(), None);
    assert!(report.net_rss_change_bytes().is_some());
    assert!(
        report.changes.iter().all(|diff| diff.heap.is_none() && diff.rss_change_bytes.is_some())
    );
    assert_eq!((report.sampling.as_ref(), report.growth.as_ref()), (None, None));
    assert_eq!(report.top_allocators(GroupBy::Function), None);
    let mut folded = Vec::new();
    report.write_folded(&mut folded, Measure::Live).unwrap();
    assert!(folded.is_empty());
    let text = report.to_string();
    assert!(text.contains("RSS only (no TrackingAllocator is installed"), "{text}");
    assert!(text.contains("Net change: -\n"), "{text}");
}

#[test]
fn without_the_allocator_scopes_tell_the_resident_set() {
    let (value, change) = track_memory("scope", || vec![1_u8; 1000]);
    assert_eq!(value.len(), 1000);
    assert_eq!((change.scope, change.outlived), (None, None));
    assert_eq!(change.process.heap, None);
    assert!(change.process.rss_change_bytes.is_some());

    let mut future = Box::pin(async { 5 }.track_memory("future"));
    let polled = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    let Poll::Ready((5, change)) = polled else { panic!("{polled:?}") };
    assert_eq!(change.scope, None);

    let scope = MemoryScope::enter("shared");
    let handle = scope.handle();
    assert_eq!(std::thread::spawn(move || handle.run(|| 6)).join().unwrap(), 6);
    assert_eq!(scope.finish().scope, None);
}

#[test]
fn without_the_allocator_a_value_is_built_and_not_measured() {
    assert_eq!(measure_heap(|| 5), (5, None));
    let usage = current_usage();
    assert_eq!((usage.live_bytes, usage.live_blocks, usage.retained_bytes()), (None, None, None));
    assert!(usage.rss_bytes.unwrap() > 0);
}

/// Nothing is sampled, so nothing is in the way of another tracker.
#[test]
fn without_the_allocator_any_number_of_trackers_run() {
    let (first, second) = (MemoryTracker::new(), MemoryTracker::new());
    first.start().unwrap();
    second.start().unwrap();
    assert!(matches!(first.start(), Err(TrackingError::AlreadyTracking { .. })));
    drop((first.stop(), second.stop()));
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let refusal = |config| MemoryTracker::with_config(config).unwrap_err();
    let zero = MemoryConfig::new().with_sample_interval_bytes(0);
    assert_eq!(refusal(zero), ConfigError::ZeroInterval);
    let few = MemoryConfig::new().with_max_snapshots(2);
    assert_eq!(refusal(few).to_string(), "max_snapshots must be at least 3, not 2");
}

#[test]
fn a_tracker_keeps_no_more_snapshots_than_it_was_told() {
    let config = MemoryConfig::new().with_max_snapshots(10);
    let tracker = MemoryTracker::with_config(config).unwrap();
    tracker.start().unwrap();
    for index in 0..1000 {
        assert!(tracker.snapshot(index.to_string()).is_some());
    }
    let report = tracker.stop();
    assert!(report.snapshots.len() <= 10);
    assert_eq!(report.snapshots.len() as u64 + report.dropped_snapshots, 1002);
    assert_eq!(report.snapshots[0].label, "start");
    assert_eq!(report.snapshots.last().unwrap().label, "end");
    assert!(report.to_string().contains("more snapshots were dropped"));
}

#[test]
fn one_tracker_serves_many_threads() {
    let tracker = MemoryTracker::new();
    tracker.start().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    tracker.snapshot("shared");
                    drop(tracker.track("tracked", || vec![1_u8; 100]));
                }
            });
        }
    });
    // 20 snapshots a thread, two for each tracked call, and the two ends.
    assert_eq!(tracker.stop().snapshots.len(), 8 * 20 * 3 + 2);
}
