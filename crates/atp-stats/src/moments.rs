//! Mean, variance, deviation and their quotient.

use crate::error::{Error, check};

/// Below this a mean counts as zero and has no meaningful quotient.
const ZERO: f64 = 1e-10;

/// Returns the arithmetic mean, summed with Neumaier's compensation.
///
/// The rounding error does not grow with the number of values (A. Neumaier, ZAMM 54, 1974), and a
/// sum beyond the range of `f64` is scaled down first.
///
/// # Errors
///
/// [`Error::Empty`] and [`Error::NotFinite`].
pub fn mean(values: &[f64]) -> Result<f64, Error> {
    check(values)?;
    Ok(mean_of(values))
}

/// Returns the sample variance: squared deviations over n - 1, and 0 for a single value.
///
/// The corrected two-pass form (Chan, Golub, LeVeque, The American Statistician 37, 1983).
///
/// # Errors
///
/// [`Error::Empty`] and [`Error::NotFinite`].
pub fn variance(values: &[f64]) -> Result<f64, Error> {
    check(values)?;
    Ok(variance_of(values, mean_of(values)))
}

/// Returns the sample standard deviation, the root of [`variance`], also where the variance itself
/// is beyond the range of `f64`.
///
/// # Errors
///
/// [`Error::Empty`] and [`Error::NotFinite`].
pub fn std_dev(values: &[f64]) -> Result<f64, Error> {
    check(values)?;
    Ok(std_dev_of(values, mean_of(values)))
}

/// Returns |deviation / mean|, the deviation in units of the mean.
///
/// With a mean within 1e-10 of zero there is no such unit: the result is then 0 for a deviation
/// below 1e-10 and infinity for any other.
///
/// # Errors
///
/// [`Error::Empty`] and [`Error::NotFinite`].
pub fn coefficient_of_variation(values: &[f64]) -> Result<f64, Error> {
    check(values)?;
    let mean = mean_of(values);
    Ok(variation(mean, std_dev_of(values, mean)))
}

/// The quotient of [`coefficient_of_variation`] from its two parts.
pub(crate) fn variation(mean: f64, std_dev: f64) -> f64 {
    if mean.abs() >= ZERO {
        (std_dev / mean).abs()
    } else if std_dev < ZERO {
        0.0
    } else {
        f64::INFINITY
    }
}

/// The mean of a sample that has been checked.
pub(crate) fn mean_of(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let sum = compensated_sum(values.iter().copied());
    if sum.is_finite() {
        return sum / n;
    }
    // Rounding may take it past the last number, but a mean is never beyond its values.
    let (min, max) = values
        .iter()
        .fold((f64::MAX, -f64::MAX), |(min, max), value| (value.min(min), value.max(max)));
    compensated_sum(values.iter().map(|x| x / n)).clamp(min, max)
}

/// The variance of a sample that has been checked, around its mean.
pub(crate) fn variance_of(values: &[f64], mean: f64) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let n = values.len() as f64;
    let (mut squares, mut rest) = (0.0, 0.0);
    for value in values {
        let deviation = value - mean;
        squares += deviation * deviation;
        rest += deviation;
    }
    // `rest` would be 0 in exact arithmetic; what is left is the rounding error of the mean.
    let corrected = squares - rest * rest / n;
    // Squares beyond the range of f64 leave infinity minus infinity.
    if corrected.is_nan() { f64::INFINITY } else { corrected.max(0.0) / (n - 1.0) }
}

/// The standard deviation of a sample that has been checked, around its mean.
pub(crate) fn std_dev_of(values: &[f64], mean: f64) -> f64 {
    let variance = variance_of(values, mean);
    if variance.is_finite() {
        return variance.sqrt();
    }
    // Halves of finite numbers have a finite difference, and shares of the largest have squares.
    let halves = || values.iter().map(|value| (value / 2.0 - mean / 2.0).abs());
    let largest = halves().fold(0.0, f64::max);
    let squares: f64 = halves().map(|half| (half / largest).powi(2)).sum();
    (squares / (values.len() - 1) as f64).sqrt() * largest * 2.0
}

fn compensated_sum(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut lost) = (0.0_f64, 0.0_f64);
    for value in values {
        let next = sum + value;
        // The low digits of the smaller operand are what the addition dropped.
        lost += if sum.abs() >= value.abs() { (sum - next) + value } else { (value - next) + sum };
        sum = next;
    }
    if sum.is_finite() { sum + lost } else { sum }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_terms_survive_large_ones() {
        assert_eq!(mean(&[1e16, 1.0, -1e16, 1.0]).unwrap(), 0.5);
    }

    #[test]
    fn a_sum_beyond_the_range_still_has_a_mean() {
        for n in 2..50 {
            let values = vec![f64::MAX; n];
            let mean = mean(&values).unwrap();
            assert_eq!((mean, std_dev(&values).unwrap()), (f64::MAX, 0.0), "{n}");
        }
        assert_eq!(variance(&[f64::MAX, -f64::MAX]).unwrap(), f64::INFINITY);
    }

    #[test]
    fn a_deviation_is_finite_where_its_square_is_not() {
        let exact = 1e200 / 2.0_f64.sqrt();
        assert!((std_dev(&[1e200, 0.0]).unwrap() / exact - 1.0).abs() < 1e-15);
        assert_eq!(std_dev(&[f64::MAX, -f64::MAX]).unwrap(), f64::INFINITY);
        assert!(std_dev(&[f64::MAX, -f64::MAX, 0.0]).unwrap() > f64::MAX * 0.999);
    }

    #[test]
    fn a_far_offset_does_not_hide_the_deviation() {
        let shifted: Vec<f64> = [4.0, 7.0, 13.0, 16.0].map(|x| x + 1e9).to_vec();
        assert_eq!(variance(&shifted).unwrap(), 30.0);
    }

    #[test]
    fn one_value_does_not_deviate() {
        assert_eq!(std_dev(&[3.0]).unwrap(), 0.0);
        assert_eq!(coefficient_of_variation(&[3.0]).unwrap(), 0.0);
    }

    #[test]
    fn variation_around_zero() {
        assert_eq!(coefficient_of_variation(&[0.0, 0.0]).unwrap(), 0.0);
        assert_eq!(coefficient_of_variation(&[-1.0, 1.0]).unwrap(), f64::INFINITY);
        assert!((coefficient_of_variation(&[-1.0, -3.0]).unwrap() - 0.5_f64.sqrt()).abs() < 1e-15);
    }

    #[test]
    fn bad_samples_are_told_apart() {
        assert_eq!(mean(&[]), Err(Error::Empty));
        assert_eq!(
            std_dev(&[1.0, f64::INFINITY]),
            Err(Error::NotFinite { index: 1, value: f64::INFINITY })
        );
    }
}
