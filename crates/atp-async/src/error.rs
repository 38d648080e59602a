//! The one error of every constructor: numbers that cannot work.

/// A configuration that could only hang, divide by zero or overflow.
///
/// Returned by whatever takes the numbers, before anything has started.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A count that has to be at least one was zero.
    #[error("{what} is 0, it must be at least 1")]
    Zero {
        /// The setting.
        what: &'static str,
    },
    /// A count was above what can be represented.
    #[error("{what} is {value}, it must be at most {max}")]
    TooLarge {
        /// The setting.
        what: &'static str,
        /// What was given.
        value: usize,
        /// The highest value that works.
        max: usize,
    },
    /// A lower bound was above its upper bound.
    #[error("{low} is {low_value}, which is above {high} of {high_value}")]
    Inverted {
        /// The setting that bounds from below.
        low: &'static str,
        /// Its value.
        low_value: usize,
        /// The setting that bounds from above.
        high: &'static str,
        /// Its value.
        high_value: usize,
    },
    /// A real number was not finite or outside its range.
    #[error("{what} is {value}, it must be {expected}")]
    OutOfRange {
        /// The setting.
        what: &'static str,
        /// What was given.
        value: f64,
        /// The range that works.
        expected: &'static str,
    },
    /// A text was not of the form it has to have. What it was is not told: it may hold a password.
    #[error("the {what} must be {expected}")]
    Malformed {
        /// The setting.
        what: &'static str,
        /// The form that works.
        expected: &'static str,
    },
    /// A setting was used without the one it depends on.
    #[error("{what} needs {needs}")]
    Missing {
        /// The setting that was given.
        what: &'static str,
        /// What it has no effect without.
        needs: &'static str,
    },
}

/// Refuses zero.
pub(crate) fn at_least_one(what: &'static str, value: usize) -> Result<usize, ConfigError> {
    if value == 0 { Err(ConfigError::Zero { what }) } else { Ok(value) }
}

/// Refuses zero and more than a tokio semaphore can count.
pub(crate) fn permits(what: &'static str, value: usize) -> Result<usize, ConfigError> {
    let max = tokio::sync::Semaphore::MAX_PERMITS;
    if value > max {
        return Err(ConfigError::TooLarge { what, value, max });
    }
    at_least_one(what, value)
}
