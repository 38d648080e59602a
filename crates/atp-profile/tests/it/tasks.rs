//! Futures, streams and iterators: parents, the three times, and all ways to end.

use super::{block_on, counts, ms, with_global};
use atp_profile::{
    Outcome, ProfileFutureExt, ProfileIteratorExt, ProfileStreamExt, SpanContext, in_current_span,
    profile, profile_async, profile_fn,
};
use futures::StreamExt;
use std::collections::BTreeMap;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

#[test]
fn delay_busy_and_wall_are_told_apart() {
    with_global(|profiler, clock| {
        let future = async {
            clock.advance(ms(1));
            tokio::task::yield_now().await;
            clock.advance(ms(2));
        }
        .profiled("task");
        clock.advance(ms(100));
        let mut future = pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        assert!(future.as_mut().poll(&mut context).is_pending());
        clock.advance(ms(30));
        assert!(future.as_mut().poll(&mut context).is_ready());
        let stats = &profiler.stats()["task"];
        assert_eq!((stats.delay, stats.busy, stats.idle), (ms(100), ms(3), ms(30)));
        assert_eq!((stats.total, stats.self_time, stats.tasks), (ms(33), ms(3), 1));
    });
}

#[test]
fn the_parent_is_where_the_future_was_built() {
    with_global(|profiler, _| {
        let built = {
            let _builder = profile("builder");
            async { drop(profile("inside")) }.profiled("task")
        };
        let _other = profile("other");
        block_on(built);
        let counts = counts(&profiler.snapshot());
        assert_eq!(
            counts.keys().collect::<Vec<_>>(),
            ["builder", "builder;task", "builder;task;inside"]
        );
    });
}

#[test]
fn what_is_polled_inside_is_not_the_pollers_own_time() {
    with_global(|profiler, clock| {
        let foreign = async { clock.advance(ms(5)) }.profiled("foreign");
        let host = async {
            clock.advance(ms(1));
            foreign.await;
        };
        block_on(host.profiled("host"));
        let stats = profiler.stats();
        assert_eq!((stats["host"].busy, stats["host"].self_time), (ms(6), ms(1)));
        assert_eq!(profiler.snapshot().total(), ms(6));
    });
}

#[test]
fn select_cancels_the_loser() {
    with_global(|profiler, clock| {
        block_on(
            async {
                tokio::select! {
                    biased;
                    () = std::future::pending().profiled("loser") => unreachable!(),
                    () = async { clock.advance(ms(1)) }.profiled("winner") => {}
                }
            }
            .profiled("race"),
        );
        let profile = profiler.snapshot();
        let loser = &profile.find(&["race", "loser"]).unwrap().stats;
        let winner = &profile.find(&["race", "winner"]).unwrap().stats;
        assert_eq!((loser.cancelled, loser.count), (1, 1));
        assert_eq!((winner.cancelled, winner.count), (0, 1));
    });
}

#[test]
fn cancellation_at_every_await_is_counted_and_leaves_the_thread_as_it_was() {
    const AWAITS: u64 = 6;
    with_global(|profiler, clock| {
        let work = || async {
            let _guards = (profile_fn("sync", || ()), 0);
            for _ in 0..AWAITS {
                profile_async("step", async {
                    clock.advance(ms(1));
                    tokio::task::yield_now().await;
                })
                .await;
            }
        };
        for polls in 0..=AWAITS {
            profiler.reset();
            let mut future = Box::pin(work().profiled("work"));
            for _ in 0..polls {
                let mut context = Context::from_waker(Waker::noop());
                assert!(future.as_mut().poll(&mut context).is_pending());
            }
            drop(future);
            drop(profile("root"));
            let profile = profiler.snapshot();
            let stats = &profile.find(&["work"]).unwrap().stats;
            assert_eq!((stats.count, stats.cancelled), (1, 1), "after {polls} polls");
            assert_eq!(stats.timed, u64::from(polls > 0), "never polled is not zero time");
            assert_eq!(stats.busy, ms(polls));
            if polls > 0 {
                let step = &profile.find(&["work", "step"]).unwrap().stats;
                assert_eq!((step.count, step.cancelled), (polls, 1));
            }
            assert!(profile.find(&["root"]).is_some());
            assert_eq!(profile.counters.open, 0);
            assert_eq!(profiler.results()[0].outcome, Outcome::Cancelled);
        }
    });
}

