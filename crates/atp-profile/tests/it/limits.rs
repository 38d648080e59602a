//! Nothing grows without bound, and what was dropped is counted.

use super::{counts, ms};
use atp_profile::{ManualClock, Metadata, Profiler, ProfilerConfig};

fn with(config: ProfilerConfig) -> (Profiler, ManualClock) {
    let clock = ManualClock::new();
    (Profiler::with_config(config.with_clock(clock.clone())).unwrap(), clock)
}

const LETTERS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

#[test]
fn more_paths_than_allowed_go_to_overflow() {
    let (profiler, clock) = with(ProfilerConfig::new().with_max_paths(3));
    for name in LETTERS {
        profiler.profile_fn(name, || profiler.profile_fn("inner", || clock.advance(ms(1))));
    }
    let profile = profiler.snapshot();
    assert_eq!(profile.nodes.len(), 4);
    assert_eq!(profile.counters.calls, 16, "every call is counted");
    assert_eq!(profile.counters.overflowed, 13);
    assert_eq!(profile.total(), ms(8), "and all of the time");
    let overflow = &profile.find(&["<overflow>"]).unwrap().stats;
    assert_eq!(overflow.total, ms(7), "nested overflow is not counted twice");
}

#[test]
fn deeper_spans_than_allowed_are_counted_and_their_time_is_their_parents() {
    let (profiler, clock) = with(ProfilerConfig::new().with_max_depth(3));
    let guards: Vec<_> = LETTERS.iter().map(|name| profiler.profile(name)).collect();
    clock.advance(ms(5));
    guards.into_iter().rev().for_each(drop);
    let profile = profiler.snapshot();
    assert_eq!(profile.find(&["a", "b", "c"]).unwrap().stats.self_time, ms(5));
    assert_eq!((profile.counters.calls, profile.counters.too_deep), (8, 5));
    assert_eq!(profile.counters.overflowed, 5);
}

#[test]
fn recursion_counts_inclusive_time_once_and_ends() {
    let (profiler, clock) = with(ProfilerConfig::new().with_max_depth(10_000));
    fn dive(profiler: &Profiler, clock: &ManualClock, left: usize) {
        let _span = profiler.profile(if left.is_multiple_of(2) { "even" } else { "odd" });
        clock.advance(ms(1));
        if left > 0 {
            dive(profiler, clock, left - 1);
        }
    }
    dive(&profiler, &clock, 999);
    let stats = profiler.stats();
    let (odd, even) = (&stats["odd"], &stats["even"]);
    assert_eq!((odd.count, odd.timed, odd.recursive), (500, 1, 499));
    assert_eq!((odd.total, even.total), (ms(1000), ms(999)));
    assert_eq!((odd.self_time, even.self_time), (ms(500), ms(500)));
    assert_eq!(counts(&profiler.snapshot()).len(), 2, "two paths, however deep");
}

#[test]
fn p5_single_calls_are_overwritten_and_counted() {
    let (profiler, clock) = with(ProfilerConfig::new().with_ring_capacity(8));
    let lasting = profiler.profile_with("lasting", || Metadata::new().with("key", "kept"));
    for _ in 0..1_000 {
        profiler.profile_fn("short", || clock.advance(ms(1)));
    }
    let results = profiler.results();
    assert_eq!(results.len(), 1, "the open parent is still known");
    assert_eq!(results[0].children.len(), 8);
    drop(lasting);
    let results = profiler.results();
    assert_eq!((results[0].operation.as_str(), results[0].duration), ("lasting", ms(1000)));
    assert_eq!(results[0].metadata.get("key"), Some("kept"));
    assert_eq!(profiler.snapshot().counters.overwritten, 992);
}

#[test]
fn slow_calls_outlast_a_flood_of_fast_ones() {
    let config = ProfilerConfig::new().with_ring_capacity(4).with_slow_threshold(ms(50));
    let (profiler, clock) = with(config);
    profiler.profile_fn("slow", || clock.advance(ms(50)));
    for _ in 0..100 {
        profiler.profile_fn("fast", || clock.advance(ms(1)));
    }
    let results = profiler.results();
    assert_eq!((results[0].operation.as_str(), results.len()), ("slow", 5));
}

/// What is slow is looked at because it is slow: it keeps the name that tells which it was.
#[test]
fn slow_calls_and_tasks_keep_their_metadata_in_a_flood() {
    let clock = ManualClock::new();
    let config = ProfilerConfig::new().with_ring_capacity(4).with_slow_threshold(ms(50));
    super::with_global_config(config.with_clock(clock.clone()), |profiler| {
        for at in 0..100 {
            let millis = if at == 3 { 50 } else { 1 };
            let span = atp_profile::profile!("call", at);
            clock.advance(ms(millis));
            drop(span);
            let work = async { clock.advance(ms(millis)) };
            super::block_on(atp_profile::profile_async!("task", work, at));
        }
        let results = profiler.results();
        let slow: Vec<_> = results
            .iter()
            .filter(|result| result.duration >= ms(50))
            .map(|result| (result.operation.as_str(), result.metadata.to_string()))
            .collect();
        assert_eq!(slow, [("call", "at=3".to_owned()), ("task", "at=3".to_owned())]);
        assert_eq!(results.len(), 10, "and four of each kind besides");
    });
}

