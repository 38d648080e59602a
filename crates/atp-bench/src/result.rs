//! What was measured, summed up.

use crate::{error::Error, overhead::Overhead, sampling::Samples};
use atp_stats::{Bootstrap, Sorted};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Seed of every interval: the same samples give the same report.
const SEED: u64 = 0x0061_7470;
/// Consecutive samples are averaged into at most this many groups before they are resampled.
const GROUPS: usize = 200;

/// One benchmark's figures. Times are seconds an iteration, the clock's and loop's own cost taken
/// off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BenchmarkResult {
    /// What was measured.
    pub name: String,
    /// Calls that were measured, those of all threads together; warm-up is not among them.
    pub iterations: u64,
    /// Time spent in those calls. Threads side by side count once.
    pub total_seconds: f64,
    /// Arithmetic mean.
    pub mean_seconds: f64,
    /// Smallest sample.
    pub min_seconds: f64,
    /// Largest sample.
    pub max_seconds: f64,
    /// Sample standard deviation (n - 1) of the samples.
    pub std_seconds: f64,
    /// Middle sample, which a few interruptions do not move.
    pub median_seconds: f64,
    /// Median absolute deviation of the samples from their median, not scaled.
    pub mad_seconds: f64,
    /// 95 % bootstrap interval of the mean, from means of up to 200 groups of consecutive samples.
    pub mean_interval: MeanInterval,
    /// Quantiles of single calls; absent when a sample holds several, by a batch or by threads.
    pub percentiles: Option<Percentiles>,
    /// Samples beyond Tukey's fences.
    pub outliers: OutlierCounts,
    /// Calls per second of measured time, by all threads together.
    pub throughput: f64,
    /// How much work one iteration is, where it was said.
    pub work: Option<Throughput>,
    /// Calls in one sample, by each thread. Above 1, minimum, maximum and deviation are those of
    /// batch means.
    pub batch: u64,
    /// Threads that called at the same time.
    pub threads: usize,
    /// Whether calls are too short to be told from what measuring them costs: one by one, less than
    /// ten clock reads; in batches, less than the loop. Such figures are only good for their size.
    pub near_limit: bool,
    /// Allocations an iteration, where a counting allocator is installed.
    pub allocations: Option<f64>,
    /// Bytes asked for an iteration, where a counting allocator is installed.
    pub allocated_bytes: Option<f64>,
    /// What was written beside the measurement.
    pub metadata: BTreeMap<String, Value>,
}

/// The range in which the mean is expected.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MeanInterval {
    /// The lower end.
    pub lower_seconds: f64,
    /// The upper end.
    pub upper_seconds: f64,
}

/// Quantiles of single calls, interpolated between the two nearest ranks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Percentiles {
    /// Half of the calls take at most this.
    pub p50_seconds: f64,
    /// Nine in ten calls take at most this.
    pub p90_seconds: f64,
    /// 99 in 100 calls take at most this.
    pub p99_seconds: f64,
    /// 999 in 1,000 calls take at most this.
    pub p999_seconds: f64,
}

/// Samples beyond Tukey's fences: 1.5 (mild) and 3 (severe) interquartile ranges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OutlierCounts {
    /// Far below the first quartile.
    pub low_severe: usize,
    /// Below the first quartile.
    pub low_mild: usize,
    /// Above the third quartile.
    pub high_mild: usize,
    /// Far above the third quartile.
    pub high_severe: usize,
}

/// How much work one iteration is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Throughput {
    /// Bytes read, written or parsed.
    Bytes(u64),
    /// Items handled.
    Elements(u64),
}

/// What is known of a measurement before it is made.
#[derive(Debug, Clone, Default)]
pub(crate) struct Description {
    pub(crate) name: String,
    pub(crate) work: Option<Throughput>,
    pub(crate) metadata: BTreeMap<String, Value>,
}

impl BenchmarkResult {
    /// Sums up durations of single calls that were measured elsewhere, in seconds. Nothing is
    /// taken off them.
    ///
    /// # Errors
    ///
    /// [`Error::Samples`] for no samples or one that is not finite, [`Error::Negative`] for one
    /// below zero.
    pub fn from_samples(name: impl Into<String>, seconds: &[f64]) -> Result<Self, Error> {
        let name = name.into();
        if let Some(index) = seconds.iter().position(|value| *value < 0.0) {
            return Err(Error::Negative { name, index, seconds: seconds[index] });
        }
        let failed = |source| Error::Samples { name: name.clone(), source };
        let spread = Spread::of(seconds).map_err(failed)?;
        let description = Description { name, ..Description::default() };
        Ok(Self::new(description, seconds.len() as u64, spread, 1, 1))
    }

