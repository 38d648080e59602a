//! Why there is no score.

/// A number that no score can be made of.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The score of a check is not a number from 0 to 1.
    #[error("a score must be from 0 to 1, not {0}")]
    Score(f64),
    /// A weight is not a number from 0 to 1.
    #[error("the {component} weight must be from 0 to 1, not {weight}")]
    Weight {
        /// What the weight is of.
        component: &'static str,
        /// Its value.
        weight: f64,
    },
    /// The weights do not sum to 1.
    #[error("the weights must sum to 1 within 0.001, not to {0}")]
    WeightSum(f64),
    /// A limit that scores are measured against is zero, negative or no number.
    #[error("{limit} must be above 0, not {value}")]
    Limit {
        /// The limit's name.
        limit: &'static str,
        /// Its value.
        value: f64,
    },
    /// The optimum lies beyond the limit.
    #[error("optimal_steps ({optimal_steps}) is above max_steps ({max_steps})")]
    OptimumAboveLimit {
        /// Steps a perfect run takes.
        optimal_steps: u64,
        /// Steps a run may take.
        max_steps: u64,
    },
    /// Statistics were asked for without any values.
    #[error("there are no values to compute statistics of")]
    NoSamples,
    /// More runs succeeded than there were.
    #[error("{successful} of {total} runs cannot have been successful")]
    TooManySuccesses {
        /// Runs said to be successful.
        successful: usize,
        /// Runs in all.
        total: usize,
    },
    /// A value is not finite.
    #[error("the {list} have no statistics")]
    Sample {
        /// The list that holds the value.
        list: &'static str,
        /// What is wrong with it.
        source: atp_stats::Error,
    },
}