#[test]
fn every_listed_call_has_its_metadata_however_many_threads_there_are() {
    let (profiler, _) = with(ProfilerConfig::new().with_ring_capacity(8));
    let (all_done, all_read) = (std::sync::Barrier::new(9), std::sync::Barrier::new(9));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for at in 0..100 {
                    drop(profiler.profile_with("call", || Metadata::new().with("at", at)));
                }
                all_done.wait();
                all_read.wait();
            });
        }
        all_done.wait();
        let results = profiler.results();
        all_read.wait();
        assert_eq!(results.len(), 64);
        assert!(results.iter().all(|result| result.metadata.get("at").is_some()));
    });
}

#[test]
fn a_task_that_is_too_deep_is_counted_once() {
    let (profiler, _) = with(ProfilerConfig::new().with_max_depth(1));
    let polled_often = async {
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    };
    let deep = profiler.profile_async("inner", polled_often);
    super::block_on(profiler.profile_async("outer", deep));
    let profile = profiler.snapshot();
    assert_eq!(counts(&profile), [("<overflow>".into(), 1), ("outer".into(), 1)].into());
    assert_eq!((profile.counters.calls, profile.counters.too_deep), (2, 1));
    let context = profiler.context();
    let _open = profiler.profile("outer");
    context.scope(|| ());
    assert_eq!(profiler.snapshot().counters.too_deep, 1, "a borrowed parent is no call");
}

#[test]
fn tasks_that_were_never_polled_hide_no_overwritten_call() {
    let (profiler, _) = with(ProfilerConfig::new().with_ring_capacity(4));
    for _ in 0..6 {
        profiler.profile_fn("call", || ());
        drop(profiler.profile_async("task", async {}));
    }
    assert_eq!(profiler.snapshot().counters.overwritten, 2);
}

#[test]
fn open_tasks_beyond_the_ring_are_counted_not_listed() {
    let (profiler, _) = with(ProfilerConfig::new().with_ring_capacity(4));
    let build = |_| profiler.profile_async("task", std::future::pending::<()>());
    let tasks: Vec<_> = (0..10).map(build).collect();
    let counters = profiler.snapshot().counters;
    assert_eq!((counters.open, counters.unlisted), (4, 6));
    drop(tasks);
    assert_eq!(profiler.stats()["task"].count, 10);
}

#[test]
fn open_calls_beyond_the_rings_are_counted_not_listed() {
    let (profiler, _) = with(ProfilerConfig::new().with_ring_capacity(2));
    let guards: Vec<_> = LETTERS[..5].iter().map(|name| profiler.profile(name)).collect();
    let counters = profiler.snapshot().counters;
    assert_eq!((counters.open, counters.unlisted), (4, 1));
    guards.into_iter().rev().for_each(drop);
    assert_eq!(profiler.snapshot().counters.calls, 5);
}

#[test]
fn sampling_counts_all_and_times_whole_trees() {
    let (profiler, clock) = with(ProfilerConfig::new().with_sampling("root", 10));
    for _ in 0..100 {
        profiler.profile_fn("root", || {
            clock.advance(ms(1));
            profiler.profile_fn("child", || clock.advance(ms(2)));
        });
    }
    let stats = profiler.stats();
    assert_eq!((stats["root"].count, stats["root"].timed), (100, 10));
    assert_eq!((stats["child"].count, stats["child"].timed), (100, 10));
    assert_eq!((stats["root"].mean_ms(), stats["child"].mean_ms()), (3.0, 2.0));
    let results = profiler.results();
    assert_eq!(results.len(), 10);
    assert!(results.iter().all(|root| root.children.len() == 1), "whole trees");
    assert_eq!(profiler.snapshot().total(), ms(30));
}

#[test]
fn what_is_not_listed_takes_no_place_in_the_ring() {
    let (profiler, _) = with(ProfilerConfig::new().with_ring_capacity(8).with_sampling("rare", 8));
    for _ in 0..800 {
        profiler.profile_fn("rare", || ());
    }
    assert_eq!(profiler.results().len(), 8);
    for _ in 0..100 {
        profiler.profile_fn("call", || ());
        drop(profiler.profile_async("task", async {}));
    }
    let results = profiler.results();
    assert_eq!(results.iter().filter(|result| result.operation == "call").count(), 8);
}

#[test]
fn percentiles_tell_the_tail() {
    let (profiler, clock) = with(ProfilerConfig::new());
    for millis in 1..=1000 {
        profiler.profile_fn("op", || clock.advance(ms(millis)));
    }
    let stats = &profiler.stats()["op"];
    let near = |time: Option<std::time::Duration>, millis: u64| {
        let error = time.unwrap().abs_diff(ms(millis)).as_secs_f64() * 1e3;
        assert!(error <= millis as f64 * 0.033, "{time:?} for {millis} ms");
    };
    near(stats.p50, 500);
    near(stats.p90, 900);
    near(stats.p99, 990);
    near(stats.p999, 999);
    let deviation = stats.std_dev.unwrap().as_secs_f64() * 1e3;
    assert!((deviation - 288.819_436).abs() < 1e-3, "{deviation}");
}
