//! Intervals from a formula: around a mean, around a proportion.

use crate::error::{Error, check, check_confidence};
use crate::moments::{mean_of, std_dev_of};
use crate::normal::normal_quantile;
use crate::student::TQuantile;

/// The range in which a quantity is expected, both ends included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub lower: f64,
    /// The upper end, never below the lower.
    pub upper: f64,
}

impl Interval {
    /// Returns whether the value lies in the interval.
    pub fn contains(&self, value: f64) -> bool {
        self.lower <= value && value <= self.upper
    }

    /// Returns the distance between the two ends.
    pub fn width(&self) -> f64 {
        self.upper - self.lower
    }
}

/// Returns the confidence interval of the mean: mean -+ t s / sqrt(n) with n - 1 degrees of
/// freedom.
///
/// A single value gives the interval of that value alone, which says nothing about its error.
///
/// # Errors
///
/// [`Error::Empty`], [`Error::NotFinite`], and [`Error::OutOfRange`] for an exact quantile at a
/// confidence level outside its range.
pub fn t_interval(values: &[f64], quantile: TQuantile) -> Result<Interval, Error> {
    check(values)?;
    let mean = mean_of(values);
    mean_interval(values.len(), mean, std_dev_of(values, mean), quantile)
}

/// [`t_interval`] from the three numbers it rests on.
pub(crate) fn mean_interval(
    n: usize,
    mean: f64,
    std_dev: f64,
    quantile: TQuantile,
) -> Result<Interval, Error> {
    let t = quantile.value(n.saturating_sub(1) as u64)?;
    if n < 2 {
        return Ok(Interval { lower: mean, upper: mean });
    }
    let margin = t * std_dev / (n as f64).sqrt();
    Ok(Interval { lower: mean - margin, upper: mean + margin })
}

/// Returns the score interval of a proportion (E. B. Wilson, JASA 22, 1927).
///
/// Unlike the normal interval it stays within 0 and 1 and is useful for few trials and for
/// proportions at either end.
///
/// # Errors
///
/// [`Error::Empty`] without trials, [`Error::OutOfRange`] for more successes than trials or a
/// `confidence` not between 0 and 1.
///
/// # Examples
///
/// ```
/// use atp_stats::wilson_interval;
///
/// // Ten passes of ten do not show that a test always passes.
/// let rate = wilson_interval(10, 10, 0.95)?;
/// assert!(rate.lower > 0.7 && rate.lower < 0.75 && rate.upper > 0.999);
/// # Ok::<(), atp_stats::Error>(())
/// ```
pub fn wilson_interval(successes: u64, trials: u64, confidence: f64) -> Result<Interval, Error> {
    check_confidence(confidence)?;
    if trials == 0 {
        return Err(Error::Empty);
    }
    if successes > trials {
        return Err(Error::OutOfRange {
            argument: "successes",
            range: "at most the number of trials",
            value: successes as f64,
        });
    }
    let n = trials as f64;
    let share = successes as f64 / n;
    let z = normal_quantile(f64::midpoint(1.0, confidence));
    let weight = z * z / n;
    let centre = (share + weight / 2.0) / (1.0 + weight);
    let reach = z / (1.0 + weight) * (share * (1.0 - share) / n + weight / (4.0 * n)).sqrt();
    // At either end the two terms are equal, and rounding may leave a trace of a difference.
    let lower = if successes == 0 { 0.0 } else { (centre - reach).max(0.0) };
    let upper = if successes == trials { 1.0 } else { (centre + reach).min(1.0) };
    Ok(Interval { lower, upper })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_two_values() {
        let interval = t_interval(&[99.421067, 97.682954], TQuantile::Table95).unwrap();
        assert!((interval.lower - 87.509778611).abs() < 1e-9);
        assert!((interval.upper - 109.594242389).abs() < 1e-9);
    }

    #[test]
    fn a_single_value_is_its_own_interval() {
        let interval = t_interval(&[4.5], TQuantile::Exact { confidence: 0.9 }).unwrap();
        assert_eq!((interval.lower, interval.upper, interval.width()), (4.5, 4.5, 0.0));
        assert!(t_interval(&[4.5], TQuantile::Exact { confidence: 2.0 }).is_err());
    }

    #[test]
    fn the_confidence_level_widens_the_interval() {
        let values = [1.0, 2.0, 3.0, 4.0];
        let width = |c| t_interval(&values, TQuantile::Exact { confidence: c }).unwrap().width();
        assert!(width(0.5) < width(0.9) && width(0.9) < width(0.99));
    }

    #[test]
    fn wilson_agrees_with_the_worked_example() {
        // R: binom::binom.confint(15, 20, methods = "wilson")
        let interval = wilson_interval(15, 20, 0.95).unwrap();
        assert!((interval.lower - 0.531_299_1).abs() < 1e-6, "{interval:?}");
        assert!((interval.upper - 0.888_138_0).abs() < 1e-6, "{interval:?}");
    }

    #[test]
    fn wilson_at_both_ends() {
        assert_eq!(wilson_interval(0, 10, 0.95).unwrap().lower, 0.0);
        assert_eq!(wilson_interval(10, 10, 0.95).unwrap().upper, 1.0);
        assert_eq!(wilson_interval(0, 0, 0.95), Err(Error::Empty));
        assert!(matches!(wilson_interval(2, 1, 0.95), Err(Error::OutOfRange { .. })));
    }
}