    pub(crate) fn measured(
        description: Description,
        samples: &Samples,
        overhead: &Overhead,
    ) -> Self {
        let per_call =
            |nanos: &u64| overhead.per_call(samples.shape, *nanos as f64, samples.batch) / 1e9;
        let seconds: Vec<f64> = samples.nanos.iter().map(per_call).collect();
        let spread =
            Spread::of(&seconds).expect("at least one sample, each a count of nanoseconds");
        let calls = seconds.len() as u64 * samples.batch * samples.threads as u64;
        let mut result = Self::new(description, calls, spread, samples.batch, samples.threads);
        let median = result.median_seconds * 1e9;
        result.near_limit = overhead.blurs(samples.shape, median, samples.batch);
        if let Some(sum) = samples.allocations {
            result.allocations = Some(sum.count as f64 / calls as f64);
            result.allocated_bytes = Some(sum.bytes as f64 / calls as f64);
        }
        result
    }

    fn new(
        description: Description,
        iterations: u64,
        spread: Spread,
        batch: u64,
        threads: usize,
    ) -> Self {
        let calls_by_thread = iterations as f64 / threads as f64;
        let total_seconds = spread.mean * calls_by_thread;
        Self {
            name: description.name,
            iterations,
            total_seconds,
            mean_seconds: spread.mean,
            min_seconds: spread.sorted.min(),
            max_seconds: spread.sorted.max(),
            std_seconds: spread.std,
            median_seconds: spread.sorted.median(),
            mad_seconds: spread.mad,
            mean_interval: spread.mean_interval,
            percentiles: (batch == 1 && threads == 1).then(|| Percentiles::of(&spread.sorted)),
            outliers: OutlierCounts::of(&spread.sorted),
            throughput: if total_seconds > 0.0 { iterations as f64 / total_seconds } else { 0.0 },
            work: description.work,
            batch,
            threads,
            near_limit: false,
            allocations: None,
            allocated_bytes: None,
            metadata: description.metadata,
        }
    }

    /// Returns the mean in milliseconds.
    pub fn mean_ms(&self) -> f64 {
        self.mean_seconds * 1e3
    }

    /// Returns bytes or elements per second, if [`BenchmarkResult::work`] says how many there are
    /// in an iteration.
    pub fn units_per_second(&self) -> Option<f64> {
        let (Throughput::Bytes(units) | Throughput::Elements(units)) = self.work?;
        Some(self.throughput * units as f64)
    }
}

impl Percentiles {
    fn of(sorted: &Sorted) -> Self {
        let at = |p| sorted.quantile(p).expect("a share between 0 and 1");
        Self {
            p50_seconds: at(0.5),
            p90_seconds: at(0.9),
            p99_seconds: at(0.99),
            p999_seconds: at(0.999),
        }
    }
}

impl OutlierCounts {
    fn of(sorted: &Sorted) -> Self {
        let atp_stats::Outliers { low_severe, low_mild, high_mild, high_severe } =
            sorted.outliers();
        Self { low_severe, low_mild, high_mild, high_severe }
    }

    /// Returns the number of samples beyond the fences.
    pub fn total(&self) -> usize {
        self.low_severe + self.low_mild + self.high_mild + self.high_severe
    }
}

/// The statistics of one set of samples.
struct Spread {
    sorted: Sorted,
    mean: f64,
    std: f64,
    mad: f64,
    mean_interval: MeanInterval,
}

impl Spread {
    fn of(seconds: &[f64]) -> Result<Self, atp_stats::Error> {
        let sorted = Sorted::new(seconds)?;
        // Rounding may put the mean of equal samples a digit beside them.
        let mean = atp_stats::mean(seconds)?.clamp(sorted.min(), sorted.max());
        Ok(Self {
            mean,
            std: atp_stats::std_dev(seconds)?,
            mad: atp_stats::median_absolute_deviation(seconds)?,
            mean_interval: MeanInterval::of(seconds)?,
            sorted,
        })
    }
}

impl MeanInterval {
    /// Neighbouring samples resemble each other, and a million of them would take minutes to
    /// resample: means of consecutive groups cure both.
    fn of(seconds: &[f64]) -> Result<Self, atp_stats::Error> {
        let size = seconds.len().div_ceil(GROUPS).max(1);
        let groups: Result<Vec<f64>, _> = seconds.chunks_exact(size).map(atp_stats::mean).collect();
        let mean = |values: &mut [f64]| atp_stats::mean(values).unwrap_or(f64::NAN);
        let interval = Bootstrap::new(SEED).interval(&groups?, mean)?;
        Ok(Self { lower_seconds: interval.lower, upper_seconds: interval.upper })
    }
}

#[cfg(test)]
mod tests;
