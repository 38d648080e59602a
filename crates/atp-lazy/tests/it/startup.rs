//! The analyzer hears every first use of the process, as often as it is asked to listen.

use atp_lazy::{
    AsyncModule, Fallible, FallibleModule, LazyModule, LazyValue, SingleFlight, StartupAnalyzer,
    StartupKind, StartupOutcome, StartupTiming, StartupTimings, carry, phase,
};
use serde_json::Value;
use std::thread;
use std::time::Duration;

/// Other tests initialise things meanwhile: as many as they like, for none of ours may be left out.
fn listen() -> StartupAnalyzer {
    StartupAnalyzer::start_with_capacity(usize::MAX)
}

/// Other tests initialise things meanwhile, so each test looks for its own names.
fn find<'a>(timings: &'a StartupTimings, name: &str) -> (usize, &'a StartupTiming) {
    let named: Vec<_> =
        timings.timings().iter().enumerate().filter(|(_, timing)| timing.name == name).collect();
    assert_eq!(named.len(), 1, "{name} is there once");
    named[0]
}

#[test]
fn st_16_and_l5_nested_first_uses_are_counted_once_and_have_parents() {
    static INNER: LazyModule<u8> = LazyModule::new("st16_inner", || 1);
    static SECOND: LazyModule<u8> = LazyModule::new("st16_second", || 2);
    static OUTER: LazyModule<u8> = LazyModule::new("st16_outer", || {
        let sum = INNER.get() + SECOND.get();
        sum + INNER.get()
    });
    let analyzer = listen();
    thread::Builder::new().name("starter".into()).spawn(|| OUTER.get()).unwrap().join().unwrap();
    OUTER.get();
    let timings = analyzer.stop();

    let (outer_index, outer) = find(&timings, "st16_outer");
    let (_, inner) = find(&timings, "st16_inner");
    let (_, second) = find(&timings, "st16_second");
    assert_eq!((inner.parent, second.parent), (Some(outer_index), Some(outer_index)));
    assert_eq!(outer.self_time + inner.cumulative + second.cumulative, outer.cumulative);
    assert!(outer.offset <= inner.offset && inner.offset <= second.offset);
    assert!(outer.offset + outer.cumulative <= timings.total());
    assert_eq!((outer.thread_name.as_deref(), inner.thread), (Some("starter"), outer.thread));
    assert_eq!((outer.kind, &outer.outcome), (StartupKind::Sync, &StartupOutcome::Completed));
    let children: Vec<_> = timings.children(outer_index).map(|child| &*child.name).collect();
    assert_eq!(children, ["st16_inner", "st16_second"]);
    assert_eq!(timings.children(usize::MAX).count(), 0);
}

#[test]
fn l5_two_analyzers_at_once_disturb_nobody() {
    static FIRST: LazyModule<u8> = LazyModule::new("l5_first", || 1);
    static BOTH: LazyModule<u8> = LazyModule::new("l5_both", || 2);
    static AFTER: LazyModule<u8> = LazyModule::new("l5_after", || 3);
    let first = listen();
    FIRST.get();
    let second = listen();
    BOTH.get();
    let first = first.stop();
    let second = second.stop();
    drop(StartupAnalyzer::start());
    AFTER.get();
    find(&first, "l5_first");
    find(&first, "l5_both");
    find(&second, "l5_both");
    assert!(second.timings().iter().all(|timing| timing.name != "l5_first"));
    for timings in [&first, &second] {
        assert!(timings.timings().iter().all(|timing| timing.name != "l5_after"));
    }
}

#[test]
fn a_failure_is_recorded_with_its_reason() {
    static BROKEN: FallibleModule<u8, &str> =
        LazyModule::new("failing", Fallible(|| Err("no route")));
    let analyzer = listen();
    assert!(BROKEN.try_get().is_err());
    let timings = analyzer.stop();
    let (_, broken) = find(&timings, "failing");
    let reason = "initialisation of `failing` failed: no route";
    assert_eq!(broken.outcome, StartupOutcome::Failed(reason.to_owned()));
    assert!(timings.format_tree().contains("failing (failed)"));
}

#[test]
fn what_still_runs_is_unfinished_and_ends_without_harm() {
    static SLOW: AsyncModule<u8> =
        LazyModule::new_async("unfinished", || Box::pin(std::future::pending()));
    let analyzer = listen();
    let mut get = Box::pin(SLOW.get());
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(get.as_mut().poll(&mut cx).is_pending());
    let timings = analyzer.stop();
    let (_, slow) = find(&timings, "unfinished");
    assert_eq!((slow.kind, &slow.outcome), (StartupKind::Async, &StartupOutcome::Unfinished));
    assert!(slow.offset + slow.cumulative <= timings.total());
    drop(get);
}

