//! What a program holds, who allocated it, and whether it grows.
//!
//! A [`MemoryTracker`] takes snapshots from a start to a stop and reports what changed between
//! them. [`track_memory`] tells what one call did, apart from what the process did meanwhile;
//! [`MemoryFutureExt`] does so for a future, across awaits and worker threads. Both stand on the
//! [`TrackingAllocator`], which a binary installs and which is cheap enough to stay there:
//!
//! ```
//! use atp_memory::{TrackingAllocator, enable_memory_tracking, track_memory};
//!
//! #[global_allocator]
//! static ALLOCATOR: TrackingAllocator = TrackingAllocator::system();
//!
//! fn main() -> Result<(), atp_memory::TrackingError> {
//!     let tracker = enable_memory_tracking();
//!     tracker.start()?;
//!     let (text, change) = track_memory("load", || "x".repeat(10_000));
//!     assert_eq!(change.scope.unwrap().net_bytes(), 10_000);
//!     let report = tracker.stop();
//!     assert!(report.allocated_bytes() >= Some(10_000));
//!     println!("{report}");
//!     # drop(text);
//!     Ok(())
//! }
//! ```
//!
//! Without it everything runs on the resident set alone and says so ([`Source::RssOnly`]); what was
//! not measured is `None`.
//!
//! # Features
//!
//! - `sites`: while a tracker runs, about one block in 512 KiB is sampled with its stack. Reports
//!   then name the top allocators and what grows, and scopes tell what outlived them.
//! - `serde`: reports are serde values.
//! - `size`: `memory_size`, the deep size of a value.
//!
//! # What this crate does not do
//!
//! It does not see what C libraries or `mmap` allocate, except in the resident set and in what is
//! *retained*: resident, and not live heap. It knows no types of blocks, only their call sites. It
//! proves no leak. It starts no thread and installs nothing by itself.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod allocator;
mod config;
mod error;
mod estimate;
mod growth;
mod heap;
mod process;
mod report;
mod scope;
mod sites;
mod size;
mod snapshot;
mod span;
mod timeline;
mod tracker;
mod usage;
mod window;

pub use allocator::TrackingAllocator;
pub use config::MemoryConfig;
pub use error::{ConfigError, TrackingError};
pub use estimate::Estimate;
pub use growth::Growth;
pub use heap::HeapCounts;
pub use report::{MemoryReport, Sampling, Source};
pub use scope::{
    MemoryChange, MemoryFutureExt, MemoryScope, Outlived, ScopeHandle, TrackedFuture, track_memory,
};
pub use sites::{GroupBy, Measure, Site};
pub use size::measure_heap;
#[cfg(feature = "size")]
pub use size::memory_size;
pub use snapshot::{HeapDiff, HeapSnapshot, MemoryDiff, MemorySnapshot};
pub use tracker::{MemoryTracker, disable_memory_tracking, enable_memory_tracking, memory_tracker};
pub use usage::{MemoryUsage, current_usage};

/// The README's example, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
