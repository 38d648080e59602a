//! The waiting limiter, in paused time.

use crate::cut::{at_every_await, poll_until};
use crate::rate_window::grants;
use atp_async::{RateConfig, RateError, RateLimiter};
use proptest::prelude::*;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, advance, sleep, timeout};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

pub(crate) fn limiter(rate: f64, burst: u32) -> RateLimiter {
    RateLimiter::new(RateConfig::per_second(rate).with_burst(burst)).unwrap()
}

#[tokio::test(start_paused = true)]
async fn as06_a_burst_of_three_is_there_at_once() {
    let (limiter, began) = (limiter(10.0, 3), Instant::now());
    for _ in 0..3 {
        limiter.acquire().await;
    }
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn as07_the_second_acquire_takes_the_whole_interval() {
    let (limiter, began) = (limiter(100.0, 1), Instant::now());
    limiter.acquire().await;
    limiter.acquire().await;
    assert_eq!(began.elapsed(), 10 * MS);
}

#[tokio::test(start_paused = true)]
async fn as08_limit_runs_the_future() {
    assert_eq!(limiter(100.0, 1).limit(async { 7 }).await, 7);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_waiters_are_served_in_arrival_order() {
    // Ten a millisecond: the order must hold among those that are due in the same tick.
    for (rate, burst) in [(10_000.0, 20), (300.0, 1), (1e6, 2_000)] {
        let limiter = limiter(rate, burst);
        (0..burst).for_each(|_| assert!(limiter.try_acquire()));
        let served = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = JoinSet::new();
        for n in 0..1_000 {
            let (limiter, served) = (limiter.clone(), Arc::clone(&served));
            tasks.spawn(async move {
                limiter.acquire().await;
                served.lock().unwrap().push(n);
            });
        }
        tasks.join_all().await;
        assert_eq!(*served.lock().unwrap(), Vec::from_iter(0..1_000));
    }
}

#[tokio::test(start_paused = true)]
async fn a2_a_timeout_counts_the_line_and_fails_before_it_sleeps() {
    let limiter = limiter(1.0, 1);
    limiter.acquire().await;
    let mut line = JoinSet::new();
    for _ in 0..5 {
        let limiter = limiter.clone();
        line.spawn(async move { limiter.acquire().await });
    }
    tokio::task::yield_now().await;
    assert_eq!(limiter.waiting(), 5);
    let began = Instant::now();
    let refused = limiter.acquire_within(5_900 * MS).await.unwrap_err();
    assert_eq!(refused, RateError::TooLong { wait: 6 * SECOND, timeout: 5_900 * MS });
    assert_eq!(began.elapsed(), Duration::ZERO);
    limiter.acquire_within(6 * SECOND).await.unwrap();
    assert_eq!(began.elapsed(), 6 * SECOND);
    assert!(limiter.acquire_within(Duration::MAX).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn nobody_overtakes_those_in_line() {
    let limiter = limiter(10.0, 5);
    assert_eq!(limiter.acquire_n(5).await, Ok(()));
    let waiter = tokio::spawn({
        let limiter = limiter.clone();
        async move { limiter.acquire_n(5).await }
    });
    tokio::task::yield_now().await;
    advance(450 * MS).await;
    assert!(!limiter.try_acquire(), "four tokens are there, and they are the waiter's");
    waiter.await.unwrap().unwrap();
    advance(100 * MS).await;
    assert!(limiter.try_acquire());
}

#[test]
fn a3_numbers_that_cannot_work_are_refused() {
    for rate in [0.0, -5.0, f64::NAN, f64::INFINITY] {
        assert!(RateLimiter::new(RateConfig::per_second(rate)).is_err(), "{rate}");
    }
    assert!(RateLimiter::new(RateConfig::per_second(1.0).with_burst(0)).is_err());
    assert!(
        RateLimiter::weighted(RateConfig::per_second(1.0), RateConfig::per_minute(-1.0)).is_err()
    );
}

#[test]
fn a4_no_runtime_is_needed_to_make_one_or_to_try() {
    let limiter = limiter(0.001, 1);
    assert!(limiter.try_acquire());
    assert!(!limiter.try_acquire());
}

#[tokio::test(start_paused = true)]
async fn more_than_the_burst_is_an_error_and_zero_is_free() {
    let limiter = limiter(10.0, 3);
    let refused = RateError::ExceedsBurst { what: "requests", asked: 4, burst: 3 };
    assert_eq!(limiter.acquire_n(4).await, Err(refused));
    assert!(limiter.acquire_n(u32::MAX).await.is_err());
    assert_eq!(limiter.acquire_n(3).await, Ok(()));
    let began = Instant::now();
    assert_eq!(limiter.acquire_n(0).await, Ok(()));
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn fractional_rates() {
    let (limiter, began) = (limiter(1.0 / 3.0, 1), Instant::now());
    limiter.acquire().await;
    limiter.acquire().await;
    assert!((began.elapsed().as_secs_f64() - 3.0).abs() < 0.002);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_waiter_takes_no_token_and_the_next_moves_up() {
    let limiter = limiter(1.0, 1);
    limiter.acquire().await;
    let began = Instant::now();
    let spawn = || {
        let limiter = limiter.clone();
        tokio::spawn(async move {
            limiter.acquire().await;
            Instant::now()
        })
    };
    let (first, second, third) = (spawn(), spawn(), spawn());
    sleep(500 * MS).await;
    second.abort();
    assert_eq!(first.await.unwrap() - began, SECOND);
    assert_eq!(third.await.unwrap() - began, 2 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_is_never_polled_again_holds_nobody_up() {
    let limiter = limiter(1.0, 1);
    limiter.acquire().await;
    let mut asleep = Box::pin(limiter.acquire());
    assert!(futures::poll!(&mut asleep).is_pending());
    let began = Instant::now();
    timeout(10 * SECOND, limiter.acquire()).await.unwrap();
    assert_eq!(began.elapsed(), 2 * SECOND);
    asleep.await;
    assert_eq!(began.elapsed(), 2 * SECOND, "its token had been kept for it");
}

#[tokio::test(start_paused = true)]
async fn dropped_at_any_await_all_tokens_are_there() {
    at_every_await(async |cut| {
        let limiter = limiter(10.0, 4);
        limiter.acquire_n(4).await.unwrap();
        let done = poll_until(limiter.acquire_n(3), cut).await.is_some();
        assert_eq!(limiter.waiting(), 0);
        sleep(SECOND).await;
        limiter.acquire_within(Duration::ZERO).await.unwrap();
        limiter.acquire_n(3).await.unwrap();
        assert!(!limiter.try_acquire());
        done
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn dropped_at_any_await_both_budgets_are_there_and_limit_too() {
    at_every_await(async |cut| {
        let requests = RateConfig::per_second(10.0).with_burst(2);
        let units = RateConfig::per_second(100.0).with_burst(100);
        let limiter = RateLimiter::weighted(requests, units).unwrap();
        limiter.acquire_units(100).await.unwrap();
        let done = poll_until(limiter.acquire_units(50), cut).await.is_some();
        sleep(10 * SECOND).await;
        assert_eq!(limiter.try_acquire_units(100), Ok(true));
        assert_eq!(limiter.try_acquire_units(0), Ok(true));
        done
    })
    .await;
    at_every_await(async |cut| {
        let limiter = limiter(10.0, 1);
        limiter.acquire().await;
        let done = poll_until(limiter.limit(sleep(SECOND)), cut).await.is_some();
        assert_eq!(limiter.waiting(), 0);
        sleep(SECOND).await;
        assert!(limiter.try_acquire());
        done
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_grant_that_is_dropped_goes_back_at_once() {
    at_every_await(async |cut| {
        let limiter = limiter(1.0, 1);
        limiter.acquire().await;
        let began = Instant::now();
        let done = poll_until(limiter.acquire_within(60 * SECOND), cut).await.is_some();
        limiter.acquire().await;
        let due = if done { 2 * SECOND } else { SECOND };
        assert_eq!(began.elapsed(), due, "{cut:?}");
        done
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_penalty_stops_all_and_ends_without_a_burst() {
    let limiter = limiter(10.0, 5);
    let began = Instant::now();
    limiter.penalise(3 * SECOND);
    limiter.penalise(SECOND);
    assert!(!limiter.try_acquire());
    let grants = grants(&limiter, 3, 3).await;
    let at: Vec<_> = grants.iter().map(|at| (*at - began).as_millis()).collect();
    assert_eq!(at, [3_000, 3_100, 3_200]);
    limiter.penalise(Duration::ZERO);
    sleep(SECOND).await;
    assert!(limiter.try_acquire());
}

#[tokio::test(start_paused = true)]
async fn a_penalty_holds_for_those_who_wait_already_and_for_their_timeouts() {
    let limiter = limiter(1.0, 1);
    limiter.acquire().await;
    let began = Instant::now();
    let waiter = tokio::spawn({
        let limiter = limiter.clone();
        async move { limiter.acquire_within(2 * SECOND).await }
    });
    tokio::task::yield_now().await;
    limiter.penalise(30 * SECOND);
    assert!(matches!(waiter.await.unwrap(), Err(RateError::TooLong { .. })));
    assert_eq!(began.elapsed(), 2 * SECOND);
    limiter.acquire().await;
    assert_eq!(began.elapsed(), 30 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn two_budgets_are_taken_together_or_not_at_all() {
    let requests = RateConfig::per_second(10.0).with_burst(10);
    let units = RateConfig::per_minute(60_000.0).with_burst(2_000);
    let limiter = RateLimiter::weighted(requests, units).unwrap();
    let began = Instant::now();
    limiter.acquire_units(1_500).await.unwrap();
    assert_eq!(limiter.try_acquire_units(1_000), Ok(false));
    assert_eq!(limiter.try_acquire_units(500), Ok(true), "a refusal took nothing");
    limiter.acquire_units(2_000).await.unwrap();
    assert_eq!(began.elapsed(), 2 * SECOND);
    for _ in 0..9 {
        limiter.acquire().await;
    }
    assert_eq!(began.elapsed(), 2 * SECOND, "units are spent, plain requests are not");
    assert!(matches!(limiter.acquire_units(2_001).await, Err(RateError::ExceedsBurst { .. })));
    let refused = limiter.acquire_units_within(1_000, 100 * MS).await.unwrap_err();
    assert_eq!(refused, RateError::TooLong { wait: SECOND, timeout: 100 * MS });
    assert_eq!(self::limiter(1.0, 1).acquire_units(1).await, Err(RateError::NoUnits));
}

#[test]
fn a_runtime_that_goes_down_leaves_the_limiter_to_the_next() {
    let limiter = limiter(1_000.0, 1);
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let first = runtime();
    first.block_on(async {
        limiter.acquire().await;
        let waiting = limiter.clone();
        tokio::spawn(async move { waiting.acquire_n(1).await });
        tokio::task::yield_now().await;
        assert_eq!(limiter.waiting(), 1);
    });
    // The waiter is in line in a runtime that nobody drives any more, and then it is gone.
    drop(first);
    assert_eq!(limiter.waiting(), 0);
    runtime().block_on(async { timeout(10 * SECOND, limiter.acquire()).await.unwrap() });
}

#[test]
fn a_runtime_that_stands_still_holds_up_no_other() {
    let limiter = limiter(1_000.0, 1);
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let still = runtime();
    let mut first = Box::pin(limiter.acquire_n(1));
    still.block_on(async {
        limiter.acquire().await;
        assert!(futures::poll!(&mut first).is_pending());
    });
    // The first in line, and the task that it spawned, are in a runtime that is not run.
    runtime().block_on(async { timeout(10 * SECOND, limiter.acquire()).await.unwrap() });
    assert_eq!(limiter.waiting(), 0);
    still.block_on(first).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The naive model: a list of waiters and fractional tokens, stepped by the millisecond.
    #[test]
    fn waiters_and_drops_agree_with_a_naive_line(
        rate in 1u32..500,
        burst in 1u32..5,
        steps in prop::collection::vec((0u8..4, 1u32..5, 0u64..40), 1..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let limiter = limiter(f64::from(rate), burst);
            let mut waiting: Vec<(u32, tokio::task::JoinHandle<()>)> = Vec::new();
            let mut tokens = f64::from(burst);
            let (mut granted, taken) = (0u32, Arc::new(Mutex::new(0u32)));
            for (step, n, pause) in steps {
                match step {
                    0 | 1 => {
                        let (limiter, taken) = (limiter.clone(), Arc::clone(&taken));
                        let n = n.min(burst);
                        waiting.push((n, tokio::spawn(async move {
                            limiter.acquire_n(n).await.unwrap();
                            *taken.lock().unwrap() += n;
                        })));
                    }
                    2 => if let Some((_, task)) = waiting.pop() {
                        task.abort();
                        drop(task.await);
                    },
                    _ => {}
                }
                for ms in 0..=pause {
                    if ms > 0 {
                        advance(MS).await;
                        tokens = (tokens + f64::from(rate) / 1_000.0).min(f64::from(burst));
                    }
                    for _ in 0..4 { tokio::task::yield_now().await; }
                    while waiting.first().is_some_and(|(n, _)| f64::from(*n) <= tokens + 1e-9) {
                        let (n, _) = waiting.remove(0);
                        tokens -= f64::from(n);
                        granted += n;
                    }
                    // Timers round up to the next millisecond, so the limiter may be one step late.
                    let real = *taken.lock().unwrap();
                    assert!(real <= granted, "{real} taken, {granted} allowed");
                }
            }
        });
    }
}

/// What is given back late must not come on top of a bucket that has been full since.
#[tokio::test(start_paused = true)]
async fn a_token_given_back_after_a_rest_is_no_second_one() {
    let limiter = limiter(10.0, 2);
    assert!(limiter.try_acquire() && limiter.try_acquire());
    let mut slow = Box::pin(limiter.acquire());
    assert!(futures::poll!(slow.as_mut()).is_pending());
    // Granted, and not polled again.
    sleep(SECOND).await;
    assert_eq!(limiter.waiting(), 0);
    assert!(limiter.try_acquire() && limiter.try_acquire());
    drop(slow);
    assert!(!limiter.try_acquire(), "the third at one moment, with a burst of two");
}

#[tokio::test(start_paused = true)]
async fn all_of_a_burst_that_nobody_took_go_back_in_whatever_order() {
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]] {
        let limiter = limiter(10.0, 4);
        limiter.acquire_n(4).await.unwrap();
        let mut waiting = Vec::from_iter((0..4).map(|_| Some(Box::pin(limiter.acquire()))));
        for waiter in waiting.iter_mut().flatten() {
            assert!(futures::poll!(waiter.as_mut()).is_pending());
        }
        // The driver stands still meanwhile, and then grants all four at one moment.
        advance(SECOND).await;
        while limiter.waiting() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(!limiter.try_acquire());
        for place in order {
            drop(waiting[place].take());
        }
        let back = (0..9).take_while(|_| limiter.try_acquire()).count();
        assert_eq!(back, 4, "{order:?}");
    }
}