#[test]
fn phases_hold_what_is_first_used_in_them_on_carried_threads_too() {
    static CONFIG: LazyModule<u8> = LazyModule::new("phase_config", || 1);
    static ELSEWHERE: LazyModule<u8> = LazyModule::new("phase_elsewhere", || 1);
    let analyzer = listen();
    {
        let _outer = phase("phase_outer");
        let _inner = phase(String::from("phase_inner"));
        CONFIG.get();
        thread::spawn(carry(|| ELSEWHERE.get())).join().unwrap();
    }
    let timings = analyzer.stop();
    let (outer, phase) = find(&timings, "phase_outer");
    let (inner, nested) = find(&timings, "phase_inner");
    assert_eq!((phase.kind, nested.parent), (StartupKind::Phase, Some(outer)));
    assert_eq!(find(&timings, "phase_config").1.parent, Some(inner));
    assert_eq!(find(&timings, "phase_elsewhere").1.parent, Some(inner));
    assert_ne!(find(&timings, "phase_elsewhere").1.thread, nested.thread);
}

#[test]
fn what_a_load_first_uses_shows_inside_of_the_phase_around_the_load() {
    static PARSER: LazyModule<u8> = LazyModule::new("load_parser", || 1);
    let flights = SingleFlight::<&str, u8>::new(|key| (*key).to_owned());
    let analyzer = listen();
    {
        let _phase = phase("load_phase");
        let (flight, leader) = flights.join("suite.yaml");
        leader.unwrap().run(|| *PARSER.get());
        assert_eq!(flight.wait().unwrap(), 1);
    }
    let timings = analyzer.stop();
    assert_eq!(find(&timings, "load_parser").1.parent, Some(find(&timings, "load_phase").0));
}

#[test]
fn a_phase_that_is_dropped_out_of_order_or_panics_leaves_the_others_in_place() {
    static LATER: LazyModule<u8> = LazyModule::new("order_later", || 1);
    let analyzer = listen();
    let outer = phase("order_outer");
    let inner = phase("order_inner");
    drop(outer);
    LATER.get();
    drop(inner);
    let panicked = std::panic::catch_unwind(|| {
        let _phase = phase("order_panicking");
        panic!("on purpose");
    });
    assert!(panicked.is_err());
    let timings = analyzer.stop();
    assert_eq!(find(&timings, "order_later").1.parent, Some(find(&timings, "order_inner").0));
    assert!(matches!(find(&timings, "order_panicking").1.outcome, StartupOutcome::Failed(_)));
}

#[test]
fn a_cycle_is_seen_through_a_phase() {
    static A: LazyModule<u8> = LazyModule::new("through_a", || {
        let _phase = phase("through_phase");
        *B.get()
    });
    static B: LazyModule<u8> = LazyModule::new("through_b", || *A.get());
    let analyzer = listen();
    let error = A.try_get().unwrap_err().to_string();
    drop(analyzer);
    let ring = "through_a -> through_phase -> through_b -> through_a";
    assert_eq!(error, format!("initialisation cycle: {ring}"));
}

#[test]
fn a_full_recording_counts_what_it_leaves_out() {
    let analyzer = StartupAnalyzer::start_with_capacity(3);
    let values: Vec<_> = (0..10).map(|n| LazyValue::new(move || n)).collect();
    for value in &values {
        value.get();
    }
    let timings = analyzer.stop();
    assert_eq!(timings.timings().len(), 3);
    assert!(timings.dropped() >= 7);
    assert!(timings.format_report().contains("more not recorded"));
    assert_eq!(StartupAnalyzer::start_with_capacity(0).stop().timings(), []);
}

#[test]
fn slow_is_sorted_and_cut_at_the_threshold() {
    static LONG: LazyModule<u64> = LazyModule::new("slow_long", || (0..200_000).sum());
    static SHORT: LazyModule<u8> = LazyModule::new("slow_short", || 1);
    let analyzer = listen();
    LONG.get();
    SHORT.get();
    let timings = analyzer.stop();
    let all = timings.slow(Duration::ZERO);
    assert_eq!(all.len(), timings.timings().len());
    assert!(all.is_sorted_by(|a, b| a.cumulative >= b.cumulative));
    let (_, long) = find(&timings, "slow_long");
    assert!(timings.slow(long.cumulative).contains(&long));
    assert!(!timings.slow(long.cumulative + Duration::from_nanos(1)).contains(&long));
    assert!(timings.slow(Duration::MAX).is_empty());
}

#[test]
fn the_chrome_trace_is_read_back_with_every_timing_in_it() {
    static FUTURE: AsyncModule<u8> =
        LazyModule::new_async("trace_future", || Box::pin(async { 1 }));
    static QUOTED: LazyModule<u8> = LazyModule::new("trace \"quoted\"\n", || 1);
    let analyzer = listen();
    QUOTED.get();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(FUTURE.get());
    let timings = analyzer.stop();
    let json = timings.write_chrome_trace(Vec::new()).unwrap();
    let events: Vec<Value> = serde_json::from_slice(&json).unwrap();
    let phases_of = |name: &str| -> Vec<&str> {
        let named = events.iter().filter(|event| event["name"] == name);
        named.map(|event| event["ph"].as_str().unwrap()).collect()
    };
    assert_eq!(phases_of("trace \"quoted\"\n"), ["X"]);
    assert_eq!(phases_of("trace_future"), ["b", "e"]);
    let complete = events.iter().find(|event| event["name"] == "trace \"quoted\"\n").unwrap();
    let micros = find(&timings, "trace \"quoted\"\n").1.cumulative.as_nanos() as f64 / 1e3;
    assert!((complete["dur"].as_f64().unwrap() - micros).abs() < 1e-3);
    assert_eq!(complete["args"]["outcome"], "completed");
}
