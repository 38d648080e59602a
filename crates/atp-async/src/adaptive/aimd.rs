//! The step of the limit: additive increase, multiplicative decrease (Chiu and Jain 1989), as a
//! pure function of the limit and one sample.

use super::AdaptiveConfig;
use tokio::time::Instant;

/// The controller between two samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Aimd {
    /// A fraction, because an increase of one for each round trip is less for each sample.
    limit: f64,
    decreased_at: Option<Instant>,
}

/// One operation that ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    pub(super) began: Instant,
    /// When this was told, which is when it can move the limit.
    pub(super) told: Instant,
    pub(super) overload: bool,
    /// Whether the last place under the limit was taken while it ran.
    pub(super) limit_used: bool,
}

impl Aimd {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit: limit as f64, decreased_at: None }
    }

    pub(super) fn limit(&self) -> usize {
        self.limit as usize
    }

    pub(super) fn step(self, config: &AdaptiveConfig, sample: Sample) -> Self {
        // What began before the last decrease speaks of the limit before it.
        if self.decreased_at.is_some_and(|at| sample.began < at) {
            return self;
        }
        if sample.overload {
            // By one at least: a tenth of a small limit would be less than a round trip adds.
            let lower = (self.limit * config.decrease).min(self.limit - 1.0);
            let limit = lower.max(config.min as f64);
            return Self { limit, decreased_at: Some(sample.told) };
        }
        if !sample.limit_used {
            return self;
        }
        // `limit` samples to a round trip, so this is one more for each.
        let limit = (self.limit + 1.0 / self.limit).min(config.max as f64);
        Self { limit, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn sample(began: Instant, overload: bool) -> Sample {
        Sample { began, told: began + Duration::from_secs(1), overload, limit_used: true }
    }

    /// A service that does `capacity` at a time and answers 429 beyond: one round trip a second,
    /// always as many calls as the limit allows. Returns the limit in each round.
    fn simulate(
        aimd: &mut Aimd,
        config: &AdaptiveConfig,
        start: &mut Instant,
        capacity: usize,
        rounds: u32,
    ) -> Vec<usize> {
        let mut limits = Vec::new();
        for _ in 0..rounds {
            let calls = aimd.limit();
            limits.push(calls);
            for call in 0..calls {
                *aimd = aimd.step(config, sample(*start, call >= capacity));
            }
            *start += Duration::from_secs(1);
        }
        limits
    }

    fn assert_near(limits: &[usize], capacity: usize) {
        // For a capacity below five the next whole number is more than 20 % away.
        let slack = (capacity as f64 * 0.2).max(1.0);
        for limit in limits {
            assert!((*limit as f64 - capacity as f64).abs() <= slack, "{limit} for {capacity}");
        }
    }

    #[test]
    fn a19_settles_near_any_capacity_from_both_sides() {
        for capacity in [1, 2, 5, 10, 37, 100, 500] {
            for initial in [1, capacity, 1_000] {
                let config = AdaptiveConfig::new(1_000).with_initial(initial);
                let (mut aimd, mut start) = (Aimd::new(initial), Instant::now());
                simulate(&mut aimd, &config, &mut start, capacity, 700);
                assert_near(&simulate(&mut aimd, &config, &mut start, capacity, 300), capacity);
            }
        }
    }

    #[test]
    fn a19_follows_a_capacity_that_halves_and_doubles() {
        let config = AdaptiveConfig::new(1_000).with_initial(1);
        let (mut aimd, mut start) = (Aimd::new(1), Instant::now());
        simulate(&mut aimd, &config, &mut start, 100, 200);
        for capacity in [50, 100, 50, 25, 50, 200] {
            // Down in a few round trips, up by one for each.
            simulate(&mut aimd, &config, &mut start, capacity, 160);
            assert_near(&simulate(&mut aimd, &config, &mut start, capacity, 100), capacity);
        }
    }

    #[test]
    fn one_decrease_for_each_round_trip() {
        let config = AdaptiveConfig::new(100);
        let start = Instant::now();
        let mut aimd = Aimd::new(100);
        for _ in 0..100 {
            aimd = aimd.step(&config, sample(start, true));
        }
        assert_eq!(aimd.limit(), 90);
        aimd = aimd.step(&config, sample(start + Duration::from_secs(1), true));
        assert_eq!(aimd.limit(), 81);
    }

    #[test]
    fn grows_only_when_used_and_stays_within_its_bounds() {
        let config = AdaptiveConfig::new(5).with_min(2);
        let start = Instant::now();
        let mut aimd = Aimd::new(3);
        for _ in 0..100 {
            aimd = aimd.step(&config, Sample { limit_used: false, ..sample(start, false) });
        }
        assert_eq!(aimd.limit(), 3);
        for _ in 0..100 {
            aimd = aimd.step(&config, sample(start, false));
        }
        assert_eq!(aimd.limit(), 5);
        for round in 0..100 {
            aimd = aimd.step(&config, sample(start + Duration::from_secs(round), true));
        }
        assert_eq!(aimd.limit(), 2);
    }
}
