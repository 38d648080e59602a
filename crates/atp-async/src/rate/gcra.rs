//! Token arithmetic: the generic cell rate algorithm in whole ticks, with time passed in.
//!
//! A bucket is one number, the theoretical arrival time (`tat`): the moment at which it will be
//! full again. Taking `n` tokens moves it `n` intervals later, and that is allowed while it does
//! not get further than a full bucket's worth ahead of now. The formula is that of ITU-T I.371,
//! annex A.1 ("virtual scheduling"), with the burst as its tolerance.

use super::config::RateConfig;
use crate::error::{ConfigError, at_least_one};
use std::time::Duration;

/// Time since a limiter was made, in 1/64 ns.
///
/// Fine enough that the interval of the highest rate is rounded by less than 1 %, and enough of
/// them for four years before time stands still.
pub(super) type Ticks = u64;

const TICKS_PER_NANO: u64 = 64;
const TICKS_PER_SECOND: f64 = 64e9;
/// One bit of the word is taken by [`Word`](super::word::Word).
pub(super) const LAST_TICK: Ticks = u64::MAX >> 1;
const MAX_RATE: f64 = 5e8;
const YEAR_SECONDS: f64 = 365.0 * 86_400.0;

#[inline]
pub(super) fn ticks(time: Duration) -> Ticks {
    if time.as_secs() >= LAST_TICK / TICKS_PER_NANO / 1_000_000_000 {
        return LAST_TICK;
    }
    (time.as_secs() * 1_000_000_000 + u64::from(time.subsec_nanos())) * TICKS_PER_NANO
}

/// The time of `ticks`, rounded up so that a sleep of it is never too short.
pub(super) fn duration(ticks: Ticks) -> Duration {
    Duration::from_nanos(ticks.div_ceil(TICKS_PER_NANO))
}

/// A rate and its burst.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gcra {
    /// Ticks between two tokens, rounded up so that the rate is never exceeded.
    interval: Ticks,
    burst: u32,
    /// The interval times the burst.
    capacity: Ticks,
}

impl Gcra {
    pub(super) fn new(config: RateConfig) -> Result<Self, ConfigError> {
        let RateConfig { per_second: rate, burst } = config;
        at_least_one("burst", burst as usize)?;
        let refused =
            |expected| ConfigError::OutOfRange { what: "rate per second", value: rate, expected };
        if !(rate > 0.0 && rate <= MAX_RATE) {
            return Err(refused("above 0 and at most 500 million"));
        }
        if f64::from(burst) / rate > YEAR_SECONDS {
            return Err(refused("high enough to refill the burst within a year"));
        }
        let interval = (TICKS_PER_SECOND / rate).ceil() as Ticks;
        Ok(Self { interval, burst, capacity: interval * Ticks::from(burst) })
    }

    pub(super) fn burst(&self) -> u32 {
        self.burst
    }

    #[inline]
    pub(super) fn interval(&self) -> Ticks {
        self.interval
    }

    pub(super) fn capacity(&self) -> Ticks {
        self.capacity
    }

    /// What `tokens` move the arrival time by. At most the capacity when they fit the burst.
    pub(super) fn cost(&self, tokens: u32) -> Ticks {
        self.interval * Ticks::from(tokens)
    }

    /// When `cost` can be taken from a bucket at `tat`. Never later than what has passed by then.
    #[inline]
    pub(super) fn ready_at(&self, tat: Ticks, now: Ticks, cost: Ticks) -> Ticks {
        tat.max(now).saturating_add(cost).saturating_sub(self.capacity)
    }

    /// The bucket after `cost` was taken at `now`, `None` if that is too early.
    #[inline]
    pub(super) fn take(&self, tat: Ticks, now: Ticks, cost: Ticks) -> Option<Ticks> {
        let taken = tat.max(now) + cost;
        (taken <= now + self.capacity).then_some(taken.min(LAST_TICK))
    }
}

