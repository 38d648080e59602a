//! The catalogue's behaviours of the profiler, by their ids.

use super::{GLOBAL, block_on, manual, ms, with_global};
use atp_profile::{
    Metadata, Outcome, ProfileFutureExt, Profiler, disable_profiling, enable_profiling, profile,
    profile_async, profile_fn, profiler, set_profiler, try_profile_fn,
};
use expect_test::expect;
use std::sync::PoisonError;

/// PR-01, PR-02, PR-07.
#[test]
fn pr_01_02_07_a_result_has_its_times_and_metadata() {
    let (profiler, clock) = manual();
    clock.advance(ms(3));
    let span = profiler.profile_with("test_op", || Metadata::new().with("key", "value"));
    assert!(span.is_recorded());
    clock.advance(ms(500));
    drop(span);
    let results = profiler.results();
    let result = &results[0];
    assert_eq!((results.len(), result.operation.as_str()), (1, "test_op"));
    assert_eq!(result.duration_ms(), 500.0);
    assert_eq!((result.start, result.end), (ms(3), Some(ms(503))));
    assert_eq!(result.metadata.get("key"), Some("value"));
    let json = serde_json::to_value(result).unwrap();
    assert_eq!(json["operation"], "test_op");
    assert_eq!(json["outcome"], "completed");
    assert_eq!(json["duration_ns"], 500_000_000);
    assert_eq!((&json["start_ns"], &json["end_ns"]), (&3_000_000.into(), &503_000_000.into()));
    assert_eq!(json["metadata"]["key"], "value");
    assert_eq!(json["children"], serde_json::json!([]));
}

/// PR-03, PR-04, PR-12, PR-13.
#[test]
fn pr_03_04_12_13_statistics_add_up_by_operation() {
    let (profiler, clock) = manual();
    for _ in 0..5 {
        profiler.profile_fn("op1", || clock.advance(ms(500)));
    }
    profiler.profile_fn("op2", || clock.advance(ms(1)));
    let stats = profiler.stats();
    let op1 = &stats["op1"];
    assert_eq!(op1.count, 5);
    assert_eq!(op1.total_ms(), 2500.0);
    assert_eq!(op1.mean_ms(), 500.0);
    assert_eq!(op1.std_dev, Some(ms(0)));
    assert_eq!(
        (op1.min, op1.max, op1.p50, op1.p999),
        (Some(ms(500)), Some(ms(500)), Some(ms(500)), Some(ms(500)))
    );
    assert_eq!(stats.len(), 2);
    assert!(!stats.contains_key("unknown"));
}

/// PR-05, PR-06, PR-08.
#[test]
fn pr_05_06_08_a_disabled_profiler_records_nothing() {
    assert!(Profiler::new().is_enabled());
    let profiler = Profiler::disabled();
    assert!(!profiler.is_enabled());
    let unasked = || -> Metadata { panic!("metadata is made only while profiling is on") };
    let span = profiler.profile_with("x", unasked);
    assert!(!span.is_recorded());
    drop(span);
    block_on(profiler.profile_async("y", async {}));
    assert!(profiler.results().is_empty());
    assert!(profiler.stats().is_empty());
}

#[test]
fn pr_09_nested_spans_are_children() {
    let (profiler, clock) = manual();
    profiler.profile_fn("outer", || {
        clock.advance(ms(1));
        profiler.profile_fn("inner", || clock.advance(ms(2)));
    });
    let results = profiler.results();
    assert_eq!((results.len(), results[0].children.len()), (1, 1));
    let (outer, inner) = (&results[0], &results[0].children[0]);
    assert_eq!((outer.operation.as_str(), inner.operation.as_str()), ("outer", "inner"));
    assert_eq!((outer.duration, inner.duration), (ms(3), ms(2)));
}

#[test]
fn pr_10_an_async_span_is_open_while_its_future_is() {
    let (profiler, clock) = manual();
    block_on(profiler.profile_async("async_op", async {
        clock.advance(ms(10));
        tokio::task::yield_now().await;
        clock.advance(ms(5));
    }));
    let result = &profiler.results()[0];
    assert_eq!((result.operation.as_str(), result.duration), ("async_op", ms(15)));
    assert_eq!(result.busy, Some(ms(15)));
}

#[test]
fn pr_11_results_come_in_the_order_they_started() {
    let (profiler, clock) = manual();
    for name in ["first", "second", "third"] {
        profiler.profile_fn(name, || clock.advance(ms(1)));
    }
    let names: Vec<_> = profiler.results().into_iter().map(|result| result.operation).collect();
    assert_eq!(names, ["first", "second", "third"]);
}

#[test]
fn pr_14_p4_reset_forgets_also_inside_of_spans() {
    let (profiler, clock) = manual();
    let outer = profiler.profile("outer");
    profiler.profile_fn("inner", || clock.advance(ms(1)));
    profiler.reset();
    assert!(profiler.results().is_empty());
    assert!(profiler.stats().is_empty());
    profiler.profile_fn("after", || clock.advance(ms(1)));
    drop(outer);
    let names: Vec<_> = profiler.stats().into_keys().collect();
    assert_eq!(names, ["after"], "the open span went with the rest");
}

