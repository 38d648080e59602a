//! Scores of agent tests, and statistics over their runs.
//!
//! A [`Scorer`] turns [`Evaluation`]s and the [metrics](atp_protocol::Metrics) of a run into a
//! [`TestScore`]: quality, completeness, efficiency and cost, each from 0 to 1, weighted and
//! summed to at most 100. [`RunSamples`] turns the figures of several runs of one test into
//! [`RunStatistics`]. The numbers equal those of the Agent Test Platform 2.2.
//!
//! ```
//! use atp_scoring::{Check, Evaluation, Limits, Score, Scorer, Weights};
//!
//! let scorer = Scorer::new().with_weights(Weights::new(1.0, 0.0, 0.0, 0.0)?);
//! let judged = Evaluation::new("llm_judge", vec![Check::new("tone", true, Score::new(0.875)?)]);
//! let score = scorer.score("polite", &[judged.clone()], None, &Limits::default());
//! assert_eq!((score.score, score.passed), (87.5, true));
//!
//! let broken = Evaluation::new("security", vec![Check::new("secrets", false, Score::ZERO)]);
//! let score = scorer.score("polite", &[judged, broken.critical()], None, &Limits::default());
//! assert_eq!((score.score, score.passed), (0.0, false));
//! # Ok::<(), atp_scoring::Error>(())
//! ```
//!
//! What this crate does not do: it evaluates nothing, and a test without any check is scored like
//! one whose checks all passed except for quality, as it always was. [`TestScore::is_unasserted`]
//! tells such a score apart; whether it counts as a pass is for the caller.

mod check;
mod completeness;
mod component;
mod cost;
mod efficiency;
mod error;
mod limits;
mod quality;
mod round;
mod runs;
mod scorer;
mod stability;
mod weights;

pub use check::{Check, Evaluation, Score};
pub use completeness::CompletenessDetails;
pub use component::{Breakdown, Component, ScoreReport};
pub use cost::{CostDetails, CostMethod};
pub use efficiency::EfficiencyDetails;
pub use error::Error;
pub use limits::{Limits, Normalization};
pub use quality::QualityDetails;
pub use runs::{MetricStatistics, RunSamples, RunStatistics, ScoreStatistics};
pub use scorer::{Scorer, TestScore};
pub use stability::{Stability, StabilityLevel};
pub use weights::Weights;

/// The README's example, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
