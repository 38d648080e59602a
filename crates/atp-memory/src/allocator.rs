//! The allocator that counts, and the parts it counts with.
//!
//! Everything below runs inside allocation: no part takes a lock, allocates, or panics. What a
//! thread counts lives in its own [`slot`]; [`threads`] hands the slots out; [`level`] joins them
//! into a current level and its peaks; [`sampler`] remembers a few blocks and where they were
//! allocated; [`census`] adds up.
#![expect(unsafe_code, reason = "an allocator is unsafe to implement and to call")]

pub(crate) mod census;
pub(crate) mod level;
pub(crate) mod sampler;
mod slot;
mod threads;

use std::alloc::{GlobalAlloc, Layout, System};

/// Counts what passes through another allocator; the process's figures come from it.
///
/// Put it in front of the system's allocator, or of any other, in the binary:
///
/// ```
/// use atp_memory::TrackingAllocator;
///
/// #[global_allocator]
/// static ALLOCATOR: TrackingAllocator = TrackingAllocator::system();
///
/// fn main() {
///     let (text, cost) = atp_memory::measure_heap(|| "x".repeat(1000));
///     assert_eq!(cost.unwrap().allocated_bytes, 1000);
///     # drop(text);
/// }
/// ```
///
/// Counting is always on and needs no start: bytes and blocks, allocated and freed, in a slot of
/// the calling thread that no other thread writes. A free on another thread than the allocation
/// is counted where it runs, so only sums over threads are balanced. `realloc` counts as an
/// allocation of the new size and a free of the old one.
///
/// There are 512 slots. Threads beyond that, and what a thread allocates while its thread-locals
/// are torn down, are counted in one shared slot: as exactly, more slowly, and unsampled.
///
/// All instances count into the same figures, those of the process. An allocation made inside a
/// signal handler is as unsound as with any other allocator.
#[derive(Debug, Default, Clone, Copy)]
pub struct TrackingAllocator<A = System> {
    inner: A,
}

impl TrackingAllocator<System> {
    /// Creates one in front of the system's allocator.
    #[must_use]
    pub const fn system() -> Self {
        Self::new(System)
    }
}

impl<A> TrackingAllocator<A> {
    /// Creates one in front of `inner`.
    #[must_use]
    pub const fn new(inner: A) -> Self {
        Self { inner }
    }
}

// SAFETY: every block comes from `inner` with the caller's layout and goes back to it with the
// same one, so `inner`'s guarantees are this allocator's. Counting neither allocates from the
// global allocator, nor unwinds, nor touches the block.
unsafe impl<A: GlobalAlloc> GlobalAlloc for TrackingAllocator<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc`, which `inner` shares.
        let block = unsafe { self.inner.alloc(layout) };
        if !block.is_null() {
            threads::count_allocation(block.addr(), layout.size());
        }
        block
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc_zeroed`, which `inner` shares.
        let block = unsafe { self.inner.alloc_zeroed(layout) };
        if !block.is_null() {
            threads::count_allocation(block.addr(), layout.size());
        }
        block
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // Before the free: afterwards another thread may be given the same address.
        sampler::forget(block.addr());
        threads::count_free(layout.size());
        // SAFETY: the caller keeps the contract of `dealloc`, and the block came from `inner`.
        unsafe { self.inner.dealloc(block, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let sampled = sampler::take(block.addr());
        // SAFETY: the caller keeps the contract of `realloc`, and the block came from `inner`.
        let moved = unsafe { self.inner.realloc(block, layout, new_size) };
        if moved.is_null() {
            // The old block lives on, and so does its sample.
            if let Some(sample) = sampled {
                sampler::put_back(block.addr(), sample);
            }
            return moved;
        }
        if let Some(sample) = sampled {
            sampler::settle(&sample);
        }
        threads::count_free(layout.size());
        threads::count_allocation(moved.addr(), new_size);
        moved
    }
}