#[test]
fn pr_15_p6_the_summary_counts_no_time_twice() {
    let (profiler, clock) = manual();
    profiler.profile_fn("a", || {
        profiler.profile_fn("b", || profiler.profile_fn("c", || clock.advance(ms(50))));
    });
    let summary = profiler.summary();
    assert_eq!(summary.total, ms(50));
    assert_eq!(summary.operation_count, 3);
    assert_eq!((summary.stats.len(), summary.results.len()), (3, 1));
    let json = serde_json::to_value(&summary).unwrap();
    for key in ["total_ns", "operation_count", "stats", "results", "counters"] {
        assert!(json.get(key).is_some(), "{key}");
    }
}

#[test]
fn pr_16_the_report_has_the_guides_table_and_tree() {
    let (profiler, clock) = manual();
    profiler.profile_fn("suite_run", || {
        profiler.profile_fn("load", || clock.advance(ms(45)));
        for test in ["test-001", "test-002"] {
            let run = || Metadata::new().with("test_id", test);
            let _span = profiler.profile_with("test_run", run);
            clock.advance(ms(1523));
        }
        clock.advance(ms(2));
    });
    expect![[r#"
        =============================================================
        ATP Profiler Report
        =============================================================
        Operation  Count    Total     Mean      Min     Self      p99
        -------------------------------------------------------------
        suite_run      1   3.09 s   3.09 s   3.09 s  2.00 ms   3.09 s
        test_run       2   3.05 s   1.52 s   1.52 s   3.05 s   1.52 s
        load           1  45.0 ms  45.0 ms  45.0 ms  45.0 ms  45.0 ms
        Time in spans, nothing twice: 3.09 s

        Calls
        - suite_run: 3093.00ms
          - load: 45.00ms
          - test_run (test_id=test-001): 1523.00ms
          - test_run (test_id=test-002): 1523.00ms
    "#]]
    .assert_eq(&profiler.format_report());
    assert!(Profiler::new().format_report().contains("No profiling data collected."));
}

#[test]
fn pr_17_to_22_p10_the_process_has_one_profiler() {
    let _alone = GLOBAL.lock().unwrap_or_else(PoisonError::into_inner);
    let (own, clock) = manual();
    drop(set_profiler(own.clone()));
    assert_eq!(profiler(), own, "PR-18");
    drop(set_profiler(Profiler::disabled()));
    assert!(!profiler().is_enabled(), "PR-17");
    assert!(enable_profiling().is_enabled(), "PR-19");
    disable_profiling();
    assert!(!profiler().is_enabled(), "PR-20");

    drop(set_profiler(own.clone()));
    drop(profile("test_global"));
    block_on(profile_async("test_async_global", async { clock.advance(ms(1)) }));
    block_on(async {}.profiled("by_method"));
    profile_fn("closure", || ());
    let again = enable_profiling();
    assert_eq!(again, own);
    assert_eq!(again.results().len(), 4, "PR-21, PR-22, P10: nothing is dropped");
    drop(set_profiler(Profiler::disabled()));
}

#[test]
fn pr_21_macros_take_names_values_and_variables() {
    with_global(|profiler, _| {
        let attempt = 3;
        let owned = String::from("owned");
        drop(atp_profile::profile!("plain"));
        drop(atp_profile::profile!("rich", test_id = owned, attempt, sum = 1 + 1,));
        assert_eq!(owned, "owned", "values are only borrowed");
        let double = atp_profile::profile_async!("double", async { 42 }, attempt);
        assert_eq!(block_on(double), 42);
        let failing = atp_profile::profile_async!("failing", async { "x".parse::<u8>() });
        assert!(block_on(failing).is_err());
        let results = profiler.results();
        assert_eq!(results[1].metadata.to_string(), "test_id=owned, attempt=3, sum=2");
        assert_eq!(results[2].metadata.get("attempt"), Some("3"));
        assert_eq!((results[2].outcome, results[3].outcome), (Outcome::Completed, Outcome::Failed));
    });
}

#[test]
fn p8_failed_calls_are_marked() {
    with_global(|profiler, _| {
        let span = profile("by_hand");
        span.fail();
        drop(span);
        assert!(try_profile_fn("closure", || Err::<(), _>("no")).is_err());
        assert!(try_profile_fn("closure", || Ok::<_, ()>(1)).is_ok());
        assert!(block_on(async { Err::<(), _>("no") }.try_profiled("future")).is_err());
        let stats = profiler.stats();
        let failed = |name: &str| (stats[name].failed, stats[name].count);
        assert_eq!(
            (failed("by_hand"), failed("closure"), failed("future")),
            ((1, 1), (1, 2), (1, 1))
        );
        assert!(profiler.format_report().contains("by_hand: 0 ns [failed]"));
    });
}

#[test]
fn p9_an_open_span_is_shown_as_open() {
    let (profiler, clock) = manual();
    let _outer = profiler.profile("outer");
    let future = profiler.profile_async("task", std::future::pending::<()>());
    clock.advance(ms(7));
    let outer = &profiler.results()[0];
    assert_eq!((outer.outcome, outer.end, outer.duration), (Outcome::Open, None, ms(7)));
    assert_eq!(outer.children[0].outcome, Outcome::Open);
    assert_eq!(profiler.snapshot().counters.open, 2);
    assert!(profiler.stats().is_empty(), "no figures before the end");
    drop(future);
}
