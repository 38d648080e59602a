//! Whether a change made a benchmark slower, told apart from noise.

use atp_stats::{Bootstrap, Sorted, median_in_place, paired_log_ratios};
use serde::{Deserialize, Serialize};

/// Rounds of the first look.
pub const SCREEN_ROUNDS: usize = 12;
/// Fresh rounds for a benchmark that the first look suspects.
pub const CONFIRM_ROUNDS: usize = 24;
/// Pairs below which no interval is worth its name.
const MIN_PAIRS: usize = 6;
const SCREEN_CONFIDENCE: f64 = 0.90;
const CONFIRM_CONFIDENCE: f64 = 0.99;

/// How two versions of a benchmark compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The candidate takes less time by more than the floor, and noise does not explain it.
    Faster,
    /// No difference beyond the floor that noise does not explain.
    Same,
    /// The candidate takes more time by more than the floor, and noise does not explain it.
    Slower,
    /// The figures are no pairs of durations, are too few, or scatter so widely that a difference
    /// beyond the floor in either direction would go unseen.
    Unreliable,
}

/// A verdict with the figures behind it. Ratios are candidate to baseline: 1.10 is 10 % slower.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Comparison {
    /// The verdict.
    pub verdict: Verdict,
    /// Median of the paired ratios; absent when there are no pairs to take it from.
    pub ratio: Option<f64>,
    /// Lower end of the ratio's bootstrap interval.
    pub lower: Option<f64>,
    /// Upper end of the ratio's bootstrap interval.
    pub upper: Option<f64>,
    /// Share of resamples that the interval holds.
    pub confidence: f64,
    /// How many pairs there were.
    pub pairs: usize,
}

/// The rules of a comparison.
///
/// One figure comes from one fresh process: the smallest of its samples (their 25th percentile
/// for operations with threads or an executor). Figures of the same round are a pair, and rounds
/// alternate which side goes first. A benchmark is slower if the median of the logarithms of the
/// paired ratios is above the floor and their bootstrap interval is above zero.
///
/// The first look takes 12 rounds and an interval of 90 %. What it suspects is decided by 24 fresh
/// rounds and an interval of 99 %: figures that raised a suspicion cannot confirm it.
///
/// # Examples
///
/// ```
/// use atp_bench::{Gate, Verdict};
/// use std::convert::Infallible;
///
/// let mut round = 0.0;
/// let decision = Gate::new().decide(|rounds| {
///     let mut pairs = Vec::new();
///     for _ in 0..rounds {
///         round += 1.0;
///         let noise = 1.0 + 0.001 * (round * 7.0 % 5.0);
///         pairs.push((100.0 * noise, 120.0 * noise));
///     }
///     Ok::<_, Infallible>(pairs)
/// })?;
/// assert_eq!(decision.verdict, Verdict::Slower);
/// assert!((decision.ratio.unwrap_or(0.0) - 1.2).abs() < 0.01);
/// # Ok::<(), Infallible>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gate {
    floor: f64,
    seed: u64,
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

impl Gate {
    /// Creates a gate with a floor of 5 %, for operations of one thread.
    pub const fn new() -> Self {
        Self { floor: 0.05, seed: 0 }
    }

    /// Creates a gate with a floor of 10 %, for operations with threads or an executor.
    pub const fn concurrent() -> Self {
        Self { floor: 0.10, seed: 0 }
    }

    /// Sets the relative difference below which two versions are the same; 0.05 is 5 %. What is
    /// not a number of 0 or more counts as 0.
    #[must_use]
    pub const fn with_floor(mut self, floor: f64) -> Self {
        self.floor = if floor > 0.0 { floor } else { 0.0 };
        self
    }

    /// Sets the seed of the resamples.
    #[must_use]
    pub const fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Returns the relative difference below which two versions are the same.
    pub const fn floor(&self) -> f64 {
        self.floor
    }

