//! Call sites whose live bytes keep growing.

use crate::allocator::sampler::{self, StackId, Sums};
use crate::sites::Stacks;
use std::collections::BTreeMap;
use std::time::Duration;

/// A call site whose live bytes have grown over the snapshots. This is growth, and no proof of a
/// leak: a cache that is still filling grows in the same way.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Growth {
    /// The function that allocated.
    pub function: String,
    /// Estimated live bytes at the first snapshot after the warm-up.
    pub first_bytes: u64,
    /// Estimated live bytes at the last snapshot.
    pub last_bytes: u64,
    /// The median slope between all pairs of snapshots; what growth is ranked by.
    pub bytes_per_second: f64,
    /// Over how many snapshots.
    pub snapshots: usize,
}

/// Snapshots that are kept for this; at this number every second one is dropped.
const KEPT: usize = 64;

/// How many snapshots must show growth.
const FEWEST: usize = 3;

/// The quantile of the normal distribution that a rise must exceed in sampling errors: one chance
/// in forty for each call site that in truth does not grow.
const Z: f64 = 1.959_963_984_540_054;

/// The part of the whole rise that each half of the time must contribute.
const EACH_HALF: f64 = 0.25;

/// What every stack held, snapshot by snapshot.
#[derive(Debug, Default)]
pub(crate) struct History {
    skipped: usize,
    /// Every how many snapshots one is kept, and how many came since the last that was.
    stride: usize,
    since: usize,
    points: Vec<Point>,
}

#[derive(Debug)]
struct Point {
    at: Duration,
    live: Vec<(StackId, Sums)>,
}

impl History {
    /// Notes what every stack holds, once `warm_up` snapshots have been passed over.
    pub(crate) fn note(&mut self, at: Duration, warm_up: usize) {
        if self.skipped < warm_up {
            self.skipped += 1;
            return;
        }
        self.since += 1;
        if self.since < self.stride {
            return;
        }
        self.since = 0;
        if self.points.len() == KEPT {
            let mut position = 0;
            self.points.retain(|_| {
                position += 1;
                position % 2 == 1
            });
            self.stride = 2 * self.stride.max(1);
        }
        let mut live = Vec::new();
        sampler::each_stack(|stack, _, sums| {
            if sums != Sums::default() {
                live.push((stack, sums));
            }
        });
        self.points.push(Point { at, live });
    }

    /// Returns what has grown, the steepest first.
    pub(crate) fn growth(&self, stacks: &Stacks) -> Vec<Growth> {
        let functions: BTreeMap<StackId, String> = stacks.functions().collect();
        let mut series: BTreeMap<&str, Vec<Sums>> = BTreeMap::new();
        for (index, point) in self.points.iter().enumerate() {
            for (stack, sums) in &point.live {
                let Some(function) = functions.get(stack) else { continue };
                let levels = series.entry(function).or_default();
                levels.resize(self.points.len(), Sums::default());
                levels[index].add(sums);
            }
        }
        let times: Vec<f64> = self.points.iter().map(|point| point.at.as_secs_f64()).collect();
        let mut growth: Vec<Growth> = series
            .into_iter()
            .filter(|(_, levels)| grows(levels))
            .filter_map(|(function, levels)| describe(function, &times, &levels))
            .collect();
        growth.sort_by(|a, b| b.bytes_per_second.total_cmp(&a.bytes_per_second));
        growth
    }
}

/// Tells whether a level has risen beyond the error of sampling, in the first half of the time and
/// in the second, and never fell back in the second to what it was in the first.
///
/// What fills and then stays rises in the first half alone; what is loaded once, in one of them;
/// what comes and goes falls back.
fn grows(levels: &[Sums]) -> bool {
    let [first, .., last] = levels else { return false };
    if levels.len() < FEWEST {
        return false;
    }
    let middle = levels.len() / 2;
    let error = Z * (first.bytes_variance + last.bytes_variance).sqrt();
    let rise = last.bytes - first.bytes;
    let early = levels[middle].bytes - first.bytes;
    let late = last.bytes - levels[middle].bytes;
    let highest_early = levels[..=middle].iter().map(|level| level.bytes).fold(0.0, f64::max);
    let lowest_late = levels[middle..].iter().map(|level| level.bytes).fold(f64::MAX, f64::min);
    rise > error
        && early >= EACH_HALF * rise
        && late >= EACH_HALF * rise
        && lowest_late + error >= highest_early
}

fn describe(function: &str, times: &[f64], levels: &[Sums]) -> Option<Growth> {
    let points: Vec<(f64, f64)> =
        times.iter().copied().zip(levels.iter().map(|level| level.bytes)).collect();
    Some(Growth {
        function: function.to_owned(),
        first_bytes: levels.first()?.bytes.round() as u64,
        last_bytes: levels.last()?.bytes.round() as u64,
        bytes_per_second: atp_stats::theil_sen_slope(&points).ok()?,
        snapshots: levels.len(),
    })
}
