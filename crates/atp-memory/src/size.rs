//! How large one value is.

use crate::allocator::census;
use crate::heap::HeapCounts;

/// Returns the bytes of a value and of everything that it owns, spare capacity included.
///
/// What an `Rc` or `Arc` points to counts once, however many times the value points to it, and a
/// cycle of them ends the walk. Borrowed values do not count. `BTreeMap` and `BTreeSet` are
/// estimates, up to twice too large when filled in ascending order; the other collections of std
/// are exact up to the allocator's rounding.
///
/// [`MemSize`](mem_dbg::MemSize) is derived: `#[derive(mem_dbg::MemSize)]` on the types involved,
/// in a crate that depends on `mem_dbg`. A type that contains itself implements it by hand.
///
/// The walk is recursive, as dropping the value is: a list linked a million times deep overflows
/// the stack in both.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
///
/// let text = Arc::new("x".repeat(10_000));
/// let once = atp_memory::memory_size(&vec![text.clone()]);
/// let many = atp_memory::memory_size(&vec![text; 100]);
/// assert!(once > 10_000 && many < 12_000);
/// ```
#[cfg(feature = "size")]
#[must_use]
#[doc(alias = "get_memory_size")]
pub fn memory_size<T: mem_dbg::MemSize + ?Sized>(value: &T) -> usize {
    use mem_dbg::SizeFlags;

    let mut counted = mem_dbg::HashMap::new();
    let own = value.mem_size_rec(SizeFlags::CAPACITY | SizeFlags::FOLLOW_RCS, &mut counted);
    counted.into_values().fold(own, usize::saturating_add)
}

/// Builds a value and returns it with exactly what this thread allocated and freed meanwhile;
/// `net_bytes` is what the value holds, if it keeps all that is left.
///
/// The counts are `None` unless the allocator is installed. What `build` does on other threads is
/// not in them; for that use a [`MemoryScope`](crate::MemoryScope) and its handle.
///
/// # Examples
///
/// ```
/// # use atp_memory::{TrackingAllocator, measure_heap};
/// # #[global_allocator]
/// # static ALLOCATOR: TrackingAllocator = TrackingAllocator::system();
/// let (map, cost) = measure_heap(|| vec![0_u64; 1000]);
/// assert_eq!(cost.unwrap().net_bytes(), 8000);
/// # drop(map);
/// ```
pub fn measure_heap<T>(build: impl FnOnce() -> T) -> (T, Option<HeapCounts>) {
    if !census::is_installed() {
        return (build(), None);
    }
    let before = census::thread();
    let value = build();
    let counts = census::thread().zip(before).map(|(after, before)| after.since(&before));
    (value, counts)
}
