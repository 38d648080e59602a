//! Statistics over several runs of one test.

use crate::error::Error;
use crate::round::rounded;
use crate::stability::{Stability, finite};
use atp_stats::{Interval, Summary, TQuantile};
use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};

/// What was measured in the runs of one test. A list that is empty counts as not given.
///
/// # Examples
///
/// ```
/// use atp_scoring::RunSamples;
///
/// let runs = RunSamples::new("t1", 3).with_scores(&[80.0, 82.0, 78.0]).with_durations(&[1.2, 1.1, 9.5]);
/// let statistics = runs.statistics()?;
/// assert_eq!(statistics.overall_stability().level.as_str(), "stable");
/// # Ok::<(), atp_scoring::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RunSamples<'a> {
    test_id: &'a str,
    successful_runs: usize,
    total_runs: Option<usize>,
    quantile: TQuantile,
    scores: &'a [f64],
    durations: &'a [f64],
    steps: &'a [f64],
    tokens: &'a [f64],
    costs: &'a [f64],
}

/// Statistics of one list of figures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetricStatistics {
    summary: Summary,
    interval: Interval,
}

/// Statistics of scores, with how stable they are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreStatistics(MetricStatistics);

/// Statistics over the runs of one test.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RunStatistics {
    /// The test.
    pub test_id: String,
    /// How often it ran.
    pub n_runs: usize,
    /// How often that succeeded.
    pub successful_runs: usize,
    /// Scores from 0 to 100.
    pub score: Option<ScoreStatistics>,
    /// Durations in seconds.
    pub duration_seconds: Option<MetricStatistics>,
    /// Steps taken.
    pub steps: Option<MetricStatistics>,
    /// Tokens used.
    pub tokens: Option<MetricStatistics>,
    /// Costs in US dollars.
    pub cost_usd: Option<MetricStatistics>,
}

impl<'a> RunSamples<'a> {
    /// Creates samples without any figures.
    pub fn new(test_id: &'a str, successful_runs: usize) -> Self {
        Self {
            test_id,
            successful_runs,
            total_runs: None,
            quantile: TQuantile::default(),
            scores: &[],
            durations: &[],
            steps: &[],
            tokens: &[],
            costs: &[],
        }
    }

    /// Sets how often the test ran; otherwise that is the length of the first list given, in the
    /// order of the methods below.
    #[must_use]
    pub fn with_total_runs(mut self, total_runs: usize) -> Self {
        self.total_runs = Some(total_runs);
        self
    }

    /// Sets where the width of confidence intervals comes from, the 95 % table by default.
    #[must_use]
    pub fn with_quantile(mut self, quantile: TQuantile) -> Self {
        self.quantile = quantile;
        self
    }

    /// Sets the scores, from 0 to 100.
    #[must_use]
    pub fn with_scores(mut self, scores: &'a [f64]) -> Self {
        self.scores = scores;
        self
    }

    /// Sets the durations in seconds.
    #[must_use]
    pub fn with_durations(mut self, durations: &'a [f64]) -> Self {
        self.durations = durations;
        self
    }

    /// Sets the numbers of steps.
    #[must_use]
    pub fn with_steps(mut self, steps: &'a [f64]) -> Self {
        self.steps = steps;
        self
    }

    /// Sets the numbers of tokens.
    #[must_use]
    pub fn with_tokens(mut self, tokens: &'a [f64]) -> Self {
        self.tokens = tokens;
        self
    }

    /// Sets the costs in US dollars.
    #[must_use]
    pub fn with_costs(mut self, costs: &'a [f64]) -> Self {
        self.costs = costs;
        self
    }

