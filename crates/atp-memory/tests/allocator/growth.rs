//! What grows, and what only has grown.

use crate::sampling;
use atp_memory::MemoryReport;
use std::collections::VecDeque;

type Blocks = Vec<Box<[u8]>>;

#[inline(never)]
fn leak(into: &mut Blocks, count: usize) {
    for _ in 0..count {
        into.push(std::hint::black_box(vec![1; 4096].into_boxed_slice()));
    }
}

#[inline(never)]
fn leak_slowly(into: &mut Blocks, count: usize) {
    for _ in 0..count {
        into.push(std::hint::black_box(vec![1; 256].into_boxed_slice()));
    }
}

/// Fills up in the first rounds, then stays.
#[inline(never)]
fn fill(cache: &mut Blocks) {
    for _ in 0..600 {
        if cache.len() < 2000 {
            cache.push(std::hint::black_box(vec![1; 16_384].into_boxed_slice()));
        }
    }
}

/// Replaces its oldest entries.
#[inline(never)]
fn rotate(cache: &mut VecDeque<Box<[u8]>>) {
    for _ in 0..400 {
        if cache.len() == 1000 {
            cache.pop_front();
        }
        cache.push_back(std::hint::black_box(vec![1; 8192].into_boxed_slice()));
    }
}

/// Comes and goes with the rounds.
#[inline(never)]
fn breathe(round: usize) -> Blocks {
    let count = [100, 400, 200, 500][round % 4];
    (0..count).map(|_| std::hint::black_box(vec![1; 8192].into_boxed_slice())).collect()
}

fn run(interval: u64, rounds: usize) -> MemoryReport {
    let (mut leaked, mut slow) = (Vec::with_capacity(20_000), Vec::with_capacity(20_000));
    let (mut cache, mut rotating) = (Vec::with_capacity(2000), VecDeque::with_capacity(1000));
    let tracker = sampling(interval);
    tracker.start().unwrap();
    for round in 0..rounds {
        leak(&mut leaked, 200);
        leak_slowly(&mut slow, 200);
        fill(&mut cache);
        rotate(&mut rotating);
        let breath = breathe(round);
        tracker.snapshot("round");
        drop(breath);
    }
    tracker.stop()
}

fn found(report: &MemoryReport) -> Vec<&str> {
    report.growth.as_ref().unwrap().iter().map(|growth| growth.function.as_str()).collect()
}

/// Whether a site is this function, with its path or, from line tables alone, with its file.
fn is(site: &str, function: &str) -> bool {
    site.split(' ').next().is_some_and(|path| path.rsplit("::").next() == Some(function))
}

pub(crate) fn a_leak_is_ranked_first_and_a_full_cache_is_not_growth() {
    let report = run(1, 14);
    let found = found(&report);
    assert!(is(found[0], "leak"), "{found:?}");
    assert!(is(found[1], "leak_slowly"), "{found:?}");
    assert_eq!(found.len(), 2, "{found:?}");
    let growth = report.growth.as_ref().unwrap();
    assert!(growth[0].bytes_per_second > growth[1].bytes_per_second);
    assert_eq!(growth[0].last_bytes, 14 * 200 * 4096);
    let text = report.format_report();
    assert!(text.contains("not proof of a leak") && text.contains("leak"), "{text}");
}

pub(crate) fn a_sampled_leak_is_found() {
    let report = run(64 * 1024, 30);
    let found = found(&report);
    assert!(found.first().is_some_and(|first| is(first, "leak")), "{found:?}");
    assert!(found.iter().all(|function| function.contains("leak")), "{found:?}");
}

pub(crate) fn two_snapshots_show_no_growth() {
    let mut leaked = Vec::with_capacity(1000);
    let tracker = sampling(1);
    tracker.start().unwrap();
    leak(&mut leaked, 100);
    tracker.snapshot("once");
    leak(&mut leaked, 100);
    let report = tracker.stop();
    assert!(found(&report).is_empty(), "{report}");
    assert!(report.format_report().contains("Growth: none found"));
}
