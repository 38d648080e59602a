//! What a scope did, apart from the process.

use crate::{block, sampling};
use atp_memory::{GroupBy, HeapCounts, MemoryChange, MemoryScope, track_memory};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Barrier;
use std::thread;

fn did(change: &MemoryChange) -> (u64, u64) {
    let counts = change.scope.unwrap();
    (counts.allocated_bytes, counts.freed_bytes)
}

/// ME-20, M7, M8: a scope gives its result, with or without a tracker.
pub(crate) fn a_scope_is_told_apart_from_the_process() {
    let step = Barrier::new(2);
    let change = thread::scope(|scope| {
        let noisy = scope.spawn(|| {
            step.wait();
            step.wait();
            let noise = block(50_000);
            step.wait();
            step.wait();
            drop(noise);
        });
        step.wait();
        let (kept, change) = track_memory("scope", || {
            step.wait();
            step.wait();
            drop(block(300));
            block(1000)
        });
        drop(kept);
        step.wait();
        noisy.join().unwrap();
        change
    });
    assert_eq!(change.label, "scope");
    let expected = HeapCounts { allocated_bytes: 1300, allocations: 2, freed_bytes: 300, frees: 1 };
    assert_eq!(change.scope, Some(expected));
    let process = change.process.heap.unwrap().counts;
    assert_eq!((process.allocated_bytes, process.freed_bytes), (51_300, 300));
    assert!(change.process.rss_change_bytes.is_some());
}

pub(crate) fn nested_scopes_count_for_the_outer_one_too() {
    let (inner, outer) = track_memory("outer", || {
        drop(block(100));
        let ((), inner) = track_memory("inner", || drop(block(20)));
        drop(block(3));
        inner
    });
    assert_eq!(did(&inner), (20, 20));
    assert_eq!(did(&outer), (123, 123));
}

pub(crate) fn scopes_end_in_any_order() {
    let a = MemoryScope::enter("a");
    drop(block(1));
    let b = MemoryScope::enter("b");
    drop(block(10));
    let c = MemoryScope::enter("c");
    drop(block(100));
    let a = a.finish();
    drop(block(1000));
    let c = c.finish();
    drop(block(10_000));
    let b = b.finish();
    assert_eq!((did(&a), did(&b), did(&c)), ((111, 111), (11_110, 11_110), (1100, 1100)));
}

pub(crate) fn other_threads_take_part_through_a_handle() {
    let outer = MemoryScope::enter("outer");
    let inner = MemoryScope::enter("inner");
    let handle = inner.handle();
    thread::scope(|scope| {
        let spawn = |_| {
            let handle = handle.clone();
            scope.spawn(move || {
                drop(block(5));
                handle.run(|| {
                    drop(block(1000));
                    // Entered twice is not counted twice.
                    handle.run(|| drop(block(100)));
                });
            })
        };
        let spawned: Vec<_> = (0..4).map(spawn).collect();
        spawned.into_iter().for_each(|thread| thread.join().unwrap());
    });
    handle.run(|| drop(block(7)));
    let spawning = did(&inner.finish());
    let outer = did(&outer.finish());
    // The scope's own thread has also allocated what spawning takes.
    assert!((4407..20_000).contains(&spawning.0), "{spawning:?}");
    assert!(outer.0 >= spawning.0 && outer.0 < spawning.0 + 100, "{outer:?} {spawning:?}");
}

pub(crate) fn a_panic_leaves_the_scope() {
    std::panic::set_hook(Box::new(|_| {}));
    let ((), change) = track_memory("outer", || {
        let work = || track_memory("inner", || -> () { panic!("on purpose") });
        catch_unwind(AssertUnwindSafe(work)).unwrap_err();
    });
    drop(std::panic::take_hook());
    assert!(change.scope.is_some());
    // Nothing of the inner scope is left: what comes next is charged to the next one alone.
    let ((), after) = track_memory("after", || drop(block(10)));
    assert_eq!(did(&after), (10, 10));
}

/// What this crate allocates for itself is in no figure.
pub(crate) fn bookkeeping_is_not_measured() {
    let tracker = crate::counting();
    tracker.start().unwrap();
    let ((), outer) = track_memory("outer", || {
        for index in 0..200 {
            let ((), inner) = track_memory("inner", || drop(block(index + 1)));
            assert_eq!(inner.process.heap.unwrap().counts.allocations, 1);
            tracker.snapshot("many");
        }
    });
    let bytes = (1..=200).sum::<u64>();
    assert_eq!(did(&outer), (bytes, bytes));
    assert_eq!(outer.process.heap.unwrap().counts.allocated_bytes, bytes);
    drop(tracker.stop());
}

pub(crate) fn what_outlives_a_scope_is_reported() {
    let ((), unsampled) = track_memory("unsampled", || drop(block(1)));
    assert_eq!(unsampled.outlived, None);

    let tracker = sampling(1);
    tracker.start().unwrap();
    let ((kept, inner), outer) = track_memory("outer", || {
        drop(block(500));
        let (kept, inner) = track_memory("inner", || {
            drop(block(10));
            block(3000)
        });
        ((kept, block(200)), inner)
    });
    let inner = inner.outlived.unwrap();
    assert_eq!((inner.bytes.value, inner.blocks.value), (3000, 1));
    assert!(inner.bytes.is_exact());
    let sites = inner.sites(GroupBy::Function);
    assert_eq!(sites.len(), 1);
    assert!(sites[0].name.contains("block"), "{}", sites[0].name);
    let outer = outer.outlived.unwrap();
    // The inner scope's result is a value like any other, and names one stack.
    let own = outer.bytes.value - 3200;
    assert!(own < 1000, "{own}");
    drop(kept);
    let ((), nothing) = track_memory("nothing", || drop(block(10)));
    assert_eq!(nothing.outlived.unwrap().bytes.value, 0);
    drop(tracker.stop());
}
