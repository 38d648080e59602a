//! Bytes and blocks, over threads and their ends.
#![expect(unsafe_code, reason = "the methods of an allocator are unsafe to call")]

use crate::block;
use atp_memory::{HeapCounts, MemoryScope, TrackingAllocator, current_usage, measure_heap};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::RefCell;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Barrier, Mutex};
use std::thread;

/// What the process did while `work` ran, and nothing else.
fn process_counts<T>(work: impl FnOnce() -> T) -> HeapCounts {
    let scope = MemoryScope::enter("process");
    let value = work();
    let change = scope.finish();
    drop(value);
    change.process.heap.unwrap().counts
}

fn counts(allocated_bytes: u64, allocations: u64, freed_bytes: u64, frees: u64) -> HeapCounts {
    HeapCounts { allocated_bytes, allocations, freed_bytes, frees }
}

/// M4: both sides are counted, and not the sign of their difference.
pub(crate) fn known_allocations_on_several_threads_are_counted_exactly() {
    const THREADS: usize = 8;
    let step = Barrier::new(THREADS + 1);
    let (counted, idle) = thread::scope(|scope| {
        let spawn = |index| {
            let step = &step;
            scope.spawn(move || {
                step.wait();
                step.wait();
                for _ in 0..1000 {
                    drop(block(100 + index));
                }
                let kept = block(1 << 20);
                step.wait();
                step.wait();
                drop(kept);
            })
        };
        let spawned: Vec<_> = (0..THREADS).map(spawn).collect();
        step.wait();
        let counted = process_counts(|| {
            step.wait();
            step.wait();
        });
        let idle = process_counts(|| ());
        step.wait();
        // A scope does not wait for the last of its threads' own frees; a join does.
        spawned.into_iter().for_each(|thread| thread.join().unwrap());
        (counted, idle)
    });
    let small = (0..8).map(|index| 1000 * (100 + index)).sum::<u64>();
    assert_eq!(counted, counts(small + (8 << 20), 8 * 1001, small, 8 * 1000));
    assert_eq!(idle, counts(0, 0, 0, 0));
}

pub(crate) fn frees_on_another_thread_balance() {
    let handed = Mutex::new(Vec::with_capacity(1000));
    let step = Barrier::new(2);
    let (freed, both) = thread::scope(|scope| {
        let freeing = scope.spawn(|| {
            step.wait();
            step.wait();
            let ((), counted) = measure_heap(|| handed.lock().unwrap().clear());
            step.wait();
            step.wait();
            counted.unwrap()
        });
        step.wait();
        let both = process_counts(|| {
            handed.lock().unwrap().extend((1..=1000).map(block));
            step.wait();
            step.wait();
        });
        step.wait();
        (freeing.join().unwrap(), both)
    });
    let bytes = (1..=1000).sum();
    assert_eq!(freed, counts(0, 0, bytes, 1000));
    assert_eq!(both, counts(bytes, 1000, bytes, 1000));
}

pub(crate) fn the_counts_of_a_thread_that_exited_stay() {
    let before = current_usage();
    let kept = thread::spawn(|| (0..100).map(|_| block(1000)).collect::<Vec<_>>()).join().unwrap();
    let held = current_usage().live_bytes.unwrap() - before.live_bytes.unwrap();
    let list = 100 * size_of::<Box<[u8]>>() as u64;
    assert!((100_000 + list..110_000).contains(&held), "{held}");
    drop(kept);
    let left = current_usage().live_bytes.unwrap().abs_diff(before.live_bytes.unwrap());
    assert!(left < 4096, "{left}");
}

pub(crate) fn a_thousand_short_lived_threads_share_the_slots() {
    let before = current_usage();
    let kept: Vec<_> = (0..1000)
        .map(|_| {
            // A thread that has a slot of its own can tell what it did.
            thread::spawn(|| measure_heap(|| block(64))).join().unwrap()
        })
        .inspect(|(_, counted)| assert_eq!(*counted, Some(counts(64, 1, 0, 0))))
        .collect();
    drop(kept);
    let left = current_usage().live_bytes.unwrap().abs_diff(before.live_bytes.unwrap());
    assert!(left < 4096, "{left}");
}

pub(crate) fn more_threads_than_slots_are_counted_as_exactly() {
    const THREADS: usize = 600;
    let step = Barrier::new(THREADS + 1);
    let with_slot = AtomicUsize::new(0);
    let counted = thread::scope(|scope| {
        let spawn = |_| {
            thread::Builder::new()
                .stack_size(128 * 1024)
                .spawn_scoped(scope, || {
                    let (first, counted) = measure_heap(|| block(10));
                    drop(first);
                    with_slot.fetch_add(usize::from(counted.is_some()), SeqCst);
                    step.wait();
                    step.wait();
                    let kept = block(1000);
                    step.wait();
                    step.wait();
                    drop(kept);
                })
                .unwrap()
        };
        let spawned: Vec<_> = (0..THREADS).map(spawn).collect();
        step.wait();
        let counted = process_counts(|| {
            step.wait();
            step.wait();
        });
        step.wait();
        spawned.into_iter().for_each(|thread| thread.join().unwrap());
        counted
    });
    assert_eq!(counted, counts(600_000, 600, 0, 0));
    // One slot is this thread's. Those without one know that they cannot tell what they did.
    assert_eq!(with_slot.load(SeqCst), 511);
    // The slots have been given back.
    let again = thread::spawn(|| measure_heap(|| block(10)).1).join().unwrap();
    assert_eq!(again, Some(counts(10, 1, 0, 0)));
}

