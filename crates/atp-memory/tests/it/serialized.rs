use atp_memory::{MemoryReport, MemoryTracker, track_memory};

/// ME-03, and the version that readers can rely on.
#[test]
fn a_report_is_json_with_its_version_and_nulls_for_what_was_not_measured() {
    let tracker = MemoryTracker::new();
    tracker.start().unwrap();
    tracker.snapshot("after_load");
    let report = serde_json::to_value(tracker.stop()).unwrap();
    assert_eq!(report["schema_version"], MemoryReport::SCHEMA_VERSION);
    assert_eq!(report["source"], "rss_only");
    assert_eq!(report["snapshots"][1]["label"], "after_load");
    assert!(report["snapshots"][1]["heap"].is_null());
    assert!(report["snapshots"][1]["rss_bytes"].as_u64() > Some(0));
    assert_eq!(report["changes"][0]["to"], "after_load");
    assert!(report["sampling"].is_null() && report["growth"].is_null());

    let ((), change) = track_memory("work", || ());
    let change = serde_json::to_value(change).unwrap();
    assert_eq!(change["label"], "work");
    assert!(change["scope"].is_null());
}
