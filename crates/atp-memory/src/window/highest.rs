//! The largest value from any point of a series on, without the series.

use std::collections::BTreeMap;
use std::ops::Range;

/// Values at rising points, of which only those are kept that no later one reaches. So they fall
/// from point to point, the first one from a point on is the largest, and every step costs the
/// logarithm of how many points are in use, however many values there were.
#[derive(Debug)]
pub(super) struct Highest(BTreeMap<u64, i64>);

impl Highest {
    pub(super) const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Adds a value at a point beyond which nothing has been added, or handed down since.
    pub(super) fn add(&mut self, point: u64, value: i64) {
        while let Some(last) = self.0.last_entry()
            && *last.get() <= value
        {
            last.remove();
        }
        self.0.entry(point).or_insert(value);
    }

    /// Returns the largest value from `point` on; 0 if there is none.
    pub(super) fn since(&self, point: u64) -> i64 {
        self.0.range(point..).next().map_or(0, |(_, value)| *value)
    }

    /// Puts what is at `points`, which nobody asks for any more, to an older point, if there is
    /// one that is asked for.
    pub(super) fn hand_down(&mut self, points: Range<u64>, older: Option<u64>) {
        while let Some((&point, &value)) = self.0.range(points.clone()).next_back() {
            self.0.remove(&point);
            if let Some(older) = older {
                let own = self.0.entry(older).or_insert(value);
                *own = value.max(*own);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The series itself, and the points that are asked for.
    #[derive(Default)]
    struct Naive {
        values: Vec<(u64, i64)>,
        open: Vec<u64>,
    }

    /// Windows that open, see peaks and close in any order.
    #[test]
    fn it_agrees_with_the_whole_series_and_keeps_no_more_than_there_are_points() {
        for seed in 0..50 {
            let mut random = numbers(seed);
            let (mut highest, mut naive) = (Highest::new(), Naive::default());
            for point in 0..300 {
                naive.open.push(point);
                for _ in 0..random(4) {
                    let (youngest, value) = (naive.open[naive.open.len() - 1], random(1000) as i64);
                    highest.add(youngest, value);
                    naive.values.push((point, value));
                }
                while naive.open.len() > 1 && random(5) < 2 {
                    let closed = naive.open.remove(random(naive.open.len() as u64) as usize);
                    let since = naive.values.iter().filter(|(at, _)| *at >= closed);
                    let expected = since.map(|(_, value)| *value).max().unwrap_or(0);
                    assert_eq!(highest.since(closed), expected, "seed {seed}, point {closed}");
                    let older = naive.open.iter().copied().filter(|open| *open < closed).max();
                    let younger = naive.open.iter().copied().filter(|open| *open > closed).min();
                    highest.hand_down(closed..younger.unwrap_or(u64::MAX), older);
                    assert!(highest.0.len() <= naive.open.len());
                }
            }
        }
    }

    /// Numbers below what is asked for, from a linear congruence.
    fn numbers(seed: u64) -> impl FnMut(u64) -> u64 {
        let mut state = seed;
        move |below| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        }
    }
}