#[test]
fn panics_at_every_level_are_marked_and_leave_the_thread_as_it_was() {
    const NAMES: [&str; 3] = ["one", "two", "three"];
    fn dive(level: usize, panic_at: usize) {
        let _span = profile(NAMES[level]);
        assert_ne!(level, panic_at, "meant to happen");
        if level + 1 < NAMES.len() {
            dive(level + 1, panic_at);
        }
    }
    async fn swim(level: usize, panic_at: usize) {
        tokio::task::yield_now().await;
        assert_ne!(level, panic_at, "meant to happen");
        if level + 1 < NAMES.len() {
            Box::pin(swim(level + 1, panic_at).profiled(NAMES[level + 1])).await;
        }
    }
    with_global(|profiler, _| {
        for panic_at in 0..NAMES.len() {
            for tasks in [false, true] {
                profiler.reset();
                let caught = std::panic::catch_unwind(|| match tasks {
                    false => dive(0, panic_at),
                    true => block_on(swim(0, panic_at).profiled(NAMES[0])),
                });
                assert!(caught.is_err());
                drop(profile("root"));
                let stats = profiler.stats();
                for (level, name) in NAMES.iter().enumerate() {
                    let panicked = stats.get(*name).map(|s| (s.count, s.panicked, s.cancelled));
                    let expected = (level <= panic_at).then_some((1, 1, 0));
                    assert_eq!(panicked, expected, "{name}, panic at {panic_at}, tasks {tasks}");
                }
                assert!(profiler.snapshot().find(&["root"]).is_some());
            }
        }
    });
}

#[test]
fn spans_of_a_clean_up_during_a_panic_have_not_panicked() {
    struct CleanUp;
    impl Drop for CleanUp {
        fn drop(&mut self) {
            drop(profile("clean_up"));
        }
    }
    with_global(|profiler, _| {
        let caught = std::panic::catch_unwind(|| {
            let _clean_up = CleanUp;
            panic!("meant to happen");
        });
        assert!(caught.is_err());
        let stats = &profiler.stats()["clean_up"];
        assert_eq!((stats.count, stats.panicked), (1, 0));
    });
}

#[test]
fn spawned_work_keeps_its_parent_through_the_helpers() {
    with_global(|profiler, _| {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        runtime.block_on(
            async {
                tokio::spawn(async { drop(profile("spawned")) }.in_current_span()).await.unwrap();
                let blocking = in_current_span(|| drop(profile("blocking")));
                tokio::task::spawn_blocking(blocking).await.unwrap();
                let mut set = tokio::task::JoinSet::new();
                set.spawn(async {}.profiled("joined"));
                set.join_next().await.unwrap().unwrap();
                let (sender, receiver) = std::sync::mpsc::channel::<SpanContext>();
                sender.send(SpanContext::current()).unwrap();
                let receive = move || receiver.recv().unwrap().scope(|| drop(profile("received")));
                std::thread::spawn(receive).join().unwrap();
            }
            .profiled("parent"),
        );
        let expected =
            ["parent", "parent;blocking", "parent;joined", "parent;received", "parent;spawned"];
        assert_eq!(counts(&profiler.snapshot()), expected.map(|p| (p.into(), 1)).into());
        assert_eq!(profiler.results().len(), 1, "one tree of single calls");
    });
}

#[test]
fn p7_a_stream_is_measured_while_it_runs() {
    with_global(|profiler, clock| {
        let numbers = futures::stream::iter(0..3).then(|n| async move {
            drop(profile("item"));
            clock.advance(ms(2));
            tokio::task::yield_now().await;
            n
        });
        let sum = block_on(numbers.profiled("stream").fold(0, |sum, n| async move { sum + n }));
        assert_eq!(sum, 3);
        let profile = profiler.snapshot();
        let stats = &profile.find(&["stream"]).unwrap().stats;
        assert_eq!((stats.busy, stats.cancelled), (ms(6), 0));
        assert_eq!(profile.find(&["stream", "item"]).unwrap().stats.count, 3);

        drop(Box::pin(futures::stream::pending::<()>().profiled("dropped")));
        assert_eq!(profiler.stats()["dropped"].cancelled, 1);
    });
}

#[test]
fn p7_an_iterator_is_measured_while_it_runs() {
    with_global(|profiler, clock| {
        let squares = (0..4).map(|n| {
            clock.advance(ms(16));
            n * n
        });
        assert_eq!(squares.profiled("squares").sum::<i32>(), 14);
        assert_eq!(profiler.stats()["squares"].busy, ms(64));
        assert_eq!((0..9).profiled("hint").size_hint(), (9, Some(9)));
    });
}

#[test]
fn a_future_polled_after_its_end_by_a_fused_caller_records_once() {
    with_global(|profiler, _| {
        let mut future = pin!(futures::future::poll_fn(|_| Poll::Ready(1)).profiled("ready"));
        let mut context = Context::from_waker(Waker::noop());
        assert!(future.as_mut().poll(&mut context).is_ready());
        assert!(future.as_mut().poll(&mut context).is_ready());
        assert_eq!(counts(&profiler.snapshot()), BTreeMap::from([("ready".into(), 1)]));
    });
}

#[test]
fn a_task_survives_reset_and_disabling() {
    with_global(|profiler, _| {
        let before = async { drop(profile("inside")) }.profiled("before");
        profiler.reset();
        block_on(before);
        assert_eq!(counts(&profiler.snapshot()), BTreeMap::from([("inside".into(), 1)]));

        let built_on = async {}.profiled("on");
        profiler.disable();
        block_on(built_on);
        block_on(async {}.profiled("off"));
        assert!(profiler.stats().contains_key("on") && !profiler.stats().contains_key("off"));
    });
}
