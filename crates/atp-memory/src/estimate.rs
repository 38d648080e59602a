//! A number that stands for more than was looked at.

use crate::allocator::sampler::Sums;
use std::fmt;

/// A quantity estimated from samples, with its 95 % confidence interval.
///
/// The estimate is unbiased (D. G. Horvitz and D. J. Thompson, JASA 47, 1952). The interval is that
/// of the Poisson count with the same relative error, by Byar's approximation (N. E. Breslow and
/// N. E. Day, Statistical Methods in Cancer Research II, 1987). It knows nothing of kinds of blocks
/// of which none was sampled. With every block sampled it has no width.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Estimate {
    /// The estimate.
    pub value: u64,
    /// The lower end of the interval.
    pub lower: u64,
    /// The upper end of the interval.
    pub upper: u64,
}

/// The 97.5 % quantile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

impl Estimate {
    pub(crate) fn of_bytes(sums: &Sums) -> Self {
        Self::new(sums.bytes, sums.bytes_variance)
    }

    pub(crate) fn of_blocks(sums: &Sums) -> Self {
        Self::new(sums.blocks, sums.blocks_variance)
    }

    fn new(value: f64, variance: f64) -> Self {
        let whole = |value: f64| value.max(0.0).round() as u64;
        if value <= 0.0 || variance <= 0.0 {
            return Self { value: whole(value), lower: whole(value), upper: whole(value) };
        }
        // A Poisson count of `count`, each of which stands for `value / count`.
        let count = value * value / variance;
        let bound = |count: f64, z: f64| {
            count * (1.0 - 1.0 / (9.0 * count) + z / (3.0 * count.sqrt())).max(0.0).powi(3)
        };
        let each = value / count;
        Self {
            value: whole(value),
            lower: whole(each * bound(count, -Z)),
            upper: whole(each * bound(count + 1.0, Z)),
        }
    }

    /// Returns whether the estimate is known to be exact: nothing was left to chance.
    #[must_use]
    pub const fn is_exact(&self) -> bool {
        self.lower == self.upper
    }

    /// Returns how far the upper end of the interval is from the estimate.
    #[must_use]
    pub const fn margin(&self) -> u64 {
        self.upper - self.value
    }
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}, {}]", self.value, self.lower, self.upper)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_equal_samples_is_that_of_a_poisson_count() {
        // The exact 95 % intervals of counts of 1, 10 and 100: 0.0253-5.57, 4.80-18.39, 81.4-121.6.
        for (count, lower, upper) in
            [(1.0, 25.3, 5572.0), (10.0, 4795.0, 18_390.0), (100.0, 81_360.0, 121_630.0)]
        {
            let each = 1000.0;
            let estimate = Estimate::new(count * each, count * each * each);
            assert!((estimate.lower as f64 - lower).abs() < 60.0, "{estimate}");
            assert!((estimate.upper as f64 / upper - 1.0).abs() < 0.005, "{estimate}");
        }
    }

    #[test]
    fn without_chance_there_is_no_width() {
        assert_eq!(Estimate::new(500.0, 0.0), Estimate { value: 500, lower: 500, upper: 500 });
        assert_eq!(Estimate::new(0.0, 0.0), Estimate::default());
        assert_eq!(Estimate::new(-1e-9, 1e-9), Estimate::default());
        assert!(Estimate::new(f64::MAX, 1.0).is_exact());
    }
}
