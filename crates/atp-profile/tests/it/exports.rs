//! Exports, read back with readers that are not ours.

use super::{block_on, manual, ms, with_global};
use atp_profile::{FoldedTime, Metadata, ProfileFutureExt, Profiler, profile, profile_async};
use inferno::flamegraph;
use std::collections::HashMap;
use typescript_tsbuildinfo::{TraceEvent, TraceEventType};

fn chrome(profiler: &Profiler) -> Vec<TraceEvent> {
    let file = profiler.write_chrome_trace(Vec::new()).unwrap();
    serde_json::from_slice(&file).unwrap()
}

fn folded(profiler: &Profiler, time: FoldedTime) -> String {
    let file = profiler.snapshot().write_folded(Vec::new(), time).unwrap();
    String::from_utf8(file).unwrap()
}

#[test]
fn inferno_draws_the_self_times() {
    let (profiler, clock) = manual();
    profiler.profile_fn("suite", || {
        clock.advance(ms(1));
        profiler.profile_fn("load; parse", || clock.advance(ms(3)));
    });
    let text = folded(&profiler, FoldedTime::Busy);
    assert_eq!(text, "suite 1000000\nsuite;load: parse 3000000\n");
    let mut svg = Vec::new();
    flamegraph::from_lines(&mut flamegraph::Options::default(), text.lines(), &mut svg).unwrap();
    let svg = String::from_utf8(svg).unwrap();
    assert!(svg.contains("<title>suite (4,000,000 samples, 100.00%)</title>"), "{svg}");
    assert!(svg.contains("<title>load: parse (3,000,000 samples, 75.00%)</title>"), "{svg}");
}

#[test]
fn busy_and_wall_are_told_apart() {
    with_global(|profiler, clock| {
        let sleeper = async {
            clock.advance(ms(1));
            tokio::task::yield_now().await;
        };
        let waker = async { clock.advance(ms(10)) };
        block_on(async {
            tokio::join!(sleeper.profiled("sleeper"), waker.profiled("waker"));
        });
        assert_eq!(folded(profiler, FoldedTime::Busy), "sleeper 1000000\nwaker 10000000\n");
        assert_eq!(folded(profiler, FoldedTime::Wall), "sleeper 11000000\nwaker 10000000\n");
    });
}

#[test]
fn threads_tasks_and_spawns_are_in_the_trace() {
    with_global(|profiler, clock| {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        let clock = clock.clone();
        let _main = profile("main");
        runtime
            .block_on(
                async move {
                    let child = async move {
                        drop(profile("sync"));
                        clock.advance(ms(4));
                    };
                    tokio::spawn(atp_profile::profile_async!("child", child, test_id = "t\"1"))
                        .await
                }
                .profiled("parent"),
            )
            .unwrap();

        let events = chrome(profiler);
        let of = |kind: TraceEventType, name: &str| {
            let found: Vec<_> =
                events.iter().filter(|e| e.ph == kind && e.name == name).cloned().collect();
            assert_eq!(found.len(), 1, "{kind:?} {name}: {events:#?}");
            found[0].clone()
        };
        for name in ["parent", "child"] {
            let (begin, end) =
                (of(TraceEventType::AsyncStart, name), of(TraceEventType::AsyncEnd, name));
            assert_eq!(begin.cat, end.cat);
            assert!(end.ts - begin.ts >= 4000.0, "microseconds");
        }
        let poll = of(TraceEventType::Complete, "child");
        assert_eq!(poll.args["test_id"], "t\"1");
        let (start, end) =
            (of(TraceEventType::FlowStart, "child"), of(TraceEventType::FlowEnd, "child"));
        assert_eq!((&start.id, &start.cat), (&end.id, &end.cat));
        assert_eq!(end.tid, poll.tid);
        assert_ne!(start.tid, end.tid, "the arrow goes from thread to thread");
        assert_eq!(of(TraceEventType::Complete, "sync").tid, poll.tid);
        let main = of(TraceEventType::Complete, "main");
        assert_eq!(main.args["outcome"], "open");
        let named: Vec<_> =
            events.iter().filter(|e| e.name == "thread_name").map(|e| e.tid).collect();
        assert!(named.contains(&main.tid) && named.contains(&poll.tid));
    });
}

/// What viewers ask of complete events: on one thread they nest.
#[test]
fn complete_events_nest_whatever_the_guards_did() {
    let (profiler, clock) = manual();
    for _ in 0..3 {
        let a = profiler.profile("a");
        clock.advance(ms(1));
        let b = profiler.profile("b");
        clock.advance(ms(1));
        drop(a);
        clock.advance(ms(1));
        profiler.profile_fn("c", || clock.advance(ms(1)));
        drop(b);
    }
    profiler.profile_fn("zero", || profiler.profile_fn("zero", || ()));
    let events = chrome(&profiler);
    let mut open = HashMap::<u64, Vec<f64>>::new();
    for event in events.iter().filter(|event| event.ph == TraceEventType::Complete) {
        let (start, end) = (event.ts, event.ts + event.dur.unwrap());
        let around = open.entry(event.tid).or_default();
        around.retain(|&last| last > start || last == end);
        assert!(around.iter().all(|&last| end <= last), "{event:?}");
        around.push(end);
    }
    let lanes = events.iter().filter(|event| event.ph == TraceEventType::AsyncStart).count();
    assert_eq!(lanes, 3, "what overlaps has lanes of its own");
}

#[test]
fn nothing_recorded_is_an_empty_file() {
    let profiler = Profiler::disabled();
    assert!(chrome(&profiler).is_empty());
    assert_eq!(folded(&profiler, FoldedTime::Busy), "");
}

#[test]
fn cancelled_and_open_tasks_are_marked_in_the_trace() {
    with_global(|profiler, _| {
        let _open = profile_async("open", std::future::pending::<()>());
        drop(profile_async("dropped", std::future::pending::<()>()));
        let events = chrome(profiler);
        let outcome = |name: &str| {
            let begin = |e: &&TraceEvent| e.name == name && e.ph == TraceEventType::AsyncStart;
            events.iter().find(begin).unwrap().args["outcome"].clone()
        };
        assert_eq!((outcome("open"), outcome("dropped")), ("open".into(), "cancelled".into()));
        let ends = events.iter().filter(|e| e.ph == TraceEventType::AsyncEnd).count();
        assert_eq!(ends, 1, "what is open has no end");
    });
}

#[test]
fn metadata_that_is_called_as_ours_hides_nothing() {
    let (profiler, _) = manual();
    let span = profiler.profile_with("op", || Metadata::new().with("outcome", "mine"));
    span.fail();
    drop(span);
    let events = chrome(&profiler);
    let args = &events.iter().find(|event| event.name == "op").unwrap().args;
    assert_eq!(
        (&args["outcome"], &args["outcome of the span"]),
        (&"mine".into(), &"failed".into())
    );
}