pub(crate) fn what_a_thread_allocates_while_it_exits_is_counted() {
    struct Late(RefCell<Vec<Box<[u8]>>>);
    impl Drop for Late {
        fn drop(&mut self) {
            self.0.borrow_mut().push(block(5000));
            std::mem::forget(block(123_456));
        }
    }
    thread_local! {
        static LATE: Late = const { Late(RefCell::new(Vec::new())) };
    }
    let before = current_usage().live_bytes.unwrap();
    thread::spawn(|| LATE.with(|late| late.0.borrow_mut().push(block(7)))).join().unwrap();
    let held = current_usage().live_bytes.unwrap() - before;
    assert!((123_456..123_456 + 4096).contains(&held), "{held}");
}

static ZEROED: AtomicUsize = AtomicUsize::new(0);
static MOVED: AtomicUsize = AtomicUsize::new(0);

/// Counts how it is called, and can be made to fail.
#[derive(Default)]
struct Witness {
    fail: bool,
}

// SAFETY: forwards to `System`, or fails.
unsafe impl GlobalAlloc for Witness {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as this method's caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        ZEROED.fetch_add(1, SeqCst);
        // SAFETY: as this method's caller promises.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as this method's caller promises.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        MOVED.fetch_add(1, SeqCst);
        if self.fail {
            return std::ptr::null_mut();
        }
        // SAFETY: as this method's caller promises.
        unsafe { System.realloc(block, layout, new_size) }
    }
}

pub(crate) fn zeroed_and_moved_blocks_are_forwarded() {
    let allocator = TrackingAllocator::new(Witness::default());
    let layout = Layout::from_size_align(100, 8).unwrap();
    let ((), counted) = measure_heap(|| {
        // SAFETY: the layout is not empty.
        let block = unsafe { allocator.alloc_zeroed(layout) };
        // SAFETY: the block has 100 bytes.
        assert_eq!(unsafe { *block.cast::<[u8; 100]>() }, [0; 100]);
        // SAFETY: the block came from this allocator with this layout.
        let block = unsafe { allocator.realloc(block, layout, 300) };
        let layout = Layout::from_size_align(300, 8).unwrap();
        // SAFETY: the block came from this allocator and has been given this layout.
        unsafe { allocator.dealloc(block, layout) };
    });
    assert_eq!(counted, Some(counts(400, 2, 400, 2)));
    assert_eq!((ZEROED.load(SeqCst), MOVED.load(SeqCst)), (1, 1));
}

pub(crate) fn a_failed_reallocation_changes_nothing() {
    let allocator = TrackingAllocator::new(Witness { fail: true });
    let layout = Layout::from_size_align(100, 8).unwrap();
    let tracker = crate::sampling(1);
    tracker.start().unwrap();
    let (block, counted) = measure_heap(|| {
        // SAFETY: the layout is not empty.
        let block = unsafe { allocator.alloc(layout) };
        // SAFETY: the block came from this allocator with this layout.
        let moved = unsafe { allocator.realloc(block, layout, 300) };
        assert!(moved.is_null());
        block
    });
    assert_eq!(counted, Some(counts(100, 1, 0, 0)));
    let samples = |report: &atp_memory::MemoryReport| {
        report
            .sampling
            .as_ref()
            .unwrap()
            .sites
            .iter()
            .map(|site| site.live_bytes.value)
            .sum::<u64>()
    };
    assert!(samples(&tracker.stop()) >= 100);
    // SAFETY: the block is still there, with its first layout.
    unsafe { allocator.dealloc(block, layout) };
}

pub(crate) fn a_value_is_measured_exactly() {
    let (list, counted) = measure_heap(|| {
        drop(block(77));
        let mut list = Vec::with_capacity(10);
        list.push(block(100));
        list
    });
    let list_bytes = 10 * size_of::<Box<[u8]>>() as u64;
    assert_eq!(counted, Some(counts(177 + list_bytes, 3, 77, 1)));
    assert_eq!(counted.unwrap().net_bytes(), 100 + list_bytes as i64);
    assert_eq!(counted.unwrap().net_blocks(), 2);
    drop(list);
}

/// ME-17: current use, tracking or not; M10: what is not heap shows in the resident set.
pub(crate) fn usage_follows_what_is_held() {
    let before = current_usage();
    let held = block(8 << 20);
    let during = current_usage();
    assert_eq!(during.live_bytes, before.live_bytes.map(|bytes| bytes + (8 << 20)));
    assert_eq!(during.live_blocks, before.live_blocks.map(|blocks| blocks + 1));
    let rss = during.rss_bytes.unwrap();
    assert_eq!(during.retained_bytes(), Some(rss as i64 - during.live_bytes.unwrap() as i64));
    drop(held);
    assert_eq!(current_usage().live_bytes, before.live_bytes);
}
