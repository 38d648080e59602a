//! The waiting limiter: no window of time ever holds more than the rate and the burst.

use crate::rate::limiter;
use atp_async::RateLimiter;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, advance};

const MS: Duration = Duration::from_millis(1);

/// Has `waiters` tasks take `grants` tokens altogether, and returns the moment of each.
pub(crate) async fn grants(limiter: &RateLimiter, waiters: usize, grants: usize) -> Vec<Instant> {
    let taken = Arc::new(Mutex::new(Vec::with_capacity(grants)));
    let mut tasks = JoinSet::new();
    for waiter in 0..waiters {
        let (limiter, taken) = (limiter.clone(), Arc::clone(&taken));
        let share = grants / waiters + usize::from(waiter < grants % waiters);
        tasks.spawn(async move {
            for _ in 0..share {
                limiter.acquire().await;
                taken.lock().unwrap().push(Instant::now());
            }
        });
    }
    tasks.join_all().await;
    Arc::into_inner(taken).unwrap().into_inner().unwrap()
}

/// The most that any window holds beyond `rate * time + burst`. Windows begin and end at grants,
/// so it is the widest rise of "grants so far minus rate times time".
fn worst_excess(grants: &[Instant], rate: f64, burst: u32) -> f64 {
    let (mut lowest, mut worst) = (f64::INFINITY, f64::NEG_INFINITY);
    for (count, at) in grants.iter().enumerate() {
        let ahead = count as f64 - rate * (*at - grants[0]).as_secs_f64();
        lowest = lowest.min(ahead);
        worst = worst.max(ahead - lowest + 1.0);
    }
    worst - f64::from(burst)
}

#[test]
fn the_measure_of_excess_finds_what_it_is_for() {
    let begin = Instant::now();
    let at = |ms: &[u32]| Vec::from_iter(ms.iter().map(|ms| begin + MS * *ms));
    assert!(worst_excess(&at(&[0, 0, 100, 200]), 10.0, 2).abs() < 1e-9);
    assert!((worst_excess(&at(&[0, 100, 200, 200, 200]), 10.0, 2) - 1.0).abs() < 1e-9);
    // What the original grants at 20 per second.
    assert!(worst_excess(&at(&[0, 53, 53, 103, 103, 154, 154]), 20.0, 1) > 1.5);
}

#[tokio::test(start_paused = true)]
async fn a1_time_slept_is_credited_once() {
    let limiter = limiter(20.0, 1);
    let began = Instant::now();
    let at: Vec<_> =
        grants(&limiter, 1, 7).await.iter().map(|at| (*at - began).as_millis()).collect();
    assert_eq!(at, [0, 50, 100, 150, 200, 250, 300]);
}

/// A1, and the loss that A1b suspected: three seconds and more of each rate, with a burst of at least 2 and of 2 ms of the rate.
#[tokio::test(start_paused = true)]
async fn a1_no_window_exceeds_the_rate_and_the_rate_is_reached() {
    let rates = [(0.5, 3), (50.0, 2), (333.3, 2), (1_000.0, 2), (4_000.0, 8), (10_000.0, 20)];
    for waiters in [1, 10, 1_000] {
        for (rate, burst) in rates {
            let limiter = limiter(rate, burst);
            let began = Instant::now();
            let count = 1_000.max(3 * rate as usize) + burst as usize;
            let grants = grants(&limiter, waiters, count).await;
            let excess = worst_excess(&grants, rate, burst);
            assert!(excess < 1e-6, "{waiters} at {rate}/s, burst {burst}: {excess} too many");
            let reached = (count - burst as usize) as f64 / began.elapsed().as_secs_f64();
            assert!(reached >= 0.99 * rate, "{waiters} waiters: {reached} of {rate}/s");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_window_exceeds_a_rate_of_which_many_fall_due_in_a_millisecond() {
    for waiters in [1, 10, 1_000] {
        let (rate, burst) = (200_000.0, 400);
        let limiter = limiter(rate, burst);
        let began = Instant::now();
        let grants = grants(&limiter, waiters, 60_400).await;
        assert!(worst_excess(&grants, rate, burst) < 1e-6);
        assert!(60_000.0 / began.elapsed().as_secs_f64() >= 0.99 * rate);
    }
}

#[test]
fn real_threads_never_share_a_token() {
    let limiter = limiter(1e-4, 1_000);
    let taken: usize = std::thread::scope(|scope| {
        let check = || (0..1_000).filter(|_| limiter.try_acquire()).count();
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(check)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(taken, 1_000);
}

#[tokio::test(start_paused = true)]
async fn no_window_exceeds_the_rate_when_the_clock_jumps() {
    let limiter = limiter(100.0, 3);
    let taken = tokio::spawn({
        let limiter = limiter.clone();
        async move { grants(&limiter, 200, 200).await }
    });
    for step in [1, 500, 3, 2_000, 40] {
        advance(step * MS).await;
        tokio::task::yield_now().await;
    }
    let grants = taken.await.unwrap();
    assert!(worst_excess(&grants, 100.0, 3) < 1e-6);
}
