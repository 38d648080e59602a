//! Guards in the wrong order, at the wrong time, in the wrong place.

use super::{block_on, counts, manual, ms, with_global};
use atp_profile::{Profiler, Span, profile, profile_async};
use std::cell::RefCell;

#[test]
fn p2_guards_dropped_out_of_order_are_repaired_and_counted() {
    let (profiler, clock) = manual();
    let a = profiler.profile("a");
    clock.advance(ms(1));
    let b = profiler.profile("b");
    clock.advance(ms(10));
    drop(a);
    clock.advance(ms(100));
    profiler.profile_fn("c", || clock.advance(ms(1000)));
    drop(b);
    profiler.profile_fn("root", || ());

    let profile = profiler.snapshot();
    let times = |path: &[&str]| {
        let stats = &profile.find(path).unwrap().stats;
        (stats.total, stats.self_time)
    };
    assert_eq!(times(&["a"]), (ms(11), ms(1)));
    assert_eq!(times(&["a", "b"]), (ms(1110), ms(110)));
    assert_eq!(times(&["a", "b", "c"]), (ms(1000), ms(1000)));
    assert_eq!(times(&["root"]).0, ms(0), "nothing stays on the stack");
    assert_eq!((profile.total(), profile.counters.out_of_order), (ms(1111), 1));
}

#[test]
fn a_guard_held_across_an_await_ends_with_the_poll() {
    with_global(|profiler, clock| {
        block_on(profile_async("task", async {
            let _held = profile("held");
            clock.advance(ms(2));
            tokio::task::yield_now().await;
            clock.advance(ms(3));
            drop(profile("later"));
        }));
        let counts = counts(&profiler.snapshot());
        let paths: Vec<_> = counts.keys().map(String::as_str).collect();
        assert_eq!(paths, ["task", "task;held", "task;later"]);
        let stats = profiler.stats();
        assert_eq!((stats["held"].total, stats["task"].self_time), (ms(2), ms(3)));
        assert_eq!(profiler.snapshot().counters.out_of_order, 1);
    });
}

/// Always opening the next guard before the last is dropped, as an assignment does.
#[test]
fn a_thread_that_is_never_outside_of_all_spans_does_not_run_out_of_depth() {
    with_global(|profiler, clock| {
        let in_poll = async {
            let mut span = profile("first");
            for round in 0..1_000 {
                clock.advance(ms(1));
                span = profile(if round % 2 == 0 { "even" } else { "odd" });
                span.fail();
            }
            clock.advance(ms(1));
            drop(span);
            clock.advance(ms(1));
            drop(profile("after"));
        };
        block_on(profile_async("task", in_poll));
        let (profile, stats) = (profiler.snapshot(), profiler.stats());
        assert_eq!(profile.total(), ms(1_002));
        assert_eq!((stats["first"].self_time, stats["task"].self_time), (ms(1), ms(1)));
        assert_eq!((stats["even"].self_time, stats["odd"].self_time), (ms(500), ms(500)));
        assert_eq!((stats["even"].failed, stats["odd"].failed), (500, 500));
        assert_eq!(profile.find(&["task", "after"]).unwrap().stats.count, 1);
        assert_eq!((profile.counters.too_deep, profile.counters.out_of_order), (0, 1_000));
    });
}

#[test]
fn spans_of_two_profilers_do_not_mix() {
    let ((one, clock), (two, _)) = (manual(), manual());
    let outer = one.profile("outer");
    let inner = two.profile("inner");
    drop(one.profile("nested"));
    clock.advance(ms(1));
    drop(outer);
    drop(inner);
    assert_eq!(counts(&one.snapshot()), [("outer".into(), 1), ("outer;nested".into(), 1)].into());
    assert_eq!(counts(&two.snapshot()), [("inner".into(), 1)].into());
}

thread_local! {
    static LATE: RefCell<Option<Span>> = const { RefCell::new(None) };
    static OPENS_LATE: RefCell<Option<Opener>> = const { RefCell::new(None) };
}

/// Opens a span when it is dropped.
struct Opener(Profiler);

impl Drop for Opener {
    fn drop(&mut self) {
        self.0.profile_fn("late", || ());
        drop(self.0.profile_async("late task", async {}));
    }
}

#[test]
fn a_guard_dropped_while_its_thread_ends_does_no_harm() {
    let (profiler, clock) = manual();
    let other = profiler.clone();
    // Both orders in which the locals may be destroyed.
    for first in [true, false] {
        let profiler = other.clone();
        let thread = move || {
            if first {
                LATE.with(|_| ());
            }
            LATE.set(Some(profiler.profile("open at the end")));
            profiler.profile_fn("inner", || ());
        };
        std::thread::spawn(thread).join().unwrap();
    }
    clock.advance(ms(1));
    let profile = profiler.snapshot();
    assert_eq!(profile.find(&["open at the end", "inner"]).unwrap().stats.count, 2);
    assert_eq!(profile.find(&["open at the end"]).unwrap().stats.count, 2);
}

#[test]
fn spans_opened_while_their_thread_ends_are_recorded_or_counted_as_lost() {
    let (profiler, _) = manual();
    for first in [true, false] {
        let profiler = profiler.clone();
        let thread = move || {
            if first {
                OPENS_LATE.with(|_| ());
            }
            profiler.profile_fn("early", || ());
            OPENS_LATE.set(Some(Opener(profiler)));
        };
        std::thread::spawn(thread).join().unwrap();
    }
    let counters = profiler.snapshot().counters;
    let recorded = profiler.stats().get("late").map_or(0, |stats| stats.count);
    assert!(recorded <= 2 && counters.lost <= 4, "{counters:?}");
    assert_eq!(recorded + counters.lost.div_ceil(2), 2, "{recorded} recorded, {counters:?}");
    assert_eq!(profiler.stats()["early"].count, 2);
}

#[test]
fn misuse_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
