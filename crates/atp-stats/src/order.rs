//! What sorting a sample tells: quantiles, median, median absolute deviation.

use crate::error::{Error, check};

/// A sample in ascending order, for as many order statistics as one sort pays for.
///
/// # Examples
///
/// ```
/// use atp_stats::Sorted;
///
/// let sorted = Sorted::new([3.0, 1.0, 2.0, 40.0])?;
/// assert_eq!((sorted.median(), sorted.quantile(0.25)?, sorted.max()), (2.5, 1.75, 40.0));
/// assert_eq!(sorted.outliers().total(), 1);
/// # Ok::<(), atp_stats::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Sorted {
    /// Never empty, all finite, ascending.
    values: Vec<f64>,
}

impl Sorted {
    /// Takes and sorts the values.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] and [`Error::NotFinite`].
    pub fn new(values: impl Into<Vec<f64>>) -> Result<Self, Error> {
        let mut values = values.into();
        check(&values)?;
        values.sort_unstable_by(f64::total_cmp);
        Ok(Self { values })
    }

    /// Returns the values, ascending.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Returns the smallest value.
    pub fn min(&self) -> f64 {
        self.values[0]
    }

    /// Returns the largest value.
    pub fn max(&self) -> f64 {
        self.values[self.values.len() - 1]
    }

    /// Returns the middle value, or the mean of the middle two.
    pub fn median(&self) -> f64 {
        let half = self.values.len() / 2;
        if self.values.len() % 2 == 1 {
            self.values[half]
        } else {
            self.values[half - 1].midpoint(self.values[half])
        }
    }

    /// Returns the value below which a share `p` of the sample lies, 0 and 1 included.
    ///
    /// Linear interpolation between the two nearest ranks at (n - 1) p: type 7 of Hyndman and Fan
    /// (The American Statistician 50, 1996), the default of R and NumPy.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfRange`] unless 0 <= `p` <= 1.
    pub fn quantile(&self, p: f64) -> Result<f64, Error> {
        if (0.0..=1.0).contains(&p) {
            Ok(self.at(p))
        } else {
            Err(Error::OutOfRange { argument: "p", range: "from 0 to 1", value: p })
        }
    }

    /// [`Sorted::quantile`] for a `p` that is known to be from 0 to 1.
    pub(crate) fn at(&self, p: f64) -> f64 {
        let rank = (self.values.len() - 1) as f64 * p;
        let below = rank.floor();
        let left = self.values[below as usize];
        match self.values.get(below as usize + 1) {
            Some(right) => interpolate(left, *right, rank - below),
            None => left,
        }
    }
}

/// The point a share `t` of the way from `a` to `b`, never outside of them.
fn interpolate(a: f64, b: f64, t: f64) -> f64 {
    // This form cannot overflow, and the clamp takes back its last rounding error.
    (a * (1.0 - t) + b * t).clamp(a, b)
}

/// Returns the middle value, or the mean of the middle two.
///
/// Takes linear time on average and a copy of the values; see [`Sorted`] for several statistics
/// of one sample and [`median_in_place`] for a buffer that may be reordered.
///
/// # Errors
///
/// [`Error::Empty`] and [`Error::NotFinite`].
pub fn median(values: &[f64]) -> Result<f64, Error> {
    check(values)?;
    Ok(median_in_place(&mut values.to_vec()))
}

/// Returns the median and leaves the values in another order.
///
/// Nothing is checked here, for this is the inner step of a [`Bootstrap`](crate::Bootstrap): the
/// median of no values is NaN, and NaN sorts above all numbers (below them with its sign set).
pub fn median_in_place(values: &mut [f64]) -> f64 {
    if values.is_empty() {
        return f64::NAN;
    }
    let half = values.len() / 2;
    let odd = values.len() % 2 == 1;
    let (below, &mut upper, _) = values.select_nth_unstable_by(half, f64::total_cmp);
    match below.iter().copied().max_by(f64::total_cmp) {
        Some(lower) if !odd => lower.midpoint(upper),
        _ => upper,
    }
}

/// Returns the median distance of the values from their median.
///
/// Not scaled: multiply by 1.4826 to estimate the deviation of a normal distribution.
///
/// # Errors
///
/// [`Error::Empty`] and [`Error::NotFinite`].
#[doc(alias = "mad")]
pub fn median_absolute_deviation(values: &[f64]) -> Result<f64, Error> {
    check(values)?;
    let mut copy = values.to_vec();
    let middle = median_in_place(&mut copy);
    for value in &mut copy {
        *value = (*value - middle).abs();
    }
    Ok(median_in_place(&mut copy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_type_7() {
        // R: quantile(c(1, 2, 4, 8, 16), c(0, .1, .25, .5, .9, 1))
        let sorted = Sorted::new([16.0, 1.0, 8.0, 2.0, 4.0]).unwrap();
        for (p, expected) in [(0.0, 1.0), (0.1, 1.4), (0.25, 2.0), (0.5, 4.0), (0.9, 12.8)] {
            assert!((sorted.quantile(p).unwrap() - expected).abs() < 1e-12, "at {p}");
        }
        assert_eq!(sorted.quantile(1.0).unwrap(), 16.0);
    }

    #[test]
    fn a_share_outside_its_range_is_refused() {
        let sorted = Sorted::new([1.0]).unwrap();
        for p in [-0.1, 1.1, f64::NAN] {
            assert!(matches!(sorted.quantile(p), Err(Error::OutOfRange { argument: "p", .. })));
        }
        assert_eq!(sorted.quantile(0.3).unwrap(), 1.0);
    }

    #[test]
    fn medians_of_odd_and_even_samples() {
        assert_eq!(median(&[3.0, 1.0, 2.0]).unwrap(), 2.0);
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]).unwrap(), 2.5);
        assert_eq!(median(&[f64::MAX, f64::MAX]).unwrap(), f64::MAX);
        assert!(median_in_place(&mut []).is_nan());
    }

    #[test]
    fn deviation_from_the_median() {
        assert_eq!(median_absolute_deviation(&[1.0, 1.0, 2.0, 2.0, 4.0, 6.0, 9.0]).unwrap(), 1.0);
        assert_eq!(median_absolute_deviation(&[]), Err(Error::Empty));
    }
}
