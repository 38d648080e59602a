//! Sums over all threads.

use super::level::{LEVEL, Peak};
use super::threads::{self, SHARED};
use crate::heap::HeapCounts;
use std::hint::black_box;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering::{Acquire, Relaxed};

pub(crate) use super::threads::uncounted;

/// What all threads have allocated and freed since the process started.
///
/// Exact while no other thread allocates or frees. Otherwise a block counts as freed only if it
/// also counts as allocated, so that the difference is never negative.
pub(crate) fn process() -> HeapCounts {
    let mut sum = HeapCounts {
        freed_bytes: SHARED.freed_bytes.load(Acquire),
        frees: SHARED.frees.load(Acquire),
        ..HeapCounts::default()
    };
    for slot in threads::used() {
        let (bytes, blocks) = slot.freed();
        sum.freed_bytes = sum.freed_bytes.wrapping_add(bytes);
        sum.frees = sum.frees.wrapping_add(blocks);
    }
    sum.allocated_bytes = SHARED.allocated_bytes.load(Relaxed);
    sum.allocations = SHARED.allocations.load(Relaxed);
    for slot in threads::used() {
        let (bytes, blocks) = slot.allocated();
        sum.allocated_bytes = sum.allocated_bytes.wrapping_add(bytes);
        sum.allocations = sum.allocations.wrapping_add(blocks);
    }
    sum
}

/// What this crate itself has allocated and freed on all threads that have a slot.
pub(crate) fn bookkeeping() -> HeapCounts {
    threads::used().fold(HeapCounts::default(), |sum, slot| sum.plus(&slot.bookkeeping()))
}

/// What the calling thread has allocated and freed, if it has a slot of its own.
pub(crate) fn thread() -> Option<HeapCounts> {
    threads::own().map(|slot| slot.counts())
}

/// Bytes that were allocated by threads without a slot, and so could not be sampled.
pub(crate) fn shared_bytes() -> u64 {
    SHARED.allocated_bytes.load(Relaxed)
}

/// Returns the highest level since the last call, and starts anew.
pub(crate) fn restart_peak() -> Peak {
    if let Some(slot) = threads::own() {
        slot.flush();
    }
    LEVEL.restart()
}

/// Tells whether the program's allocations pass through a [`TrackingAllocator`], by making one.
///
/// [`TrackingAllocator`]: crate::TrackingAllocator
pub(crate) fn is_installed() -> bool {
    const YES: u8 = 1;
    const NO: u8 = 2;
    static INSTALLED: AtomicU8 = AtomicU8::new(0);
    match INSTALLED.load(Relaxed) {
        YES => true,
        NO => false,
        _ => {
            // On a thread without a slot others may move the counters: the answer is not kept.
            let own = threads::own();
            let count = || own.map_or_else(process, |slot| slot.counts()).allocations;
            let before = count();
            drop(black_box(Box::new(black_box(0_u8))));
            let installed = count() != before;
            if own.is_some() {
                INSTALLED.store(if installed { YES } else { NO }, Relaxed);
            }
            installed
        }
    }
}