    /// Computes the statistics of every list that was given.
    ///
    /// # Errors
    ///
    /// [`Error::NoSamples`] if none was given, [`Error::TooManySuccesses`], and
    /// [`Error::Sample`] for a value that is not finite or a quantile that does not exist.
    pub fn statistics(&self) -> Result<RunStatistics, Error> {
        let lists = [self.scores, self.durations, self.steps, self.tokens, self.costs];
        let first = lists.iter().find(|list| !list.is_empty()).ok_or(Error::NoSamples)?;
        let n_runs = self.total_runs.unwrap_or(first.len());
        if self.successful_runs > n_runs {
            let (successful, total) = (self.successful_runs, n_runs);
            return Err(Error::TooManySuccesses { successful, total });
        }
        let statistics = |list, values: &[f64]| {
            if values.is_empty() {
                return Ok(None);
            }
            MetricStatistics::new(values, self.quantile)
                .map(Some)
                .map_err(|source| Error::Sample { list, source })
        };
        Ok(RunStatistics {
            test_id: self.test_id.into(),
            n_runs,
            successful_runs: self.successful_runs,
            score: statistics("scores", self.scores)?.map(ScoreStatistics),
            duration_seconds: statistics("durations", self.durations)?,
            steps: statistics("steps", self.steps)?,
            tokens: statistics("tokens", self.tokens)?,
            cost_usd: statistics("costs", self.costs)?,
        })
    }
}

impl MetricStatistics {
    /// Computes the statistics of a list.
    ///
    /// # Errors
    ///
    /// [`atp_stats::Error`] for an empty list, a value that is not finite, or a confidence level
    /// outside its range.
    pub fn new(values: &[f64], quantile: TQuantile) -> Result<Self, atp_stats::Error> {
        let summary = Summary::new(values)?;
        Ok(Self { summary, interval: summary.interval(quantile)? })
    }

    /// Returns size, mean, deviation, median and extremes.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Returns the confidence interval of the mean.
    pub fn confidence_interval(&self) -> Interval {
        self.interval
    }

    /// Returns deviation over mean, infinite for values around a mean of zero.
    pub fn coefficient_of_variation(&self) -> f64 {
        self.summary.coefficient_of_variation()
    }

    /// Writes the figures to four decimals; an infinity becomes null, for JSON has none.
    fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let short = |number: f64| finite(rounded(number, 4));
        map.serialize_entry("mean", &short(self.summary.mean))?;
        map.serialize_entry("std", &short(self.summary.std_dev))?;
        map.serialize_entry("min", &short(self.summary.min))?;
        map.serialize_entry("max", &short(self.summary.max))?;
        map.serialize_entry("median", &short(self.summary.median))?;
        let interval = [short(self.interval.lower), short(self.interval.upper)];
        map.serialize_entry("confidence_interval", &interval)?;
        map.serialize_entry("n_runs", &self.summary.n)?;
        map.serialize_entry("coefficient_of_variation", &short(self.coefficient_of_variation()))
    }
}

impl ScoreStatistics {
    /// Returns the statistics.
    pub fn metric(&self) -> &MetricStatistics {
        &self.0
    }

    /// Returns how stable the scores are.
    pub fn stability(&self) -> Stability {
        Stability::of(self.0.coefficient_of_variation())
    }
}

impl RunStatistics {
    /// Returns the share of runs that succeeded, 0 if there were none.
    pub fn success_rate(&self) -> f64 {
        if self.n_runs == 0 { 0.0 } else { self.successful_runs as f64 / self.n_runs as f64 }
    }

    /// Returns the stability of the scores; without scores nothing is known to vary.
    pub fn overall_stability(&self) -> Stability {
        self.score.map_or_else(|| Stability::of(0.0), |score| score.stability())
    }
}

impl Serialize for MetricStatistics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.write(&mut map)?;
        map.end()
    }
}

impl Serialize for ScoreStatistics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.0.write(&mut map)?;
        map.serialize_entry("stability", &self.stability())?;
        map.end()
    }
}

impl Serialize for RunStatistics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut runs = serializer.serialize_struct("RunStatistics", 10)?;
        runs.serialize_field("test_id", &self.test_id)?;
        runs.serialize_field("n_runs", &self.n_runs)?;
        runs.serialize_field("successful_runs", &self.successful_runs)?;
        runs.serialize_field("success_rate", &rounded(self.success_rate(), 4))?;
        runs.serialize_field("overall_stability", &self.overall_stability())?;
        runs.serialize_field("score", &self.score)?;
        runs.serialize_field("duration_seconds", &self.duration_seconds)?;
        runs.serialize_field("steps", &self.steps)?;
        runs.serialize_field("tokens", &self.tokens)?;
        runs.serialize_field("cost_usd", &self.cost_usd)?;
        runs.end()
    }
}
