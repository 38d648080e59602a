//! `AdaptiveLimit` from outside. Its step is simulated beside the code.

use crate::cut::{at_every_await, poll_until};
use atp_async::{AdaptiveConfig, AdaptiveLimit, Signal};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// A service with a hard capacity: what goes beyond is answered with a 429.
#[derive(Default)]
struct Service {
    capacity: AtomicUsize,
    busy: AtomicUsize,
}

impl Service {
    async fn call(&self, millis: u64) -> Signal {
        let busy = self.busy.fetch_add(1, SeqCst);
        let signal =
            if busy < self.capacity.load(SeqCst) { Signal::Success } else { Signal::Overload };
        sleep(Duration::from_millis(millis)).await;
        self.busy.fetch_sub(1, SeqCst);
        signal
    }
}

#[tokio::test(start_paused = true)]
async fn a19_settles_within_a_fifth_of_the_capacity_and_follows_it() {
    let limit = AdaptiveLimit::new(AdaptiveConfig::new(400).with_initial(10)).unwrap();
    let service = Arc::new(Service::default());
    let mut clients = JoinSet::new();
    for client in 0..500u64 {
        let (limit, service) = (limit.clone(), Arc::clone(&service));
        clients.spawn(async move {
            for call in 0.. {
                let permit = limit.acquire().await;
                // Latencies from 50 to 150 ms, so that samples interleave.
                permit.report(service.call(50 + (client * 37 + call * 53) % 101).await);
            }
        });
    }
    for capacity in [40, 20, 40, 80, 40] {
        service.capacity.store(capacity, SeqCst);
        sleep(Duration::from_secs(20)).await;
        for _ in 0..200 {
            sleep(Duration::from_millis(100)).await;
            let now = limit.limit();
            assert!((now as f64 / capacity as f64 - 1.0).abs() <= 0.2, "{now} for {capacity}");
        }
    }
    clients.shutdown().await;
    assert_eq!(limit.in_flight(), 0);
    let history = limit.history();
    assert_eq!(history.len(), 256);
    assert!(limit.history_dropped() > 0);
    assert!(history.windows(2).all(|pair| pair[0].to == pair[1].from && pair[0].at <= pair[1].at));
}

/// Calls that begin and end together, as those of chunks do: one a round takes the last place, and
/// all of them used the limit.
#[tokio::test(start_paused = true)]
async fn a19_settles_under_calls_that_come_in_rounds() {
    let limit = AdaptiveLimit::new(AdaptiveConfig::new(400).with_initial(10)).unwrap();
    for capacity in [40, 20, 80] {
        for round in 0..200 {
            let now = limit.limit();
            let near = (now as f64 / f64::from(capacity) - 1.0).abs() <= 0.2;
            assert!(near || round < 100, "{now} for {capacity}");
            let calls = Vec::from_iter(std::iter::from_fn(|| limit.try_acquire()));
            sleep(Duration::from_millis(100)).await;
            for (call, permit) in (0..).zip(calls) {
                permit.report(if call < capacity { Signal::Success } else { Signal::Overload });
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_cancelled_or_ignored_moves_nothing() {
    let limit = AdaptiveLimit::new(AdaptiveConfig::new(10).with_initial(4)).unwrap();
    for _ in 0..100 {
        drop(limit.acquire().await);
        limit.acquire().await.report(Signal::Ignore);
        limit.acquire().await.report(Signal::Success);
    }
    assert_eq!((limit.limit(), limit.in_flight()), (4, 0), "one at a time never used the limit");
    assert!(limit.history().is_empty());
}

#[tokio::test(start_paused = true)]
async fn never_more_than_the_limit_and_in_order() {
    let limit = AdaptiveLimit::new(AdaptiveConfig::new(3)).unwrap();
    let held = [limit.acquire().await, limit.acquire().await, limit.acquire().await];
    assert!(limit.try_acquire().is_none());
    let served = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = JoinSet::new();
    for n in 0..50 {
        let (limit, served) = (limit.clone(), Arc::clone(&served));
        tasks.spawn(async move {
            let permit = limit.acquire().await;
            served.lock().unwrap().push(n);
            assert!(limit.in_flight() <= 3);
            tokio::task::yield_now().await;
            drop(permit);
        });
    }
    tokio::task::yield_now().await;
    drop(held);
    tasks.join_all().await;
    assert_eq!(*served.lock().unwrap(), Vec::from_iter(0..50));
}

#[tokio::test(start_paused = true)]
async fn dropped_at_any_await_all_places_are_there() {
    at_every_await(async |cut| {
        let limit = AdaptiveLimit::new(AdaptiveConfig::new(1)).unwrap();
        let held = limit.acquire().await;
        tokio::spawn(async move {
            sleep(Duration::from_millis(1)).await;
            held.report(Signal::Success);
        });
        let done = poll_until(limit.acquire(), cut).await.is_some();
        sleep(Duration::from_millis(2)).await;
        assert_eq!(limit.in_flight(), 0);
        assert!(limit.try_acquire().is_some());
        done
    })
    .await;
}

#[test]
fn a19_numbers_that_cannot_work_are_refused() {
    let new = |config| AdaptiveLimit::new(config).map(|_| ());
    assert!(new(AdaptiveConfig::new(0)).is_err());
    assert!(new(AdaptiveConfig::new(5).with_min(0)).is_err());
    assert!(new(AdaptiveConfig::new(5).with_min(4).with_initial(3)).is_err());
    assert!(new(AdaptiveConfig::new(5).with_initial(6)).is_err());
    for decrease in [0.0, 1.0, -0.5, f64::NAN] {
        assert!(new(AdaptiveConfig::new(5).with_decrease(decrease)).is_err());
    }
    assert!(new(AdaptiveConfig::new(usize::MAX).with_initial(1)).is_ok());
}
