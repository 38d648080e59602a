//! Durations, bytes and counts in units that fit, and plain-text tables.
//!
//! A 40 ns operation never prints as `0.00ms`: [`nanos`], [`bytes`] and [`count`] pick the unit
//! that leaves one to three digits before the point. A [`Table`] aligns cells by their width on
//! a terminal and grows with its longest cell. A [`heading`] is the title with its two rules that
//! every report of the workspace opens with.
//!
//! ```
//! use atp_table::{Column, Table, bytes, nanos};
//!
//! let mut table = Table::new([Column::left("operation"), Column::right("mean")]);
//! table.push(["load_suite", &nanos(1_234_567.0)]);
//! table.push(["parse", &nanos(40.25)]);
//! assert_eq!(
//!     table.to_string(),
//!     "operation      mean\n\
//!      -------------------\n\
//!      load_suite  1.23 ms\n\
//!      parse       40.2 ns\n"
//! );
//! assert_eq!(bytes(3_565_158), "3.40 MiB");
//! ```
//!
//! What this crate does not do: it never reads the terminal, wraps a cell or emits a colour.

mod heading;
mod table;
mod units;

pub use heading::heading;
pub use table::{Column, Table};
pub use units::{bytes, count, duration, nanos, signed_bytes};

/// The README's example, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
