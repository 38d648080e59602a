//! The highest level, of the process, of an interval and of a scope.

use crate::{block, counting};
use atp_memory::{MemoryScope, track_memory};
use std::sync::{Barrier, Mutex};
use std::thread;

const KIB: u64 = 1024;

pub(crate) fn one_thread_has_exact_peaks() {
    let tracker = counting();
    tracker.start().unwrap();
    let before = tracker.snapshot("before").unwrap().heap.unwrap();
    let (a, b) = (block(300 * 1024), block(17));
    drop(a);
    let after = tracker.snapshot("after").unwrap().heap.unwrap();
    drop(b);
    assert_eq!(after.peak_bytes, before.live_bytes + 300 * KIB + 17);
    assert_eq!(after.live_bytes, before.live_bytes + 17);
    // Exact where one thread allocates; threads of earlier tests may have widened the bound.
    drop(tracker.stop());
}

/// Threads take turns under a lock, so that the true level is known after every step.
pub(crate) fn several_threads_have_peaks_within_the_bound() {
    const THREADS: u64 = 6;
    for round in 0..20 {
        let truth = Mutex::new((0_i64, 0_i64));
        let step = Barrier::new(THREADS as usize + 1);
        let (before, heap) = thread::scope(|scope| {
            let spawned = (0..THREADS).map(|index| {
                let (truth, step) = (&truth, &step);
                scope.spawn(move || {
                    let mut random = 1 + round * THREADS + index;
                    let mut held: Vec<Box<[u8]>> = Vec::with_capacity(4000);
                    step.wait();
                    step.wait();
                    for _ in 0..2000 {
                        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                        let size = (random >> 40) % 3000 + 1;
                        let mut truth = truth.lock().unwrap();
                        let grow = held.is_empty() || random >> 63 == 0;
                        if grow {
                            held.push(block(size as usize));
                            truth.0 += size as i64;
                        } else {
                            let position = random as usize % held.len();
                            truth.0 -= held.swap_remove(position).len() as i64;
                        }
                        truth.1 = truth.1.max(truth.0);
                    }
                    step.wait();
                    step.wait();
                })
            });
            let spawned: Vec<_> = spawned.collect();
            step.wait();
            let before = atp_memory::current_usage().live_bytes.unwrap();
            let scope = MemoryScope::enter("threads");
            step.wait();
            step.wait();
            let heap = scope.finish().process.heap.unwrap();
            step.wait();
            // A scope does not wait for the last of its threads' own frees; this does.
            spawned.into_iter().for_each(|thread| thread.join().unwrap());
            (before, heap)
        });
        let truth = before as i64 + truth.lock().unwrap().1;
        let error = heap.peak_bytes as i64 - truth;
        let bound = heap.peak_error_bytes as i64;
        assert!(error.abs() <= bound, "off by {error} with a bound of {bound}");
        assert!(bound <= (THREADS as i64 + 2) * 64 * 1024, "{bound}");
    }
}

/// M3: a small interval after a large one is not charged with its peak.
pub(crate) fn an_interval_has_its_own_peak() {
    let tracker = counting();
    tracker.start().unwrap();
    let base = tracker.snapshot("a").unwrap().heap.unwrap().live_bytes;
    drop(block(50 << 20));
    tracker.snapshot("b");
    drop(block(1024));
    tracker.snapshot("c");
    let report = tracker.stop();
    let peak = |index: usize| report.changes[index].heap.unwrap().peak_bytes;
    assert_eq!(peak(1), base + (50 << 20));
    assert_eq!(peak(2), base + 1024);
    assert_eq!(report.peak_bytes(), Some(base + (50 << 20)));
    assert_eq!(report.changes[1].heap.unwrap().counts.allocated_bytes, 50 << 20);
    assert_eq!(report.changes[1].heap.unwrap().counts.net_bytes(), 0);
}

pub(crate) fn nested_and_overlapping_scopes_have_their_own_peaks() {
    let base = atp_memory::current_usage().live_bytes.unwrap();
    let peak = |change: atp_memory::MemoryChange| change.process.heap.unwrap().peak_bytes - base;

    let outer = MemoryScope::enter("outer");
    drop(block(3000));
    let ((), inner) = track_memory("inner", || drop(block(1000)));
    drop(block(2000));
    assert_eq!(peak(outer.finish()), 3000);
    let inner_peak = inner.process.heap.unwrap().peak_bytes - base;
    assert_eq!(inner_peak, 1000);

    let first = MemoryScope::enter("first");
    drop(block(1000));
    let second = MemoryScope::enter("second");
    drop(block(5000));
    let third = MemoryScope::enter("third");
    drop(block(2000));
    let first_peak = peak(first.finish());
    drop(block(7000));
    let third_peak = peak(third.finish());
    let second_peak = peak(second.finish());
    assert!((5000..5600).contains(&first_peak), "{first_peak}");
    assert!((7000..7600).contains(&second_peak), "{second_peak}");
    assert!((7000..7600).contains(&third_peak), "{third_peak}");
}
