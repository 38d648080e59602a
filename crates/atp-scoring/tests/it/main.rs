//! Scores and statistics as a caller sees them.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails its test by panicking")]

mod corpus;
mod properties;
mod runs;
mod scores;
