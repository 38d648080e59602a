//! From `tracing` into the profiler, and the other way.

use super::{block_on, counts, manual, ms};
use atp_profile::{ManualClock, Outcome, Profiler, ProfilerConfig, ProfilerLayer};
use std::sync::{Arc, Mutex};
use tracing::Instrument;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

fn recording() -> (Profiler, ManualClock, tracing::subscriber::DefaultGuard) {
    let (profiler, clock) = manual();
    let registry = tracing_subscriber::registry().with(ProfilerLayer::new(profiler.clone()));
    (profiler, clock, tracing::subscriber::set_default(registry))
}

#[tracing::instrument(skip(clock))]
fn outer(clock: &ManualClock, times: u64) {
    clock.advance(ms(1));
    for _ in 0..times {
        inner(clock);
    }
}

#[tracing::instrument(skip(clock))]
fn inner(clock: &ManualClock) {
    clock.advance(ms(10));
}

#[test]
fn instrumented_functions_are_a_call_tree() {
    let (profiler, clock, _subscriber) = recording();
    outer(&clock, 3);
    let profile = profiler.snapshot();
    let outer = &profile.find(&["outer"]).unwrap().stats;
    assert_eq!((outer.count, outer.total, outer.self_time, outer.idle), (1, ms(31), ms(1), ms(0)));
    let inner = &profile.find(&["outer", "inner"]).unwrap().stats;
    assert_eq!((inner.count, inner.total, inner.max), (3, ms(30), Some(ms(10))));
    assert_eq!(profile.total(), ms(31));
    let results = profiler.results();
    assert_eq!((results.len(), results[0].children.len()), (1, 3));
}

#[test]
fn instrumented_futures_are_busy_while_polled() {
    let (profiler, clock, _subscriber) = recording();
    let task = |name: &'static str| {
        let clock = clock.clone();
        let span = match name {
            "a" => tracing::info_span!("a"),
            _ => tracing::info_span!("b"),
        };
        async move {
            for _ in 0..3 {
                clock.advance(ms(1));
                tokio::task::yield_now().await;
            }
        }
        .instrument(span)
    };
    block_on(async { tokio::join!(task("a"), task("b")) });
    let stats = profiler.stats();
    assert_eq!(stats["a"].busy, ms(3));
    assert_eq!(stats["a"].idle, stats["a"].total - ms(3));
    assert_eq!(profiler.snapshot().total(), ms(6), "concurrent time is not nested");
    assert_eq!(counts(&profiler.snapshot()).len(), 2, "siblings");
}

#[test]
fn spans_of_both_kinds_nest_in_each_other_and_exit_in_any_order() {
    let (profiler, clock, _subscriber) = recording();
    let ours = profiler.profile("ours");
    let (a, b) = (tracing::info_span!("a"), tracing::info_span!("b"));
    let entered_a = a.enter();
    clock.advance(ms(1));
    let entered_b = b.enter();
    clock.advance(ms(2));
    profiler.profile_fn("leaf", || clock.advance(ms(4)));
    drop(entered_a);
    clock.advance(ms(8));
    drop(entered_b);
    drop((a, b));
    drop(ours);
    let profile = profiler.snapshot();
    assert_eq!(profile.total(), ms(15));
    assert_eq!(profile.find(&["ours", "a"]).unwrap().stats.self_time, ms(1));
    assert_eq!(profile.find(&["ours", "b"]).unwrap().stats.self_time, ms(10));
    assert_eq!(profile.find(&["ours", "b", "leaf"]).unwrap().stats.count, 1);
    profiler.profile_fn("root", || ());
    assert!(profiler.snapshot().find(&["root"]).is_some());
}

