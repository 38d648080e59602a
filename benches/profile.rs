//! The profiler beside its peers and beside the clock reads that it cannot do without.
//!
//! An iteration is a hundred spans. The foreground groups measure CPU time of the calling thread,
//! the `_process` ones that of the whole process, where the peers' background threads show.

use atp_benches::{ProcessTime, ThreadTime};
use atp_profile::{Profiler, ProfilerLayer, disable_profiling, enable_profiling, profile};
use criterion::measurement::Measurement;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use fastrace::local::LocalSpan;
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Barrier, Once};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tracing_subscriber::layer::{self, Layer, SubscriberExt};

const SPANS: usize = 100;

/// Runs `span` a hundred times in each iteration.
fn spans<M: Measurement>(group: &mut BenchmarkGroup<'_, M>, name: &str, span: impl Fn()) {
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            for _ in 0..SPANS {
                span();
            }
        });
    });
}

/// Drops a guard that the compiler has to believe is used.
fn held<T>(guard: T) {
    black_box(&guard);
}

fn two_reads(clock: &quanta::Clock) {
    black_box(clock.raw());
    black_box(clock.raw());
}

/// Before anything installs a subscriber.
fn disabled(criterion: &mut Criterion<ThreadTime>) {
    let mut group = criterion.benchmark_group("span_disabled");
    disable_profiling();
    spans(&mut group, "atp_profile", || held(profile("operation")));
    spans(&mut group, "tracing_no_subscriber", || {
        held(tracing::info_span!("operation").entered());
    });
    group.finish();
}

fn enabled<M: Measurement>(criterion: &mut Criterion<M>, suffix: &str) {
    let clock = quanta::Clock::new();
    enable_profiling();
    let mut group = criterion.benchmark_group(format!("span_depth_1{suffix}"));
    spans(&mut group, "two_clock_reads", || two_reads(&clock));
    spans(&mut group, "atp_profile", || held(profile("operation")));
    peers(&mut group, 1);
    group.finish();

    let mut group = criterion.benchmark_group(format!("span_depth_3{suffix}"));
    spans(&mut group, "two_clock_reads", || (0..3).for_each(|_| two_reads(&clock)));
    spans(&mut group, "atp_profile", || {
        let _outer = profile("outer");
        let _middle = profile("middle");
        held(profile("inner"));
    });
    peers(&mut group, 3);
    group.finish();
    disable_profiling();
}

fn peers<M: Measurement>(group: &mut BenchmarkGroup<'_, M>, depth: usize) {
    fastrace_reports_to_nobody();
    group.bench_function("fastrace", |bencher| {
        bencher.iter(|| {
            let root = fastrace::Span::root("root", fastrace::prelude::SpanContext::random());
            let _parent = root.set_local_parent();
            for _ in 0..SPANS {
                let _outer = LocalSpan::enter_with_local_parent("outer");
                if depth == 3 {
                    let _middle = LocalSpan::enter_with_local_parent("middle");
                    held(LocalSpan::enter_with_local_parent("inner"));
                }
            }
        });
    });
    hotpath_records();
    match depth {
        1 => spans(group, "hotpath", || hotpath::measure_block!({ "outer" }, black_box(()))),
        _ => spans(group, "hotpath", || {
            hotpath::measure_block!({ "outer" }, {
                hotpath::measure_block!({ "middle" }, {
                    hotpath::measure_block!({ "inner" }, black_box(()));
                });
            });
        }),
    }
    puffin::set_scopes_on(true);
    group.bench_function("puffin", |bencher| {
        bencher.iter(|| {
            puffin::GlobalProfiler::lock().new_frame();
            // Without an outer scope each span would be sent by itself.
            puffin::profile_scope!("frame");
            for _ in 0..SPANS {
                puffin::profile_scope!("outer");
                if depth == 3 {
                    puffin::profile_scope!("middle");
                    puffin::profile_scope!("inner");
                }
            }
        });
    });
    puffin::set_scopes_on(false);
    subscribe();
    match depth {
        1 => spans(group, "tracing_registry", || {
            held(tracing::info_span!("outer").entered());
        }),
        _ => spans(group, "tracing_registry", || {
            let _outer = tracing::info_span!("outer").entered();
            let _middle = tracing::info_span!("middle").entered();
            held(tracing::info_span!("inner").entered());
        }),
    }
}

