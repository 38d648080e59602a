//! The keyed limiter, through governor on tokio's clock.

use atp_async::{ConfigError, KeyedRateLimiter, RateConfig};
use std::time::Duration;
use tokio::time::sleep;

fn keyed(max_keys: usize) -> KeyedRateLimiter<u64> {
    KeyedRateLimiter::new(RateConfig::per_second(1.0).with_burst(2), max_keys).unwrap()
}

#[tokio::test(start_paused = true)]
async fn keys_are_limited_apart_on_the_paused_clock() {
    let limiter = keyed(10);
    assert!(limiter.check(&1).is_ok() && limiter.check(&1).is_ok());
    let refused = limiter.check(&1).unwrap_err();
    assert!(refused.retry_after <= Duration::from_secs(1));
    assert!(limiter.check(&2).is_ok());
    sleep(refused.retry_after).await;
    assert!(limiter.check(&1).is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_number_of_keys_is_bounded_and_the_rest_shares_one_bucket() {
    let limiter = keyed(100);
    (0..100).for_each(|key| limiter.check(&key).unwrap());
    let let_through = (100..1_000).filter(|key| limiter.check(key).is_ok()).count();
    assert_eq!((limiter.len(), let_through, limiter.overflowed()), (100, 2, 900));
    assert!(limiter.check(&50).is_ok(), "who is known keeps a bucket");
    sleep(Duration::from_secs(3)).await;
    assert!((2_000..2_100).all(|key| limiter.check(&key).is_ok()), "those at rest are forgotten");
    assert_eq!((limiter.len(), limiter.overflowed()), (100, 900));
}

#[test]
fn threads_do_not_exceed_the_bound() {
    let limiter = keyed(64);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let limiter = &limiter;
            scope.spawn(move || {
                (0..1_000).filter(|key| limiter.check(&(key * 4 + thread)).is_ok()).count()
            });
        }
    });
    assert_eq!(limiter.len(), 64);
}

#[test]
fn numbers_that_cannot_work_are_refused() {
    let none = KeyedRateLimiter::<u64>::new(RateConfig::per_second(1.0), 0).unwrap_err();
    assert_eq!(none, ConfigError::Zero { what: "max_keys" });
    for rate in [0.0, -1.0, f64::NAN] {
        assert!(KeyedRateLimiter::<u64>::new(RateConfig::per_second(rate), 1).is_err());
    }
    let fastest =
        KeyedRateLimiter::new(RateConfig::per_second(5e8).with_burst(u32::MAX), 1).unwrap();
    assert!(fastest.check(&1).is_ok());
}
