//! What can go wrong with figures that come from outside.

/// Why a result or a suite cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The samples are none, or hold a value that no duration has.
    #[error("{name}: {source}")]
    Samples {
        /// The benchmark.
        name: String,
        /// What is wrong with the samples.
        source: atp_stats::Error,
    },
    /// A duration is below zero.
    #[error("{name}: sample {index} took {seconds} s")]
    Negative {
        /// The benchmark.
        name: String,
        /// Position of the sample, counted from 0.
        index: usize,
        /// What it claims to have taken.
        seconds: f64,
    },
    /// The text is not the JSON of a suite.
    #[error("not a saved benchmark suite: {0}")]
    Json(String),
    /// The file was written by a version whose schema is unknown here.
    #[error("schema {found} is unknown, this version reads schema {known}")]
    Schema {
        /// The number in the file.
        found: u64,
        /// The number that this version writes and reads.
        known: u64,
    },
}
