//! Snapshots while threads record.

use atp_profile::{Outcome, Profiler, ProfilerConfig};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

#[test]
fn snapshots_against_writers_only_grow_and_never_tear() {
    const SPANS: u64 = 30_000;
    let config = ProfilerConfig::new().with_ring_capacity(64);
    let profiler = Profiler::with_config(config).unwrap();
    let writing = AtomicBool::new(true);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut last, mut reads) = (0, 0_u32);
            while writing.load(Relaxed) || reads == 0 {
                let profile = profiler.snapshot();
                assert!(profile.counters.calls >= last, "a figure shrank");
                last = profile.counters.calls;
                assert!(last <= 4 * 2 * SPANS);
                for result in profiler.results() {
                    // A torn call would have another's times, path or parent.
                    assert!(result.end.is_none_or(|end| end >= result.start));
                    assert_eq!(result.end.is_none(), result.outcome == Outcome::Open);
                    for child in &result.children {
                        assert_eq!((&*result.operation, &*child.operation), ("outer", "inner"));
                        assert!(child.start >= result.start);
                    }
                }
                reads += 1;
            }
        });
        let writers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..SPANS {
                        let _outer = profiler.profile("outer");
                        drop(profiler.profile("inner"));
                    }
                })
            })
            .collect();
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        writing.store(false, Relaxed);
        reader.join().unwrap();
    });
    let stats = profiler.stats();
    assert_eq!((stats["outer"].count, stats["inner"].count), (4 * SPANS, 4 * SPANS));
}
