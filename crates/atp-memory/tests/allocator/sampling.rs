//! Who allocated.

use crate::{block, sampling};
use atp_memory::{GroupBy, Measure, MemoryReport, Site, TrackingError, track_memory};
use std::collections::VecDeque;
use std::hint::black_box;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc;
use std::thread;

/// The site with this function, by the report's own grouping.
fn site(report: &MemoryReport, function: &str) -> Site {
    let sites = &report.sampling.as_ref().unwrap().sites;
    sites
        .iter()
        .find(|site| site.name.contains(function))
        .unwrap_or_else(|| panic!("{sites:#?}"))
        .clone()
}

#[inline(never)]
fn load(count: usize, size: usize) -> Vec<Box<[u8]>> {
    let mut blocks = Vec::with_capacity(count);
    for _ in 0..count {
        blocks.push(black_box(vec![1; size].into_boxed_slice()));
    }
    blocks
}

pub(crate) fn every_block_is_seen_at_an_interval_of_one() {
    let tracker = sampling(1);
    tracker.start().unwrap();
    let mut blocks = load(100, 1000);
    blocks.truncate(40);
    let report = tracker.stop();
    let site = site(&report, "load");
    let list = 100 * size_of::<Box<[u8]>>() as u64;
    assert_eq!((site.total_bytes.value, site.total_blocks.value), (100_000 + list, 101));
    assert_eq!((site.live_bytes.value, site.live_blocks.value), (40_000 + list, 41));
    assert!(site.total_bytes.is_exact() && report.sampling.unwrap().exact);
    drop(blocks);
}

pub(crate) fn sampled_estimates_hold_the_truth() {
    let tracker = sampling(4096);
    tracker.start().unwrap();
    let mut blocks = load(20_000, 200);
    blocks.truncate(10_000);
    let report = tracker.stop();
    let site = site(&report, "load");
    // A fixed seed, and one thread: the same samples every time, unless std allocates differently.
    let list = 20_000 * size_of::<Box<[u8]>>() as u64;
    for (estimate, truth) in [
        (site.total_bytes, 4_000_000 + list),
        (site.live_bytes, 2_000_000 + list),
        (site.total_blocks, 20_001),
        (site.live_blocks, 10_001),
    ] {
        let margin = 2 * estimate.margin();
        assert!(estimate.value.abs_diff(truth) <= margin, "{estimate} against {truth}");
        assert!(!estimate.is_exact() && estimate.margin() < truth / 5, "{estimate}");
    }
    let sampling = report.sampling.unwrap();
    assert!(!sampling.exact && (500..2000).contains(&sampling.samples), "{}", sampling.samples);
    drop(blocks);
}

pub(crate) fn frees_on_other_threads_are_seen() {
    let tracker = sampling(1);
    tracker.start().unwrap();
    let (sender, receiver) = mpsc::channel();
    let freeing = thread::spawn(move || receiver.iter().for_each(drop::<Box<[u8]>>));
    for block in load(1000, 64) {
        sender.send(block).unwrap();
    }
    drop(sender);
    freeing.join().unwrap();
    let report = tracker.stop();
    assert_eq!(site(&report, "load").live_bytes.value, 0);
    assert_eq!(site(&report, "load").total_blocks.value, 1001);
}

/// Nothing grows without bound: the table of live blocks has 131,072 places.
pub(crate) fn a_full_table_drops_and_says_so() {
    let tracker = sampling(1);
    tracker.start().unwrap();
    let blocks = load(140_000, 16);
    let report = tracker.stop();
    let sampling = report.sampling.as_ref().unwrap();
    assert!(sampling.dropped_samples >= 140_000 - (1 << 17), "{}", sampling.dropped_samples);
    assert!(!sampling.exact);
    // The totals have all of them, and what is live is too low by what was dropped.
    let site = site(&report, "load");
    assert_eq!(site.total_blocks.value, 140_001);
    assert_eq!(site.live_blocks.value, 140_001 - sampling.dropped_samples);
    assert!(report.format_report().contains("samples were dropped"));
    drop(blocks);

    // And the next session finds it empty.
    tracker.start().unwrap();
    let blocks = load(1000, 16);
    assert_eq!(tracker.stop().sampling.unwrap().dropped_samples, 0);
    drop(blocks);
}

