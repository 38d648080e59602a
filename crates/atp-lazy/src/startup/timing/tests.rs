//! Figures and renderings of recordings made by hand.

use super::StartupTimings;
use crate::record::{Entry, Heard, StartupKind, StartupOutcome};
use expect_test::expect;
use std::thread;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

fn entry(name: &str, parent: Option<usize>, begin: u32, end: u32) -> Entry {
    Entry {
        name: name.to_owned(),
        kind: StartupKind::Sync,
        parent,
        thread: thread::current().id(),
        thread_name: Some("main".to_owned()),
        begin: begin * MS,
        end: Some((end * MS, StartupOutcome::Completed)),
    }
}

fn timings(entries: Vec<Entry>) -> StartupTimings {
    let mut heard = Heard::default();
    heard.entries = entries;
    StartupTimings::new(heard, 100 * MS)
}

#[test]
fn st_01_a_time_in_milliseconds() {
    let timings = timings(vec![entry("json", None, 0, 50)]);
    assert_eq!(
        (timings.timings()[0].cumulative_ms(), timings.timings()[0].self_ms()),
        (50.0, 50.0)
    );
}

#[test]
fn st_02_name_time_parent_and_dependencies() {
    let timings = timings(vec![entry("http", None, 0, 100), entry("json", Some(0), 10, 40)]);
    let [http, json] = timings.timings() else { panic!("two timings") };
    assert_eq!((http.name.as_str(), http.cumulative_ms(), http.parent), ("http", 100.0, None));
    assert_eq!((json.parent, json.self_ms(), http.self_ms()), (Some(0), 30.0, 70.0));
    assert!(timings.children(0).eq([json]));
}

#[test]
fn overlapping_and_overhanging_children_are_taken_off_once() {
    let timings = timings(vec![
        entry("join", None, 10, 50),
        entry("a", Some(0), 10, 30),
        entry("b", Some(0), 20, 40),
        entry("within a and b", Some(0), 25, 28),
        entry("outlives its parent", Some(0), 45, 90),
    ]);
    assert_eq!(timings.timings()[0].self_time, 5 * MS);
}

#[test]
fn an_empty_recording_is_a_report_too() {
    let timings = timings(Vec::new());
    assert!(timings.format_report().contains("0 initialised"));
    assert!(timings.slow(Duration::ZERO).is_empty());
    assert_eq!(timings.format_tree().lines().count(), 1);
}

#[test]
fn st_17_the_report_and_the_tree() {
    let mut broken = entry("telemetry", None, 60, 70);
    broken.end = Some((70 * MS, StartupOutcome::Failed("no collector".to_owned())));
    let mut running = entry("warm_up", None, 80, 80);
    running.end = None;
    let timings = timings(vec![
        entry("http_client", None, 0, 50),
        entry("tls_roots", Some(0), 5, 45),
        entry("pem", Some(1), 10, 12),
        broken,
        running,
    ]);
    expect![[r#"
        ============================================================================
        Import Time Analysis
        ============================================================================
        Recorded for 100 ms: 5 initialised, 1 failed

        Module          Self  Cumulative   Offset  Thread  Inside       Outcome
        ----------------------------------------------------------------------------
        http_client  10.0 ms     50.0 ms     0 ns  main                 completed
        tls_roots    38.0 ms     40.0 ms  5.00 ms  main    http_client  completed
        warm_up      20.0 ms     20.0 ms  80.0 ms  main                 unfinished
        telemetry    10.0 ms     10.0 ms  60.0 ms  main                 no collector
        pem          2.00 ms     2.00 ms  10.0 ms  main    tls_roots    completed
    "#]]
    .assert_eq(&timings.format_report());
    expect![[r#"
        import time: self [us] | cumulative | imported package
        import time:      2000 |       2000 |     pem
        import time:     38000 |      40000 |   tls_roots
        import time:     10000 |      50000 | http_client
        import time:     10000 |      10000 | telemetry (failed)
        import time:     20000 |      20000 | warm_up (unfinished)
    "#]]
    .assert_eq(&timings.format_tree());
}

#[test]
fn the_report_shows_the_slowest_twenty() {
    let many = (0..25).map(|n| entry(&format!("module_{n:02}"), None, 0, n)).collect();
    let report = timings(many).format_report();
    assert!(report.contains("module_24") && !report.contains("module_04"));
    assert!(report.ends_with("… and 5 faster ones\n"));
}

#[test]
fn a_deep_chain_neither_overflows_nor_takes_long() {
    let chain = (0..20_000).map(|n: usize| entry("link", n.checked_sub(1), 0, 1)).collect();
    assert_eq!(timings(chain).format_tree().lines().count(), 20_001);
}
