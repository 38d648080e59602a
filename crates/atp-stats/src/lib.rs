//! Statistics of small samples: one formula each, its source named, its edges defined.
//!
//! Functions take a slice and leave it alone. [`Summary`] is what most reports print, [`Sorted`]
//! answers any number of order statistics from one sort, [`Bootstrap`] puts an interval around any
//! statistic from a seed.
//!
//! ```
//! use atp_stats::{Error, Sorted, Summary};
//!
//! let latencies = [3.0, 1.0, 2.0, 4.0];
//! let summary = Summary::new(&latencies)?;
//! assert_eq!((summary.n, summary.mean, summary.median), (4, 2.5, 2.5));
//! assert_eq!(Sorted::new(latencies)?.quantile(0.25)?, 1.75);
//!
//! assert_eq!(Summary::new(&[]), Err(Error::Empty));
//! assert!(matches!(Summary::new(&[1.0, f64::NAN]), Err(Error::NotFinite { index: 1, .. })));
//! # Ok::<(), Error>(())
//! ```
//!
//! One convention for bad input: a sample without values, or with a value that is NaN or
//! infinite, is an [`Error`], and so is an argument outside its range. What is returned is
//! therefore a number, and finite unless the exact result is beyond the range of `f64`.
//!
//! What this crate does not do: no weights, no hypothesis tests with their p-values, no streaming
//! quantiles, no matrices.

mod bootstrap;
mod error;
mod interval;
mod moments;
mod normal;
mod order;
mod outliers;
mod paired;
mod random;
mod slope;
mod student;
mod summary;

pub use bootstrap::Bootstrap;
pub use error::Error;
pub use interval::{Interval, t_interval, wilson_interval};
pub use moments::{coefficient_of_variation, mean, std_dev, variance};
pub use order::{Sorted, median, median_absolute_deviation, median_in_place};
pub use outliers::{Fences, OutlierClass, Outliers};
pub use paired::paired_log_ratios;
pub use slope::{least_squares_slope, theil_sen_slope};
pub use student::TQuantile;
pub use summary::Summary;

/// The README's example, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
