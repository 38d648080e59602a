//! Parsed files and live instances, kept only while they are still true and loaded once.
//!
//! - [`FileCache`] keeps any parsed file by its path. Every lookup asks for the status of the
//!   file; a value that the file no longer holds is never served.
//! - [`InstanceCache`] keeps live instances by kind and configuration, creates each once and
//!   closes it when its last user lets go.
#![cfg_attr(
    feature = "suite",
    doc = "- [`TestSuiteCache`] keeps test suites, and the values of the variables that a suite names",
    doc = "  are part of its key. [`CachedTestLoader`] is the loader on top of it."
)]
//!
//! Loads are shared: of any number of threads and tasks that ask for the same thing at the same
//! time one does the work, and all get the outcome, a [`CacheError`] too. Errors are not kept.
//!
//! ```
//! use atp_cache::{CacheConfig, FileCache};
//!
//! # let dir = tempfile::tempdir()?;
//! # let path = dir.path().join("words");
//! # std::fs::write(&path, "one two")?;
//! let words: FileCache<Vec<String>> = FileCache::new(CacheConfig::new().with_max_size(20))?;
//! let split = |bytes: &[u8]| {
//!     let text = std::str::from_utf8(bytes)?;
//!     Ok::<_, std::str::Utf8Error>(text.split(' ').map(str::to_owned).collect())
//! };
//! assert_eq!(words.get_or_load(&path, split)?.len(), 2);
//!
//! std::fs::write(&path, "one two three")?;
//! assert_eq!(words.get_or_load(&path, split)?.len(), 3);
//! assert_eq!(words.stats().stale, 1);
//! println!("{}", words.explain(&path).unwrap());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What this crate does not do: it watches no file and starts no thread, it does not follow what
//! a file includes, and it shares nothing between processes. The clock of its time limits is
//! monotonic, and the wall clock is only asked whether a file has rested for an hour.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod config;
mod error;
mod explanation;
mod stats;

mod panic;
mod proof;
mod source;
mod stamp;

mod file_cache;
mod instance_cache;
mod place;
mod store;

mod global;
#[cfg(feature = "suite")]
mod suite_cache;
#[cfg(feature = "suite")]
mod suite_loader;

pub use config::{CacheConfig, Capacity, ConfigError};
pub use error::CacheError;
pub use explanation::Explanation;
pub use file_cache::{CacheEntry, FileCache};
#[cfg(feature = "suite")]
pub use global::test_suite_cache;
pub use global::{clear_all_caches, register_global_cache};
pub use instance_cache::{
    CleanupError, CloseError, CloseFailure, Instance, InstanceCache, InstanceCacheBuilder,
};
pub use stats::CacheStats;
#[cfg(feature = "suite")]
pub use suite_cache::TestSuiteCache;
#[cfg(feature = "suite")]
pub use suite_loader::{CachedTestLoader, LoadedSuite};

/// The example of the README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
