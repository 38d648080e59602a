//! The public behaviour of atp-bench.

mod runs;
#[cfg(feature = "standard")]
mod standard;
mod suites;
