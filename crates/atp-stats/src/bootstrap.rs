//! An interval around any statistic, from the sample alone.

use crate::error::{Error, check, check_confidence};
use crate::interval::Interval;
use crate::order::Sorted;
use crate::random::SplitMix64;

/// Percentile intervals from resamples drawn with replacement.
///
/// B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap (1993), chapter 13. The same
/// seed, sample and settings give the same interval on every machine.
///
/// # Examples
///
/// ```
/// use atp_stats::{Bootstrap, median_in_place};
///
/// let seconds = [1.2, 1.1, 1.3, 1.2, 9.0];
/// let interval = Bootstrap::new(7).with_confidence(0.9).interval(&seconds, median_in_place)?;
/// assert!(interval.contains(1.2));
/// # Ok::<(), atp_stats::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bootstrap {
    seed: u64,
    resamples: usize,
    confidence: f64,
}

impl Bootstrap {
    /// Creates a bootstrap with 2,000 resamples at 95 % confidence.
    pub fn new(seed: u64) -> Self {
        Self { seed, resamples: 2_000, confidence: 0.95 }
    }

    /// Sets how many resamples are drawn; the cost is that of as many calls of the statistic.
    #[must_use]
    pub fn with_resamples(mut self, resamples: usize) -> Self {
        self.resamples = resamples;
        self
    }

    /// Sets the share of the resamples' statistics that the interval holds, above 0 and below 1.
    #[must_use]
    pub fn with_confidence(mut self, confidence: f64) -> Self {
        self.confidence = confidence;
        self
    }

    /// Returns the interval of `statistic` over the resamples of `values`.
    ///
    /// The statistic may reorder the buffer that it is given, as
    /// [`median_in_place`](crate::median_in_place) does. A single value gives an interval of
    /// width 0, which says nothing about its error.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] and [`Error::NotFinite`] for the sample, [`Error::OutOfRange`] for no
    /// resamples or a confidence level outside its range, [`Error::StatisticNotFinite`] if
    /// `statistic` returns NaN or an infinity.
    pub fn interval(
        &self,
        values: &[f64],
        mut statistic: impl FnMut(&mut [f64]) -> f64,
    ) -> Result<Interval, Error> {
        check(values)?;
        check_confidence(self.confidence)?;
        if self.resamples == 0 {
            return Err(Error::OutOfRange { argument: "resamples", range: "above 0", value: 0.0 });
        }
        let mut random = SplitMix64::new(self.seed);
        let mut resample = vec![0.0; values.len()];
        let mut replicates = Vec::with_capacity(self.resamples);
        for _ in 0..self.resamples {
            resample.fill_with(|| values[random.below(values.len())]);
            let value = statistic(&mut resample);
            if !value.is_finite() {
                return Err(Error::StatisticNotFinite { value });
            }
            replicates.push(value);
        }
        let replicates = Sorted::new(replicates)?;
        let tail = (1.0 - self.confidence) / 2.0;
        Ok(Interval { lower: replicates.at(tail), upper: replicates.at(1.0 - tail) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::median_in_place;

    fn mean(values: &mut [f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    #[test]
    fn the_same_seed_gives_the_same_interval() {
        let values: Vec<f64> = (0..30).map(f64::from).collect();
        let interval = |seed| Bootstrap::new(seed).interval(&values, mean).unwrap();
        assert_eq!(interval(1), interval(1));
        assert_ne!(interval(1), interval(2));
    }

    #[test]
    fn the_mean_of_many_values_has_the_width_of_the_normal_interval() {
        let values: Vec<f64> = (0..400).map(f64::from).collect();
        let interval = Bootstrap::new(3).interval(&values, mean).unwrap();
        let expected = 2.0 * 1.96 * crate::std_dev(&values).unwrap() / 20.0;
        assert!((interval.width() / expected - 1.0).abs() < 0.1, "{interval:?}");
        assert!(interval.contains(199.5));
    }

    #[test]
    fn more_confidence_is_wider() {
        let values = [1.0, 2.0, 5.0, 9.0, 11.0];
        let at = |c| {
            Bootstrap::new(0).with_confidence(c).interval(&values, median_in_place).unwrap().width()
        };
        assert!(at(0.5) < at(0.99));
    }

    #[test]
    fn settings_and_statistics_that_cannot_work_are_refused() {
        let bootstrap = Bootstrap::new(0);
        let refusal = |b: Bootstrap| b.interval(&[1.0], mean).unwrap_err();
        assert!(matches!(refusal(bootstrap.with_resamples(0)), Error::OutOfRange { .. }));
        assert!(matches!(refusal(bootstrap.with_confidence(1.0)), Error::OutOfRange { .. }));
        assert!(matches!(
            bootstrap.interval(&[1.0], |_| f64::NAN),
            Err(Error::StatisticNotFinite { .. })
        ));
        assert_eq!(bootstrap.interval(&[], mean), Err(Error::Empty));
    }

    #[test]
    fn one_resample_of_one_value_is_that_value() {
        let interval = Bootstrap::new(0).with_resamples(1).interval(&[2.5], mean).unwrap();
        assert_eq!((interval.lower, interval.upper), (2.5, 2.5));
    }
}
