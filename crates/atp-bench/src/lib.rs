//! Benchmarks with honest numbers, and a regression gate that is not fooled by noise.
//!
//! [`Benchmark`] measures a closure: calls below a microsecond are batched and freed from the cost
//! of the loop, calls with set-up and tear-down are timed one by one. A [`BenchmarkSuite`] prints
//! results as text, JSON, markdown and Bencher Metric Format. A [`Gate`] tells from rounds of
//! fresh processes whether a change made something slower; a [`BenchmarkSet`] behind
//! [`worker::serve`] is what such a process runs.
//!
//! ```
//! use atp_bench::{Benchmark, BenchmarkSuite};
//! use std::time::Duration;
//!
//! let benchmark = Benchmark::new().with_target_time(Duration::from_millis(5));
//! let mut suite = BenchmarkSuite::new("Parsing");
//! suite.push(benchmark.run("parse_integer", || "12345".parse::<u32>()));
//! suite.finish();
//! println!("{}", suite.format_report());
//! ```
//!
//! What this crate does not do: it starts no runtime, and no thread but those that
//! [`Case::threads`] asks for; it installs no allocator and draws no plots. Hardware counters are
//! left to tools that can read them.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod allocations;
mod benchmark;
mod case;
mod error;
mod gate;
mod hooks;
mod operation;
mod overhead;
mod poll;
mod report;
mod result;
mod sampling;
mod set;
#[cfg(feature = "standard")]
mod standard;
mod stopwatch;
mod suite;
mod threads;
pub mod worker;

pub use benchmark::Benchmark;
pub use case::{Awaited, Case, Plain, ThreadedCase};
pub use error::Error;
pub use gate::{CONFIRM_ROUNDS, Comparison, Gate, SCREEN_ROUNDS, Verdict, compare, figure};
pub use result::{BenchmarkResult, MeanInterval, OutlierCounts, Percentiles, Throughput};
pub use set::BenchmarkSet;
#[cfg(feature = "standard")]
pub use standard::{
    async_benchmarks, run_async_benchmarks, run_standard_benchmarks, standard_benchmarks,
    suite_text,
};
pub use suite::{BenchmarkSuite, SCHEMA};

/// The README's example, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