fn fastrace_reports_to_nobody() {
    struct Nobody;
    impl fastrace::collector::Reporter for Nobody {
        fn report(&mut self, spans: Vec<fastrace::prelude::SpanRecord>) {
            drop(black_box(spans));
        }
    }
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        fastrace::set_reporter(Nobody, fastrace::collector::Config::default());
    });
}

/// Its guard prints a report at its end, which never comes.
fn hotpath_records() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| std::mem::forget(hotpath::HotpathGuardBuilder::new("bench").build()));
}

/// A layer that is empty until it is switched to ours: a process has one subscriber.
struct Switched(ProfilerLayer);

static OURS: AtomicBool = AtomicBool::new(false);

impl<S: tracing::Subscriber> Layer<S> for Switched {
    fn on_new_span(
        &self,
        attributes: &tracing::span::Attributes<'_>,
        id: &tracing::Id,
        context: layer::Context<'_, S>,
    ) {
        if OURS.load(Relaxed) {
            self.0.on_new_span(attributes, id, context);
        }
    }

    fn on_enter(&self, id: &tracing::Id, context: layer::Context<'_, S>) {
        if OURS.load(Relaxed) {
            self.0.on_enter(id, context);
        }
    }

    fn on_exit(&self, id: &tracing::Id, context: layer::Context<'_, S>) {
        if OURS.load(Relaxed) {
            self.0.on_exit(id, context);
        }
    }

    fn on_close(&self, id: tracing::Id, context: layer::Context<'_, S>) {
        if OURS.load(Relaxed) {
            self.0.on_close(id, context);
        }
    }
}

fn subscribe() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let switched = Switched(ProfilerLayer::new(Profiler::new()));
        let subscriber = tracing_subscriber::registry().with(switched);
        tracing::subscriber::set_global_default(subscriber).expect("no other was installed");
    });
}

#[tracing::instrument]
fn instrumented() {
    black_box(());
}

fn tracing_layer(criterion: &mut Criterion<ThreadTime>) {
    subscribe();
    let mut group = criterion.benchmark_group("instrumented_function");
    spans(&mut group, "registry_empty_layer", instrumented);
    OURS.store(true, Relaxed);
    spans(&mut group, "atp_profile", instrumented);
    OURS.store(false, Relaxed);
    group.finish();
}

/// A future that is polled as often as one likes.
struct Pending;

impl Future for Pending {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

fn future_poll(criterion: &mut Criterion<ThreadTime>) {
    let clock = quanta::Clock::new();
    enable_profiling();
    let mut group = criterion.benchmark_group("future_poll");
    spans(&mut group, "two_clock_reads", || two_reads(&clock));
    group.bench_function("atp_profile", |bencher| {
        let mut future = pin!(atp_profile::profile_async("task", Pending));
        let mut context = Context::from_waker(Waker::noop());
        bencher.iter(|| {
            for _ in 0..SPANS {
                assert!(black_box(future.as_mut().poll(&mut context)).is_pending());
            }
        });
    });
    group.finish();
    disable_profiling();
}

/// The mean of the threads' own times for the same spans on each.
fn on_threads(threads: usize, iterations: u64) -> Duration {
    let ready = Barrier::new(threads);
    let work = || {
        drop(profile("operation"));
        ready.wait();
        let start = ThreadTime::now();
        for _ in 0..iterations * SPANS as u64 {
            held(profile("operation"));
        }
        ThreadTime::now().saturating_sub(start)
    };
    let total: Duration = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        running.into_iter().map(|thread| thread.join().expect("no thread panics")).sum()
    });
    total / threads as u32
}

fn scaling(criterion: &mut Criterion<ThreadTime>) {
    enable_profiling();
    let mut group = criterion.benchmark_group("span_threads");
    for (name, threads) in [("one", 1), ("two", 2)] {
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|iterations| on_threads(threads, iterations));
        });
    }
    group.finish();
    disable_profiling();
}

fn foreground(criterion: &mut Criterion<ThreadTime>) {
    enabled(criterion, "");
}

fn whole_process(criterion: &mut Criterion<ProcessTime>) {
    enabled(criterion, "_process");
}

criterion_group! {
    name = thread_time;
    config = Criterion::default().with_measurement(ThreadTime);
    targets = disabled, future_poll, scaling, foreground, tracing_layer
}
criterion_group! {
    name = process_time;
    config = Criterion::default().with_measurement(ProcessTime);
    targets = whole_process
}
criterion_main!(thread_time, process_time);
