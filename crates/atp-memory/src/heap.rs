//! Allocated and freed: the four numbers that everything about the heap is made of.

/// Bytes and blocks allocated and freed, over a span of time or by a part of the program.
///
/// Bytes are those that were asked for, without what the allocator adds. What is freed need not
/// have been allocated in the same span or part, so either side can be the larger one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct HeapCounts {
    /// Bytes allocated. A reallocation allocates its new size.
    pub allocated_bytes: u64,
    /// Blocks allocated.
    pub allocations: u64,
    /// Bytes freed. A reallocation frees its old size.
    pub freed_bytes: u64,
    /// Blocks freed.
    pub frees: u64,
}

impl HeapCounts {
    /// Returns the bytes allocated and not freed; negative if more was freed.
    #[must_use]
    pub const fn net_bytes(&self) -> i64 {
        self.allocated_bytes.wrapping_sub(self.freed_bytes) as i64
    }

    /// Returns the blocks allocated and not freed; negative if more were freed.
    #[must_use]
    pub const fn net_blocks(&self) -> i64 {
        self.allocations.wrapping_sub(self.frees) as i64
    }

    /// Returns both together.
    #[must_use]
    pub(crate) const fn plus(&self, other: &Self) -> Self {
        Self {
            allocated_bytes: self.allocated_bytes.wrapping_add(other.allocated_bytes),
            allocations: self.allocations.wrapping_add(other.allocations),
            freed_bytes: self.freed_bytes.wrapping_add(other.freed_bytes),
            frees: self.frees.wrapping_add(other.frees),
        }
    }

    /// Returns what has been added since `earlier`.
    #[must_use]
    pub(crate) const fn since(&self, earlier: &Self) -> Self {
        Self {
            allocated_bytes: self.allocated_bytes.wrapping_sub(earlier.allocated_bytes),
            allocations: self.allocations.wrapping_sub(earlier.allocations),
            freed_bytes: self.freed_bytes.wrapping_sub(earlier.freed_bytes),
            frees: self.frees.wrapping_sub(earlier.frees),
        }
    }
}