    /// Takes the first look at 90 % confidence. Any verdict but [`Verdict::Same`] is a suspicion,
    /// for [`Gate::confirm`] to settle with figures of its own.
    pub fn screen(&self, baseline: &[f64], candidate: &[f64]) -> Comparison {
        self.compare(baseline, candidate, SCREEN_CONFIDENCE)
    }

    /// Decides at 99 % confidence.
    pub fn confirm(&self, baseline: &[f64], candidate: &[f64]) -> Comparison {
        self.compare(baseline, candidate, CONFIRM_CONFIDENCE)
    }

    /// Screens, and confirms a suspicion with fresh figures. `measure` makes as many rounds as it
    /// is asked for and returns baseline and candidate of each.
    ///
    /// # Errors
    ///
    /// What `measure` returns.
    pub fn decide<E>(
        &self,
        mut measure: impl FnMut(usize) -> Result<Vec<(f64, f64)>, E>,
    ) -> Result<Comparison, E> {
        let (baseline, candidate): (Vec<_>, Vec<_>) = measure(SCREEN_ROUNDS)?.into_iter().unzip();
        let first = self.screen(&baseline, &candidate);
        if first.verdict == Verdict::Same {
            return Ok(first);
        }
        let (baseline, candidate): (Vec<_>, Vec<_>) = measure(CONFIRM_ROUNDS)?.into_iter().unzip();
        Ok(self.confirm(&baseline, &candidate))
    }

    fn compare(&self, baseline: &[f64], candidate: &[f64], confidence: f64) -> Comparison {
        let pairs = baseline.len().min(candidate.len());
        let unknown = Comparison {
            verdict: Verdict::Unreliable,
            ratio: None,
            lower: None,
            upper: None,
            confidence,
            pairs,
        };
        let Ok(ratios) = paired_log_ratios(baseline, candidate) else { return unknown };
        let bootstrap = Bootstrap::new(self.seed).with_confidence(confidence);
        let Ok(interval) = bootstrap.interval(&ratios, median_in_place) else { return unknown };
        let Ok(median) = atp_stats::median(&ratios) else { return unknown };
        let floor = self.floor.ln_1p();
        let verdict = if pairs < MIN_PAIRS || (interval.lower < -floor && interval.upper > floor) {
            Verdict::Unreliable
        } else if median > floor && interval.lower > 0.0 {
            Verdict::Slower
        } else if median < -floor && interval.upper < 0.0 {
            Verdict::Faster
        } else {
            Verdict::Same
        };
        Comparison {
            verdict,
            ratio: Some(median.exp()),
            lower: Some(interval.lower.exp()),
            upper: Some(interval.upper.exp()),
            confidence,
            pairs,
        }
    }
}

/// Compares figures that were measured in pairs, with the rules of [`Gate::new`] at 99 %
/// confidence.
///
/// # Examples
///
/// ```
/// use atp_bench::{Verdict, compare};
///
/// let baseline = [10.0, 10.1, 9.9, 10.0, 10.2, 9.8, 10.0, 10.1];
/// let candidate = baseline.map(|nanoseconds| nanoseconds * 1.5);
/// assert_eq!(compare(&baseline, &candidate).verdict, Verdict::Slower);
/// assert_eq!(compare(&baseline, &baseline).verdict, Verdict::Same);
/// assert_eq!(compare(&baseline, &[]).verdict, Verdict::Unreliable);
/// ```
pub fn compare(baseline: &[f64], candidate: &[f64]) -> Comparison {
    Gate::new().confirm(baseline, candidate)
}

/// Returns the figure of one process: the smallest sample, or the 25th percentile of samples that
/// threads or an executor made. Absent if there is no sample or one that is not finite.
pub fn figure(samples: &[f64], concurrent: bool) -> Option<f64> {
    let sorted = Sorted::new(samples).ok()?;
    if concurrent { sorted.quantile(0.25).ok() } else { Some(sorted.min()) }
}

#[cfg(test)]
mod tests;