/// The bucket at `tat` after `cost`, taken earlier, is given back at `now`. Since it was taken
/// others took `taken_since`, or less.
///
/// Without it the bucket would be `cost` fuller, but for the time in which it would have been full
/// and could not fill any more. What others took from a full bucket is the least that is missing.
pub(super) fn give_back(tat: Ticks, now: Ticks, cost: Ticks, taken_since: Ticks) -> Ticks {
    let fuller = tat.saturating_sub(cost);
    if taken_since == 0 {
        return fuller;
    }
    fuller.max(tat.min(now.saturating_add(taken_since)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn gcra(rate: f64, burst: u32) -> Gcra {
        Gcra::new(RateConfig::per_second(rate).with_burst(burst)).unwrap()
    }

    #[test]
    fn a3_numbers_that_cannot_work_are_refused() {
        for rate in [0.0, -5.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e9, 1e-9] {
            assert!(Gcra::new(RateConfig::per_second(rate)).is_err(), "{rate}");
        }
        assert_eq!(
            Gcra::new(RateConfig::per_second(1.0).with_burst(0)).unwrap_err(),
            ConfigError::Zero { what: "burst" }
        );
        assert!(Gcra::new(RateConfig::per_second(1.0).with_burst(u32::MAX)).is_err(), "136 years");
        assert!(Gcra::new(RateConfig::per_second(5e8).with_burst(u32::MAX)).is_ok());
        assert!(Gcra::new(RateConfig::per_second(1.0 / 86_400.0).with_burst(365)).is_ok());
    }

    #[test]
    fn rounding_costs_less_than_one_percent_of_any_rate() {
        for rate in [5e8, 4.99e8, 3.3e8, 1e8, 7.0, 1.0 / 3.0] {
            let real = TICKS_PER_SECOND / gcra(rate, 1).interval as f64;
            assert!(real <= rate && real > 0.99 * rate, "{rate} became {real}");
        }
    }

    #[test]
    fn nothing_overflows_at_the_end_of_time() {
        let gcra = gcra(1e-5, 300);
        assert_eq!(gcra.take(LAST_TICK, LAST_TICK, gcra.cost(1)), Some(LAST_TICK));
        assert!(gcra.ready_at(LAST_TICK, LAST_TICK, gcra.capacity()) <= LAST_TICK);
        assert_eq!(ticks(Duration::MAX), LAST_TICK);
    }

    proptest! {
        /// The same history once with and once without the tokens that are given back.
        #[test]
        fn a_bucket_is_never_fuller_than_if_the_tokens_had_not_been_taken(
            burst in 1u32..6,
            before in prop::collection::vec(0u64..300, 0..8),
            after in prop::collection::vec(0u64..300, 0..8),
            pause in 0u64..300,
        ) {
            let gcra = gcra(10.0, burst);
            let cost = gcra.cost(1);
            let millis = |millis: u64| ticks(Duration::from_millis(millis));
            let (mut now, mut tat) = (0, 0);
            for pause in before {
                now += millis(pause);
                tat = gcra.take(tat, now, cost).unwrap_or(tat);
            }
            let Some(mut with) = gcra.take(tat, now, cost) else { return Ok(()) };
            let (mut without, given) = (tat, with);
            for pause in after {
                now += millis(pause);
                if let Some(taken) = gcra.take(with, now, cost) {
                    with = taken;
                    without = gcra.take(without, now, cost).expect("it is the fuller one");
                }
            }
            now += millis(pause);
            let given_back = give_back(with, now, cost, with - given);
            // Both are full where their arrival is past.
            prop_assert!(given_back.max(now) >= without.max(now));
            prop_assert!(given_back <= with);
            if with == given {
                prop_assert_eq!(given_back.max(now), without.max(now), "nobody took since");
            }
        }

        /// The naive model: tokens as a fraction, refilled by the time that passed.
        #[test]
        fn agrees_with_a_bucket_of_fractional_tokens(
            rate in 0.01f64..10_000.0,
            burst in 1u32..50,
            steps in prop::collection::vec((0u64..2_000_000, 1u32..5), 1..200),
        ) {
            let gcra = gcra(rate, burst);
            let (mut tat, mut now) = (0, 0);
            let mut tokens = f64::from(burst);
            for (micros, wanted) in steps {
                let pause = Duration::from_micros(micros);
                now += ticks(pause);
                let rate = TICKS_PER_SECOND / gcra.interval as f64;
                tokens = (tokens + pause.as_secs_f64() * rate).min(f64::from(burst));
                let taken = gcra.take(tat, now, gcra.cost(wanted));
                // Where the model itself is within its rounding error, either answer is right.
                if (tokens - f64::from(wanted)).abs() > 1e-6 {
                    prop_assert_eq!(taken.is_some(), tokens >= f64::from(wanted));
                }
                match taken {
                    Some(taken) => {
                        tat = taken;
                        tokens -= f64::from(wanted);
                    }
                    None if wanted <= burst => {
                        let ready = gcra.ready_at(tat, now, gcra.cost(wanted));
                        prop_assert!(ready > now);
                        prop_assert!(gcra.take(tat, ready, gcra.cost(wanted)).is_some());
                        prop_assert!(gcra.take(tat, ready - 1, gcra.cost(wanted)).is_none());
                    }
                    None => {}
                }
            }
        }
    }
}
