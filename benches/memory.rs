//! What counting and sampling add to an allocation, and what a snapshot costs.
//!
//! Allocators are called directly, so that all of them can be in one run. The tracking allocator
//! is also installed, because a snapshot without it would have less to do.
#![expect(unsafe_code, reason = "the methods of an allocator are unsafe to call")]

use atp_benches::ThreadTime;
use atp_memory::{MemoryConfig, MemoryTracker, TrackingAllocator};
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use stats_alloc::StatsAlloc;
use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::Duration;

#[global_allocator]
static TRACKING: TrackingAllocator = TrackingAllocator::system();

static STATS_ALLOC: StatsAlloc<System> = StatsAlloc::system();

/// 64 bytes, allocated and freed at once.
#[inline(always)]
fn pair(allocator: &impl GlobalAlloc) {
    let layout = black_box(Layout::new::<[u64; 8]>());
    // SAFETY: the layout is not empty.
    let block = black_box(unsafe { allocator.alloc(layout) });
    // SAFETY: the block came from this allocator with this layout.
    unsafe { allocator.dealloc(block, layout) }
}

fn bench_pairs(
    group: &mut BenchmarkGroup<'_, ThreadTime>,
    name: &str,
    allocator: &impl GlobalAlloc,
) {
    group.bench_function(name, |b| b.iter(|| pair(allocator)));
}

fn counting(c: &mut Criterion<ThreadTime>) {
    let mut group = c.benchmark_group("alloc_64_counting");
    bench_pairs(&mut group, "system", &System);
    bench_pairs(&mut group, "tracking", &TRACKING);
    group.finish();
}

/// Times `pairs` on this thread while another one does the same.
fn beside_another(pairs: u64, allocator: &(impl GlobalAlloc + Sync)) -> Duration {
    let stop = AtomicBool::new(false);
    let ready = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            ready.wait();
            while !stop.load(Relaxed) {
                for _ in 0..100 {
                    pair(allocator);
                }
            }
        });
        ready.wait();
        let started = ThreadTime::now();
        for _ in 0..pairs {
            pair(allocator);
        }
        let taken = ThreadTime::now() - started;
        stop.store(true, Relaxed);
        taken
    })
}

fn two_threads(c: &mut Criterion<ThreadTime>) {
    let mut group = c.benchmark_group("alloc_64_two_threads");
    group.bench_function("stats_alloc", |b| b.iter_custom(|n| beside_another(n, &STATS_ALLOC)));
    group.bench_function("tracking", |b| b.iter_custom(|n| beside_another(n, &TRACKING)));
    group.finish();
}

fn sampling(c: &mut Criterion<ThreadTime>) {
    let mut group = c.benchmark_group("alloc_64_sampling");
    bench_pairs(&mut group, "system", &System);
    let tracker = MemoryTracker::new();
    tracker.start().expect("no other tracker runs");
    bench_pairs(&mut group, "tracking", &TRACKING);
    let report = tracker.stop();
    assert!(report.sampling.is_some_and(|sampling| sampling.samples > 0), "nothing was sampled");
    let profiler = dhat::Profiler::builder().testing().build();
    bench_pairs(&mut group, "dhat", &dhat::Alloc);
    assert!(dhat::HeapStats::get().total_blocks > 0, "dhat saw nothing");
    drop(profiler);
    group.finish();
}

/// The default settings, with the timeline at its capacity.
fn snapshot(c: &mut Criterion<ThreadTime>) {
    let mut group = c.benchmark_group("memory_snapshot");
    group.bench_function("statm_read", |b| b.iter(|| fs::read_to_string("/proc/self/statm")));
    let config = MemoryConfig::new();
    let tracker = MemoryTracker::with_config(config).expect("the default settings are valid");
    tracker.start().expect("no other tracker runs");
    group.bench_function("tracker", |b| b.iter(|| tracker.snapshot("bench")));
    drop(tracker.stop());
    group.finish();
}

criterion_group! {
    name = memory;
    config = Criterion::default().with_measurement(ThreadTime);
    targets = counting, two_threads, sampling, snapshot
}
criterion_main!(memory);
