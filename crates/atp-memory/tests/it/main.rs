//! Everything that is seen without the allocator: the resident set, and nothing in place of the
//! heap.

mod rss_only;
#[cfg(feature = "serde")]
mod serialized;
#[cfg(feature = "size")]
mod size;
