//! The public behaviour of atp-bench.

mod runs;
mod suites;