/// Allocates below two calls that are told apart at each of `depth` levels: a stack of its own for
/// each `path`.
#[inline(never)]
fn branch(path: usize, depth: usize) -> Box<[u8]> {
    if depth == 0 {
        return block(16);
    }
    let left = path & 1 == 0;
    let found = if left { branch(path >> 1, depth - 1) } else { branch(path / 2, depth - 1) };
    black_box(found)
}

/// Nothing grows without bound: the table of stacks has 4,096 places. A session that filled it
/// leaves room for the next one.
pub(crate) fn a_full_table_of_stacks_says_so_and_is_empty_for_the_next_session() {
    let tracker = sampling(1);
    tracker.start().unwrap();
    let (blocks, change) =
        track_memory("branches", || (0..8192).map(|path| branch(path, 13)).collect::<Vec<_>>());
    let report = tracker.stop();
    let unplaced = report.sampling.as_ref().unwrap().unplaced_samples;
    assert!(unplaced >= 8192 - 4096, "{unplaced}");
    assert!(report.format_report().contains("samples have no call site"));
    drop(blocks);
    let outlived = change.outlived.unwrap();
    let known = outlived.sites(GroupBy::Function);
    assert!(known.iter().any(|site| site.name.contains("block")), "{known:?}");

    tracker.start().unwrap();
    let blocks: Vec<_> = (0..256).map(|path| branch(path, 8)).collect();
    let report = tracker.stop();
    assert_eq!(report.sampling.as_ref().unwrap().unplaced_samples, 0);
    assert_eq!(site(&report, "block").live_blocks.value, 256);
    drop(blocks);
    // The same ids are other stacks by now, and nothing is called what it is not.
    let unknown = outlived.sites(GroupBy::Function);
    assert!(unknown.iter().all(|site| site.name.starts_with('(')), "{unknown:?}");
    assert_eq!(known.iter().map(|site| site.live_bytes.value).sum::<u64>(), outlived.bytes.value);
    assert_eq!(unknown.iter().map(|site| site.live_bytes.value).sum::<u64>(), outlived.bytes.value);
}

/// What a report says is that of its own session, though the next one waits to start.
pub(crate) fn a_report_is_read_before_another_session_starts() {
    let (mine, other, done) = (sampling(1), sampling(1), AtomicBool::new(false));
    let mut reports = Vec::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Relaxed) {
                if other.start().is_ok() {
                    drop(other.stop());
                }
                thread::yield_now();
            }
        });
        for _ in 0..5 {
            while mine.start().is_err() {
                thread::yield_now();
            }
            let blocks = load(10, 1000);
            reports.push(mine.stop());
            drop(blocks);
        }
        done.store(true, Relaxed);
    });
    for report in reports {
        assert!(report.sampling.as_ref().unwrap().samples >= 11);
        assert_eq!(site(&report, "load").live_blocks.value, 11);
    }
}

pub(crate) fn sites_are_grouped_by_function_line_and_crate() {
    let tracker = sampling(1);
    tracker.start().unwrap();
    let kept = (block(1000), load(1, 2000));
    let report = tracker.stop();
    let live = |by, name: &str| {
        let sites = report.top_allocators(by).unwrap();
        let found = sites.iter().find(|site| site.name.contains(name));
        found.unwrap_or_else(|| panic!("no {name} in {sites:#?}")).live_bytes.value
    };
    assert_eq!(live(GroupBy::Function, "block"), 1000);
    let list = size_of::<Box<[u8]>>() as u64;
    assert_eq!(live(GroupBy::Function, "load"), 2000 + list);
    assert_eq!(live(GroupBy::Crate, "allocator"), 3000 + list);
    let lines = report.top_allocators(GroupBy::Line).unwrap();
    if lines.iter().any(|site| site.name.contains(".rs:")) {
        assert!(live(GroupBy::Line, "main.rs:") >= 1000);
        assert!(live(GroupBy::Line, "sampling.rs:") >= list);
    } else {
        // The program carries no debug information: the function is the closest there is.
        assert_eq!(live(GroupBy::Line, "block"), 1000);
    }
    drop(kept);
}

