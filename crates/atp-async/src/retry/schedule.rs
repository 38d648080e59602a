//! The delay before each retry, without a clock.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// The numbers of an exponential schedule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Exponential {
    pub(super) initial: Duration,
    pub(super) factor: f64,
    pub(super) max: Duration,
    pub(super) jitter: Jitter,
}

/// How a delay is spread below its cap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Jitter {
    /// The cap itself.
    None,
    /// Uniform from zero to the cap ("full jitter"), from this seed or a random one.
    Full(Option<u64>),
}

impl Exponential {
    /// The cap of retry `n`, counted from 0: `initial * factor^n`, never above `max`.
    pub(super) fn cap(&self, n: u32) -> Duration {
        let exponent = i32::try_from(n).unwrap_or(i32::MAX);
        let seconds = self.initial.as_secs_f64() * self.factor.powi(exponent);
        // Zero times infinity is NaN: a delay of zero stays zero however often it is multiplied.
        let uncapped = if self.initial.is_zero() { 0.0 } else { seconds };
        Duration::try_from_secs_f64(uncapped).unwrap_or(self.max).min(self.max)
    }

    pub(super) fn delays(self) -> Delays {
        let random = match self.jitter {
            Jitter::None => None,
            Jitter::Full(seed) => {
                Some(SplitMix(seed.unwrap_or_else(|| RandomState::new().hash_one(0))))
            }
        };
        Delays { schedule: self, next: 0, random }
    }
}

/// The delays of one operation, in order and without end.
#[derive(Debug)]
pub(super) struct Delays {
    schedule: Exponential,
    next: u32,
    random: Option<SplitMix>,
}

impl Delays {
    pub(super) fn next_delay(&mut self) -> Duration {
        let cap = self.schedule.cap(self.next);
        self.next = self.next.saturating_add(1);
        match &mut self.random {
            None => cap,
            Some(random) => {
                let nanos = u64::try_from(cap.as_nanos()).unwrap_or(u64::MAX);
                Duration::from_nanos(random.up_to(nanos))
            }
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, seedable, and good enough to spread delays.
#[derive(Debug)]
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform over `0..=max`: the high half of the product with the number of values.
    fn up_to(&mut self, max: u64) -> u64 {
        ((u128::from(self.next()) * (u128::from(max) + 1)) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn exponential(jitter: Jitter) -> Exponential {
        let (initial, max) = (Duration::from_secs(1), Duration::from_secs(60));
        Exponential { initial, factor: 2.0, max, jitter }
    }

    fn first(n: usize, jitter: Jitter) -> Vec<Duration> {
        let mut delays = exponential(jitter).delays();
        (0..n).map(|_| delays.next_delay()).collect()
    }

    #[test]
    fn a12_delays_without_jitter_double_up_to_the_cap() {
        let seconds = [1, 2, 4, 8, 16, 32, 60, 60];
        assert_eq!(first(8, Jitter::None), seconds.map(Duration::from_secs));
    }

    #[test]
    fn a12_equal_seeds_give_equal_delays_and_others_do_not() {
        assert_eq!(first(8, Jitter::Full(Some(7))), first(8, Jitter::Full(Some(7))));
        assert_ne!(first(8, Jitter::Full(Some(7))), first(8, Jitter::Full(Some(8))));
        assert_ne!(first(8, Jitter::Full(None)), first(8, Jitter::Full(None)));
    }

    #[test]
    fn full_jitter_spreads_evenly_below_the_cap() {
        let mut tenths = [0; 10];
        for seed in 0..10_000 {
            let delay = first(1, Jitter::Full(Some(seed)))[0].as_secs_f64();
            tenths[(delay * 10.0).min(9.0) as usize] += 1;
        }
        assert!(tenths.iter().all(|&count| (850..1_150).contains(&count)), "{tenths:?}");
    }

    #[test]
    fn the_ten_thousandth_delay_is_the_cap_and_not_infinity() {
        let schedule = exponential(Jitter::None);
        assert_eq!(schedule.cap(u32::MAX), Duration::from_secs(60));
        let zero = Exponential { initial: Duration::ZERO, ..schedule };
        assert_eq!(zero.cap(u32::MAX), Duration::ZERO);
        let huge = Exponential { max: Duration::MAX, ..schedule };
        assert_eq!(huge.cap(u32::MAX), Duration::MAX);
    }

    proptest! {
        /// The naive model: multiply step by step, cut at the cap.
        #[test]
        fn caps_agree_with_repeated_multiplication(
            initial_ms in 0u64..10_000,
            factor in 0.5f64..4.0,
            max_ms in 0u64..100_000,
            seed: u64,
        ) {
            let max = Duration::from_millis(max_ms);
            let jitter = Jitter::Full(Some(seed));
            let initial = Duration::from_millis(initial_ms);
            let schedule = Exponential { initial, factor, max, jitter };
            let mut delays = schedule.delays();
            let mut naive = initial.as_secs_f64();
            for n in 0..40 {
                let cap = schedule.cap(n);
                prop_assert!((cap.as_secs_f64() - naive.min(max.as_secs_f64())).abs() < 1e-6 * (1.0 + naive.min(1e3)));
                prop_assert!(delays.next_delay() <= cap);
                naive *= factor;
            }
        }
    }
}
