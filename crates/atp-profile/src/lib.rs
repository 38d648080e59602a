//! The call tree of a concurrent program, at the price of two clock reads a span.
//!
//! Open a span with [`profile()`], wrap a future with [`profile_async()`], and read what it adds up
//! to while the program goes on: count, total, self time, percentiles, by operation and by path.
//!
//! ```
//! use atp_profile::{enable_profiling, profile};
//!
//! let profiler = enable_profiling();
//! {
//!     let _suite = profile("suite_run");
//!     let _load = profile("load");
//! }
//! let stats = profiler.stats();
//! assert_eq!(stats["load"].count, 1);
//! assert!(stats["suite_run"].total >= stats["load"].total);
//! println!("{}", profiler.format_report());
//! ```
//!
//! A span is added up where it ends, on its own thread, without a lock or a queue; a snapshot
//! reads along. While profiling is off a span costs one relaxed load.
//!
//! A span belongs to its future: the parent is the span that was open where the future was
//! wrapped, whichever worker polls it, so `join_all`, `select!` and spawned tasks come out as the
//! tree that the program made.
//!
//! Everything is bounded, and what was dropped is counted in [`ProfileCounters`]: distinct paths
//! and depth (then `<overflow>`), single calls (then the oldest is overwritten).
//!
//! What this crate does not do: it starts no thread, samples no stacks, counts no allocations and
//! sends nothing anywhere.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod calls;
mod clock;
mod compare;
mod config;
mod context;
mod emit;
mod export;
mod future;
mod global;
mod histogram;
#[cfg(feature = "serde")]
mod json;
mod labels;
#[cfg(feature = "tracing")]
mod layer;
mod local;
mod log;
mod lookup;
mod macros;
mod metadata;
mod paths;
mod profiler;
mod report;
mod results;
mod ring;
mod session;
mod snapshot;
mod span;
mod stats;
mod stream;
mod sync;
mod tally;
mod task;
mod thread;

/// Puts each call of a function into a span, under the function's name or another.
///
/// # Examples
///
/// ```
/// use atp_profile::{enable_profiling, profiled};
///
/// #[profiled]
/// fn parse(text: &str) -> Result<u32, std::num::ParseIntError> {
///     text.parse()
/// }
///
/// #[profiled("fetch_page")]
/// async fn fetch(page: u32) -> String {
///     format!("page {page}")
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let profiler = enable_profiling();
/// assert!(parse("7").is_ok() && parse("x").is_err());
/// tokio::spawn(fetch(1)).await.unwrap();
/// let stats = profiler.stats();
/// assert_eq!((stats["parse"].count, stats["parse"].failed), (2, 1));
/// assert_eq!(stats["fetch_page"].count, 1);
/// # }
/// ```
///
/// # In detail
#[cfg(feature = "macros")]
pub use atp_profile_macros::profiled;
pub use clock::ManualClock;
pub use compare::{PathChange, PathFigures, ProfileComparison, compare};
pub use config::{ConfigError, ProfilerConfig};
pub use context::{InSpan, SpanContext, in_current_span};
pub use export::FoldedTime;
pub use future::{ProfileFutureExt, Profiled};
pub use global::{
    disable_profiling, enable_profiling, profile, profile_async, profile_async_with, profile_fn,
    profile_with, profiler, set_profiler, try_profile_fn,
};
#[cfg(feature = "serde")]
pub use json::{JsonError, SCHEMA_VERSION};
#[cfg(feature = "tracing")]
pub use layer::ProfilerLayer;
#[doc(hidden)]
pub use macros::__private;
pub use metadata::Metadata;
pub use profiler::Profiler;
pub use report::ProfileSummary;
pub use results::ProfileResult;
pub use snapshot::{Profile, ProfileCounters, ProfileNode};
pub use span::Span;
pub use stats::ProfileStats;
pub use stream::{ProfileIteratorExt, ProfileStreamExt, ProfiledIter, ProfiledStream};
pub use tally::Outcome;

/// The README's example, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
