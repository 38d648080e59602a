//! A process of its own, since it looks at the memory of the whole process.
#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

use atp_profile::Profiler;
use std::sync::Barrier;

const THREADS: u64 = 8;
const ROUNDS: u64 = 1_127;

/// 10 x 10 x 10 paths: each name below each of those above.
const NAMES: [[&str; 10]; 3] = [
    ["a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9"],
    ["b0", "b1", "b2", "b3", "b4", "b5", "b6", "b7", "b8", "b9"],
    ["c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9"],
];

fn resident_bytes() -> usize {
    memory_stats::memory_stats().unwrap().physical_mem
}

fn every_path_once(profiler: &Profiler) {
    for a in NAMES[0] {
        let _a = profiler.profile(a);
        for b in NAMES[1] {
            let _b = profiler.profile(b);
            for c in NAMES[2] {
                drop(profiler.profile(c));
            }
        }
    }
}

#[test]
fn p5_ten_million_spans_over_a_thousand_paths_take_little_memory_and_all_count() {
    let profiler = Profiler::new();
    let before = resident_bytes();
    let all_done = Barrier::new(THREADS as usize + 1);
    let grown = std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                (0..ROUNDS).for_each(|_| every_path_once(&profiler));
                all_done.wait();
                all_done.wait();
            });
        }
        all_done.wait();
        let profile = profiler.snapshot();
        assert_eq!(profile.nodes.len(), 10 + 100 + 1_000);
        let grown = resident_bytes().saturating_sub(before);
        all_done.wait();
        grown
    });
    let counters = profiler.snapshot().counters;
    let made = THREADS * ROUNDS * 1_110;
    assert!(made > 10_000_000);
    assert_eq!((counters.calls, counters.overflowed), (made, 0));
    let grown = grown.max(resident_bytes().saturating_sub(before));
    assert!(grown < 32 << 20, "grew by {} KiB", grown >> 10);
}
