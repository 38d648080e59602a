//! How long a closure takes, over several calls.

use crate::error::MeasureError;
use atp_stats::{Error, Sorted, mean, median_absolute_deviation};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// The centre of several measurements, and how far they are spread around it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Spread<T> {
    /// The middle one; of an even number, the mean of the middle two.
    pub median: T,
    /// The median of the distances from the median, as measured (not scaled to a normal
    /// distribution's standard deviation).
    pub deviation: T,
    /// The arithmetic mean.
    pub mean: T,
    /// The smallest.
    pub min: T,
    /// The largest.
    pub max: T,
}

/// Calls `f` first `warmup` times and then `iterations` times, and returns the result of the
/// last call with the times of the measured ones.
///
/// Dropping the results of earlier calls is not part of the times. A panic in `f` is the
/// caller's.
///
/// # Errors
///
/// [`MeasureError::NoIterations`].
///
/// # Examples
///
/// ```
/// use atp_lazy::measure_startup_time;
///
/// let mut calls = 0;
/// let (last, time) = measure_startup_time(|| { calls += 1; calls }, 1, 5)?;
/// assert_eq!(last, 6);
/// assert!(time.min <= time.median && time.median <= time.max);
/// # Ok::<(), atp_lazy::MeasureError>(())
/// ```
pub fn measure_startup_time<T>(
    mut f: impl FnMut() -> T,
    warmup: usize,
    iterations: usize,
) -> Result<(T, Spread<Duration>), MeasureError> {
    for _ in 0..warmup {
        drop(black_box(f()));
    }
    let mut times = Vec::new();
    let mut last = None;
    for _ in 0..iterations {
        let begin = Instant::now();
        let result = black_box(f());
        times.push(begin.elapsed());
        last = Some(result);
    }
    let last = last.ok_or(MeasureError::NoIterations)?;
    Ok((last, Spread::of_times(&times)?))
}

impl Spread<Duration> {
    pub(crate) fn of_times(times: &[Duration]) -> Result<Self, MeasureError> {
        let nanos = times.iter().map(|time| time.as_nanos() as f64).collect();
        Ok(Spread::of(nanos)?.map(|nanos| Duration::from_nanos(nanos.round() as u64)))
    }
}

impl Spread<u64> {
    pub(crate) fn of_bytes(bytes: &[u64]) -> Result<Self, MeasureError> {
        let bytes = bytes.iter().map(|&bytes| bytes as f64).collect();
        Ok(Spread::of(bytes)?.map(|bytes| bytes.round() as u64))
    }
}

impl Spread<f64> {
    fn of(values: Vec<f64>) -> Result<Self, MeasureError> {
        let numbers = || -> Result<Self, Error> {
            let (mean, deviation) = (mean(&values)?, median_absolute_deviation(&values)?);
            let sorted = Sorted::new(values.as_slice())?;
            let (min, max) = (sorted.min(), sorted.max());
            Ok(Self { median: sorted.median(), deviation, mean, min, max })
        };
        // Whole numbers are finite, so what is left is a sample without values.
        numbers().map_err(|_| MeasureError::NoIterations)
    }

    fn map<T>(self, unit: impl Fn(f64) -> T) -> Spread<T> {
        let Self { median, deviation, mean, min, max } = self;
        Spread {
            median: unit(median),
            deviation: unit(deviation),
            mean: unit(mean),
            min: unit(min),
            max: unit(max),
        }
    }
}