#[test]
fn explicit_parents_roots_and_recursion() {
    let (profiler, clock, _subscriber) = recording();
    let parent = tracing::info_span!("parent");
    tracing::info_span!(parent: &parent, "child").in_scope(|| clock.advance(ms(1)));
    parent.in_scope(|| {
        tracing::info_span!(parent: None, "root").in_scope(|| clock.advance(ms(2)));
        tracing::info_span!("parent").in_scope(|| clock.advance(ms(4)));
    });
    drop(parent);
    let profile = profiler.snapshot();
    assert_eq!(counts(&profile)["parent;child"], 1);
    assert_eq!(counts(&profile)["root"], 1);
    let parent = &profile.find(&["parent"]).unwrap().stats;
    assert_eq!((parent.recursive, parent.timed, parent.self_time), (1, 1, ms(4)));
    assert_eq!(profile.total(), ms(7));
}

#[test]
fn panics_and_resets_are_survived() {
    let (profiler, clock, _subscriber) = recording();
    let caught = std::panic::catch_unwind(|| {
        tracing::info_span!("panics").in_scope(|| panic!("meant to happen"));
    });
    assert!(caught.is_err());
    assert_eq!(profiler.stats()["panics"].panicked, 1);
    assert_eq!(profiler.results()[0].outcome, Outcome::Panicked);

    let span = tracing::info_span!("before");
    let entered = span.enter();
    profiler.reset();
    clock.advance(ms(1));
    drop(entered);
    span.in_scope(|| ());
    drop(span);
    tracing::info_span!("after").in_scope(|| ());
    let counts = counts(&profiler.snapshot());
    assert_eq!(counts.into_keys().collect::<Vec<_>>(), ["after"]);
}

#[test]
fn a_span_may_move_between_threads() {
    let (profiler, clock) = manual();
    let registry = tracing_subscriber::registry().with(ProfilerLayer::new(profiler.clone()));
    let dispatch = tracing::Dispatch::new(registry);
    let span = tracing::dispatcher::with_default(&dispatch, || tracing::info_span!("moving"));
    for _ in 0..3 {
        let (span, dispatch, clock) = (span.clone(), dispatch.clone(), clock.clone());
        let work = move || {
            let advance = || span.in_scope(|| clock.advance(ms(5)));
            tracing::dispatcher::with_default(&dispatch, advance);
        };
        std::thread::spawn(work).join().unwrap();
    }
    tracing::dispatcher::with_default(&dispatch, || drop(span));
    let stats = &profiler.stats()["moving"];
    assert_eq!((stats.count, stats.busy, stats.total), (1, ms(15), ms(15)));
}

/// Writes down the names under which OpenTelemetry layers would export spans.
#[derive(Clone, Default)]
struct Names(Arc<Mutex<Vec<String>>>);

impl<S> Layer<S> for Names
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    fn on_new_span(
        &self,
        attributes: &tracing::span::Attributes<'_>,
        id: &tracing::span::Id,
        context: Context<'_, S>,
    ) {
        struct Name(String);
        impl tracing::field::Visit for Name {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                self.0 += &format!("{}={value:?} ", field.name());
            }
        }
        let mut name = Name(String::new());
        attributes.record(&mut name);
        let depth = context.span(id).unwrap().scope().count();
        self.0.lock().unwrap().push(format!("{depth} {}", name.0.trim_end()));
    }
}

#[test]
fn our_spans_can_be_emitted_for_opentelemetry() {
    let profiler = Profiler::with_config(ProfilerConfig::new().with_tracing_spans()).unwrap();
    let names = Names::default();
    // With the layer beside it: what is emitted is not recorded twice.
    let registry = tracing_subscriber::registry()
        .with(names.clone())
        .with(ProfilerLayer::new(profiler.clone()));
    tracing::subscriber::with_default(registry, || {
        let _suite = profiler.profile("suite");
        let metadata = || atp_profile::Metadata::new().with("id", 7);
        drop(profiler.profile_with("test", metadata));
        block_on(profiler.profile_async("task", async {
            tokio::task::yield_now().await;
            drop(profiler.profile("inside"));
        }));
    });
    let names = names.0.lock().unwrap();
    let expected = [
        "1 otel.name=\"suite\"",
        "2 otel.name=\"test\" metadata=id=7",
        "2 otel.name=\"task\"",
        "3 otel.name=\"inside\"",
    ];
    assert_eq!(*names, expected);
    assert_eq!(profiler.snapshot().counters.calls, 4);
}
