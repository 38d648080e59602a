//! Figures of threads, alive and ended.

use super::{counts, manual};
use std::sync::Barrier;

#[test]
fn a_thread_that_ended_keeps_its_figures_and_calls() {
    let (profiler, _) = manual();
    for _ in 0..20 {
        let profiler = profiler.clone();
        let work = move || profiler.profile_fn("outer", || profiler.profile_fn("inner", || ()));
        std::thread::spawn(work).join().unwrap();
    }
    assert_eq!(
        counts(&profiler.snapshot()),
        [("outer".into(), 20), ("outer;inner".into(), 20)].into()
    );
    let results = profiler.results();
    assert_eq!(results.len(), 20);
    assert!(results.iter().all(|result| result.children.len() == 1));
}

#[test]
fn equal_paths_of_threads_are_one() {
    let (profiler, _) = manual();
    let barrier = Barrier::new(4);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..100 {
                    profiler.profile_fn("op", || ());
                }
                barrier.wait();
                assert!(profiler.stats()["op"].count >= 400, "live threads are read along");
            });
        }
    });
    assert_eq!(counts(&profiler.snapshot()), [("op".into(), 400)].into());
}

#[test]
fn many_profilers_on_one_thread_go_when_their_handles_do() {
    for _ in 0..1_000 {
        let (profiler, _) = manual();
        profiler.profile_fn("op", || ());
        assert_eq!(profiler.stats()["op"].count, 1);
    }
}
