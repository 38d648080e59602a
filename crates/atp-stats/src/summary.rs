//! What most reports print about a sample.

use crate::error::{Error, check};
use crate::interval::{Interval, mean_interval};
use crate::moments::{mean_of, std_dev_of, variation};
use crate::order::median_in_place;
use crate::student::TQuantile;

/// Size, centre, spread and extremes of a sample.
///
/// # Examples
///
/// ```
/// use atp_stats::{Summary, TQuantile};
///
/// let summary = Summary::new(&[12.1, 11.8, 12.4, 12.0])?;
/// assert_eq!((summary.n, summary.min, summary.max), (4, 11.8, 12.4));
/// assert!(summary.interval(TQuantile::Table95)?.contains(12.0));
/// # Ok::<(), atp_stats::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Summary {
    /// How many values there are, at least 1.
    pub n: usize,
    /// The arithmetic mean.
    pub mean: f64,
    /// The sample standard deviation (over n - 1), 0 for a single value.
    pub std_dev: f64,
    /// The smallest value.
    pub min: f64,
    /// The largest value.
    pub max: f64,
    /// The middle value, or the mean of the middle two.
    pub median: f64,
}

impl Summary {
    /// Computes the summary in linear time on average, with one copy of the values.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] and [`Error::NotFinite`].
    pub fn new(values: &[f64]) -> Result<Self, Error> {
        check(values)?;
        let mean = mean_of(values);
        Ok(Self {
            n: values.len(),
            mean,
            std_dev: std_dev_of(values, mean),
            min: values.iter().copied().fold(f64::INFINITY, f64::min),
            max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            median: median_in_place(&mut values.to_vec()),
        })
    }

    /// Returns the confidence interval of the mean, as [`t_interval`](crate::t_interval) does.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfRange`] for an exact quantile at a confidence level outside its range.
    pub fn interval(&self, quantile: TQuantile) -> Result<Interval, Error> {
        mean_interval(self.n, self.mean, self.std_dev, quantile)
    }

    /// Returns |deviation / mean|, as [`coefficient_of_variation`] does: infinite for a mean of
    /// zero with values around it.
    ///
    /// [`coefficient_of_variation`]: crate::coefficient_of_variation
    pub fn coefficient_of_variation(&self) -> f64 {
        variation(self.mean, self.std_dev)
    }
}
