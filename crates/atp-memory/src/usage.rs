//! What the process holds now.

use crate::allocator::census::{self, uncounted};
use crate::process;

/// What the process holds at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct MemoryUsage {
    /// Bytes allocated and not freed; `None` unless the allocator is installed.
    pub live_bytes: Option<u64>,
    /// Blocks allocated and not freed; `None` unless the allocator is installed.
    pub live_blocks: Option<u64>,
    /// Resident set size; `None` where the system does not tell.
    pub rss_bytes: Option<u64>,
}

impl MemoryUsage {
    /// Returns resident bytes that are not live heap, if both were measured: freed memory that the
    /// allocator has kept, its overhead, code, stacks and mappings.
    #[must_use]
    pub fn retained_bytes(&self) -> Option<i64> {
        Some(self.rss_bytes? as i64 - self.live_bytes? as i64)
    }
}

/// Returns what the process holds now. Needs no tracker.
///
/// # Examples
///
/// ```
/// let usage = atp_memory::current_usage();
/// // No `TrackingAllocator` in this program: the heap was not measured, and is not guessed.
/// assert_eq!(usage.live_bytes, None);
/// ```
#[must_use]
#[doc(alias = "get_current_usage")]
pub fn current_usage() -> MemoryUsage {
    let rss_bytes = uncounted(process::rss_bytes);
    let counts = census::is_installed().then(census::process);
    MemoryUsage {
        live_bytes: counts.map(|counts| counts.net_bytes().max(0) as u64),
        live_blocks: counts.map(|counts| counts.net_blocks().max(0) as u64),
        rss_bytes,
    }
}
