//! What can be wrong with a sample or an argument.

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The sample has no values.
    #[error("the sample is empty")]
    Empty,
    /// A value is NaN or infinite.
    #[error("value {value} at index {index} is not finite")]
    NotFinite {
        /// Position in the slice, counted from 0.
        index: usize,
        /// The value found there.
        value: f64,
    },
    /// A value must be above zero, because its logarithm is taken.
    #[error("value {value} at index {index} is not above zero")]
    NotPositive {
        /// Position in the slice, counted from 0.
        index: usize,
        /// The value found there.
        value: f64,
    },
    /// Two samples that are read in pairs have different lengths.
    #[error("{left} values cannot be paired with {right}")]
    Unpaired {
        /// Length of the first sample.
        left: usize,
        /// Length of the second sample.
        right: usize,
    },
    /// All points share one x, so that no line through them has a slope.
    #[error("{points} points at one x have no slope")]
    NoSlope {
        /// How many points there were.
        points: usize,
    },
    /// An argument lies outside the range that its function accepts.
    #[error("{argument} must be {range}, not {value}")]
    OutOfRange {
        /// The argument's name.
        argument: &'static str,
        /// The accepted range, in words.
        range: &'static str,
        /// What was passed.
        value: f64,
    },
    /// A statistic given to the bootstrap returned NaN or an infinity.
    #[error("the statistic returned {value} for a resample")]
    StatisticNotFinite {
        /// What it returned.
        value: f64,
    },
}

/// Refuses an empty sample and values that are not finite.
pub(crate) fn check(values: &[f64]) -> Result<(), Error> {
    if values.is_empty() {
        return Err(Error::Empty);
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(Error::NotFinite { index, value: values[index] }),
        None => Ok(()),
    }
}

/// Refuses a confidence level outside the open interval from 0 to 1, NaN included.
pub(crate) fn check_confidence(confidence: f64) -> Result<(), Error> {
    if confidence > 0.0 && confidence < 1.0 {
        Ok(())
    } else {
        Err(Error::OutOfRange {
            argument: "confidence",
            range: "above 0 and below 1",
            value: confidence,
        })
    }
}
