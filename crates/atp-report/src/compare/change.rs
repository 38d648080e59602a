//! A change of a time, with the interval that noise leaves it.

use crate::outcome::{RunReport, TestReport};
use atp_stats::{Interval, TQuantile, mean, paired_log_ratios, t_interval};
use serde::Serialize;

/// The least share by which a time must change to matter.
pub const LEAST_RATIO: f64 = 0.05;

/// The least number of seconds a run by which a time must change to matter.
pub const LEAST_SECONDS: f64 = 0.001;

const CONFIDENCE: f64 = 0.95;

/// A time of one run, before and after.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// Mean seconds a run before, each test weighing the same.
    pub base_seconds: f64,
    /// Mean seconds a run after.
    pub candidate_seconds: f64,
    /// How many times as long, as the geometric mean: twice as long and half as long cancel.
    pub ratio: f64,
    /// The lower end of the interval of the ratio; none where a single figure on a side, or a
    /// single test, leaves nothing to estimate noise from.
    pub lower: Option<f64>,
    /// The upper end.
    pub upper: Option<f64>,
    /// Whether noise explains it, or it is too small to matter, or nothing can be told.
    pub is_noise: bool,
}

type Figure = fn(&RunReport) -> Option<f64>;

impl Change {
    /// Compares over all tests: the mean of the logarithms of each test's ratio, with the t
    /// interval at 95 % of that mean. One test alone is compared over its runs.
    pub(super) fn over_tests(pairs: &[(&TestReport, &TestReport)], figure: Figure) -> Option<Self> {
        let both = |(base, candidate): &(&TestReport, &TestReport)| {
            Some((mean_of(base, figure)?, mean_of(candidate, figure)?))
        };
        let (before, after): (Vec<_>, Vec<_>) = pairs.iter().filter_map(both).unzip();
        if before.len() == 1 {
            let known = |pair: &&(&TestReport, &TestReport)| both(pair).is_some();
            let (base, candidate) = pairs.iter().find(known)?;
            return Self::over_runs(base, candidate, figure, 1);
        }
        let logs = paired_log_ratios(&before, &after).ok()?;
        let interval = t_interval(&logs, TQuantile::Exact { confidence: CONFIDENCE }).ok()?;
        Some(Self::new(mean(&before).ok()?, mean(&after).ok()?, mean(&logs).ok()?, Some(interval)))
    }

    /// Compares the runs of one test: the difference of the means of their logarithms, whose
    /// interval follows from the t intervals of the two means (G. Y. Zou and A. Donner, Statistics
    /// in Medicine 27, 2008). With `of` tests looked at, each is held to a confidence of 1 - 0.05 /
    /// `of` (C. E. Bonferroni), so that all together err once in twenty.
    pub(super) fn over_runs(
        base: &TestReport,
        candidate: &TestReport,
        figure: Figure,
        of: usize,
    ) -> Option<Self> {
        let (before, after) = (figures(base, figure), figures(candidate, figure));
        let (from, to) = (mean(&before).ok()?, mean(&after).ok()?);
        let logs =
            [&before, &after].map(|list| list.iter().map(|value| value.ln()).collect::<Vec<_>>());
        let difference = mean(&logs[1]).ok()? - mean(&logs[0]).ok()?;
        let quantile = TQuantile::Exact { confidence: 1.0 - (1.0 - CONFIDENCE) / of.max(1) as f64 };
        let halves = logs.map(|list| Some(t_interval(&list, quantile).ok()?.width() / 2.0));
        let interval = match halves {
            [Some(one), Some(two)] if before.len() > 1 && after.len() > 1 => {
                let half = one.hypot(two);
                Some(Interval { lower: difference - half, upper: difference + half })
            }
            _ => None,
        };
        Some(Self::new(from, to, difference, interval))
    }

    /// From the mean logarithm of the ratio and its interval.
    fn new(base: f64, candidate: f64, log: f64, interval: Option<Interval>) -> Self {
        let ratio = log.exp();
        let matters = ratio.max(1.0 / ratio) >= 1.0 + LEAST_RATIO
            && (candidate - base).abs() >= LEAST_SECONDS;
        let is_beyond_noise = interval.is_some_and(|interval| !interval.contains(0.0));
        Self {
            base_seconds: base,
            candidate_seconds: candidate,
            ratio,
            lower: interval.map(|interval| interval.lower.exp()),
            upper: interval.map(|interval| interval.upper.exp()),
            is_noise: !(matters && is_beyond_noise),
        }
    }
}

/// The figures of a test's runs that a logarithm can be taken of.
fn figures(test: &TestReport, figure: Figure) -> Vec<f64> {
    test.runs.iter().filter_map(figure).filter(|value| value.is_finite() && *value > 0.0).collect()
}

fn mean_of(test: &TestReport, figure: Figure) -> Option<f64> {
    mean(&figures(test, figure)).ok()
}