pub(crate) fn stacks_are_written_for_flame_graphs() {
    let tracker = sampling(1);
    tracker.start().unwrap();
    drop(block(5000));
    let kept = block(1000);
    let report = tracker.stop();
    let folded = |measure| {
        let mut written = Vec::new();
        report.write_folded(&mut written, measure).unwrap();
        String::from_utf8(written).unwrap()
    };
    let value = |text: &str| -> u64 {
        let lines = text.lines().filter(|line| line.contains("block"));
        lines.map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap()).sum()
    };
    assert_eq!(value(&folded(Measure::Live)), 1000);
    assert_eq!(value(&folded(Measure::Total)), 6000);
    let text = folded(Measure::Live);
    let line = text.lines().find(|line| line.contains("block")).unwrap();
    let (outer, inner) = (line.find("stacks_are_written").unwrap(), line.find("block").unwrap());
    assert!(outer < inner && !line.contains("atp_memory::allocator"), "{line}");
    drop(kept);
}

/// There is one sampler in a process, and M11: nobody's settings are silently another's.
pub(crate) fn two_samplers_do_not_mix() {
    let (first, second) = (sampling(1), sampling(4096));
    first.start().unwrap();
    assert_eq!(second.start(), Err(TrackingError::SamplerBusy { interval_bytes: 1 }));
    assert!(!second.is_tracking());
    let beside = crate::counting();
    beside.start().unwrap();
    drop(block(10));
    assert_eq!(beside.stop().allocated_bytes(), Some(10));
    assert_eq!(first.stop().sampling.unwrap().interval_bytes, 1);
    second.start().unwrap();
    assert_eq!(second.stop().sampling.unwrap().interval_bytes, 4096);
}

/// Sessions begin and end while threads allocate, hand blocks to each other and move them.
pub(crate) fn sessions_come_and_go_beside_busy_threads() {
    let before = atp_memory::current_usage();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let busy = |seed: usize| {
            let stop = &stop;
            let (sender, receiver) = mpsc::sync_channel::<Vec<u8>>(20);
            let freeing = scope.spawn(move || receiver.iter().for_each(drop));
            let allocating = scope.spawn(move || {
                let mut held = VecDeque::new();
                for round in 0.. {
                    if stop.load(Relaxed) {
                        break;
                    }
                    let mut block = vec![0_u8; (seed * 31 + round * 7) % 500 + 1];
                    block.reserve_exact(round % 300);
                    held.push_back(block);
                    thread::yield_now();
                    if held.len() > 50 {
                        sender.send(held.pop_front().unwrap()).unwrap();
                    }
                }
            });
            [freeing, allocating]
        };
        let spawned: Vec<_> = (0..3).flat_map(busy).collect();
        for interval in [1, 64, 4096].repeat(2) {
            let tracker = sampling(interval);
            tracker.start().unwrap();
            let (kept, change) = track_memory("kept", || block(1000));
            let outlived = change.outlived.unwrap().bytes;
            assert!(interval > 1 || outlived.value == 1000, "{outlived}");
            drop(kept);
            tracker.snapshot("busy");
            let report = tracker.stop();
            let sites = report.sampling.unwrap().sites;
            assert!(sites.iter().all(|site| site.live_bytes.value <= site.total_bytes.value));
        }
        stop.store(true, Relaxed);
        spawned.into_iter().for_each(|thread| thread.join().unwrap());
    });
    let after = atp_memory::current_usage();
    assert_eq!(after.live_blocks, before.live_blocks);
    assert_eq!(after.live_bytes, before.live_bytes);
}
