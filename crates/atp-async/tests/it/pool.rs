//! The pool, in paused time.

use crate::factory::{Factory, MS, Numbered, SECOND, assert_whole};
use atp_async::{AsyncPool, ConfigError, PoolConfig, PoolError};
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

#[tokio::test(start_paused = true)]
async fn as22_as23_the_same_resource_comes_back() {
    let factory = Factory::default();
    let pool = factory.pool(2);
    assert_eq!(pool.acquire().await.unwrap().number, 0);
    assert_eq!(pool.acquire().await.unwrap().number, 0);
    assert_eq!(factory.0.made.load(SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn as24_close_cleans_up_exactly_once() {
    let factory = Factory::default();
    let pool = factory.cleaning(PoolConfig::new(3)).build().unwrap();
    drop(pool.acquire().await.unwrap());
    pool.close().await;
    pool.close().await;
    assert_eq!(factory.cleaned(), [0]);
    assert_eq!(pool.acquire().await.unwrap_err(), PoolError::Closed);
}

#[test]
fn numbers_that_cannot_work_are_refused_and_no_runtime_is_needed() {
    let factory = Factory::default();
    let zero = factory.builder(PoolConfig::new(0)).build().unwrap_err();
    assert_eq!(zero, ConfigError::Zero { what: "max_size" });
    let inverted = factory.builder(PoolConfig::new(2).with_min_size(3)).build().unwrap_err();
    assert_eq!(inverted.to_string(), "min_size is 3, which is above max_size of 2");
    assert!(factory.builder(PoolConfig::new(usize::MAX)).build().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a5_a_factory_that_fails_or_panics_gives_its_slot_back() {
    let factory = Factory::default();
    let pool = factory.pool(2);
    factory.0.failing.store(true, SeqCst);
    for _ in 0..5 {
        assert_eq!(pool.acquire().await.unwrap_err(), PoolError::Create("no connection"));
    }
    factory.0.failing.store(false, SeqCst);
    factory.0.panicking.store(true, SeqCst);
    for _ in 0..5 {
        let pool = pool.clone();
        let task = tokio::spawn(async move { pool.acquire().await.map(drop) });
        assert!(task.await.unwrap_err().is_panic());
    }
    factory.0.panicking.store(false, SeqCst);
    assert_eq!(pool.stats().create_failures, 10);
    assert_whole(&pool, 2).await;
}

#[tokio::test(start_paused = true)]
async fn a5_a_waiter_inherits_the_slot_of_a_failed_creation() {
    let factory = Factory::default();
    let pool = factory.pool(1);
    *factory.0.slow.lock().unwrap() = SECOND;
    factory.0.failing.store(true, SeqCst);
    let first = tokio::spawn({
        let pool = pool.clone();
        async move { pool.acquire().await.map(drop) }
    });
    tokio::task::yield_now().await;
    let second = tokio::spawn({
        let pool = pool.clone();
        async move { pool.acquire().await.map(|lease| lease.number) }
    });
    assert_eq!(first.await.unwrap().unwrap_err(), PoolError::Create("no connection"));
    factory.0.failing.store(false, SeqCst);
    assert_eq!(second.await.unwrap(), Ok(0));
}

#[tokio::test(start_paused = true)]
async fn a6_creations_run_side_by_side() {
    let factory = Factory::default();
    let pool = factory.pool(10);
    *factory.0.slow.lock().unwrap() = 100 * MS;
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..10 {
        let pool = pool.clone();
        tasks.spawn(async move { pool.acquire().await.unwrap() });
    }
    let leases = tasks.join_all().await;
    assert_eq!(began.elapsed(), 100 * MS);
    assert_eq!(leases.len(), 10);
}

#[tokio::test(start_paused = true)]
async fn a6_a_returned_resource_goes_to_a_waiter_at_once_and_in_order() {
    let pool = Factory::default().pool(1);
    let lease = pool.acquire().await.unwrap();
    let served = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = JoinSet::new();
    for n in 0..100 {
        let (pool, served) = (pool.clone(), Arc::clone(&served));
        tasks.spawn(async move {
            let _lease = pool.acquire().await.unwrap();
            served.lock().unwrap().push(n);
        });
    }
    sleep(SECOND).await;
    assert_eq!(pool.stats().waiting, 100);
    drop(lease);
    tasks.join_all().await;
    assert_eq!(*served.lock().unwrap(), Vec::from_iter(0..100));
    let stats = pool.stats();
    assert_eq!((stats.waits, stats.timed_waits), (100, 13));
    assert_eq!((stats.max_wait, stats.mean_wait()), (SECOND, Some(SECOND)));
    assert_eq!(Factory::default().pool(1).stats().mean_wait(), None);
}

// A7 (double and foreign release) is ruled out by the type: a lease is moved, not passed back.

#[tokio::test(start_paused = true)]
async fn a8_close_wakes_the_waiters_and_waits_for_what_is_out() {
    let factory = Factory::default();
    let pool = factory.cleaning(PoolConfig::new(1)).build().unwrap();
    let lease = pool.acquire().await.unwrap();
    let waiter = tokio::spawn({
        let pool = pool.clone();
        async move { pool.acquire().await.map(drop) }
    });
    tokio::task::yield_now().await;
    let closing = tokio::spawn({
        let pool = pool.clone();
        async move { pool.close().await }
    });
    assert_eq!(waiter.await.unwrap(), Err(PoolError::Closed));
    sleep(SECOND).await;
    assert!(!closing.is_finished());
    drop(lease);
    closing.await.unwrap();
    assert_eq!((factory.cleaned(), pool.stats().size), (vec![0], 0));
}

#[tokio::test(start_paused = true)]
async fn a9_fill_creates_the_minimum_side_by_side() {
    let factory = Factory::default();
    let config = PoolConfig::new(8).with_min_size(5);
    let pool = factory.builder(config).discard_unless_clean().build().unwrap();
    *factory.0.slow.lock().unwrap() = SECOND;
    let began = Instant::now();
    pool.fill().await.unwrap();
    pool.fill().await.unwrap();
    assert_eq!((pool.stats().idle, began.elapsed()), (5, SECOND));
    factory.0.failing.store(true, SeqCst);
    let empty = factory.builder(config).build().unwrap();
    assert_eq!(empty.fill().await, Err(PoolError::Create("no connection")));
    factory.0.failing.store(false, SeqCst);
    assert_whole(&empty, 8).await;
}

#[tokio::test(start_paused = true)]
async fn a10_cleanups_that_fail_or_panic_do_not_stop_the_close() {
    let factory = Factory::default();
    let inner = factory.clone();
    let pool = AsyncPool::builder(move || inner.clone().make(), PoolConfig::new(5))
        .with_cleanup(async |resource: Numbered| {
            resource.factory.0.cleaned.lock().unwrap().push(resource.number);
            assert!(resource.number != 1, "the cleanup panics");
            if resource.number == 3 { Err("the cleanup fails") } else { Ok(()) }
        })
        .build()
        .unwrap();
    let mut leases = Vec::new();
    for _ in 0..5 {
        leases.push(pool.acquire().await.unwrap());
    }
    drop(leases);
    pool.close().await;
    assert_eq!(factory.cleaned().len(), 5);
    assert_eq!((pool.stats().cleanup_failures, pool.stats().size), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn a11_a_broken_resource_is_replaced_at_checkout() {
    let factory = Factory::default();
    let pool = factory
        .cleaning(PoolConfig::new(1))
        .with_health_check(|resource: &mut Numbered| Box::pin(async { resource.number > 0 }))
        .build()
        .unwrap();
    assert_eq!(pool.acquire().await.unwrap().number, 0, "a new one is not checked");
    assert_eq!(pool.acquire().await.unwrap().number, 1);
    assert_eq!(pool.acquire().await.unwrap().number, 1);
    assert_eq!((factory.cleaned(), pool.stats().discarded), (vec![0], 1));
    assert_eq!(factory.0.most_alive.load(SeqCst), 1, "cleaned up before the next was made");
}

#[tokio::test(start_paused = true)]
async fn a11_a_health_check_that_panics_discards_and_keeps_the_slot() {
    let factory = Factory::default();
    let pool = factory
        .builder(PoolConfig::new(1))
        .with_health_check(|resource: &mut Numbered| {
            Box::pin(async { if resource.number == 0 { panic!("the check panics") } else { true } })
        })
        .build()
        .unwrap();
    drop(pool.acquire().await.unwrap());
    let checking = pool.clone();
    assert!(
        tokio::spawn(async move { checking.acquire().await.map(drop) })
            .await
            .unwrap_err()
            .is_panic()
    );
    assert_eq!(pool.acquire().await.unwrap().number, 1);
}

#[tokio::test(start_paused = true)]
async fn a_lease_dropped_in_a_panic_is_discarded() {
    let factory = Factory::default();
    let pool = factory.pool(1);
    let user = pool.clone();
    let task = tokio::spawn(async move {
        let _lease = user.acquire().await.unwrap();
        panic!("half-way through a request");
    });
    assert!(task.await.unwrap_err().is_panic());
    assert_eq!(pool.acquire().await.unwrap().number, 1);
    assert_eq!(factory.0.alive.load(SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn discard_unless_marked_clean() {
    let factory = Factory::default();
    let pool = factory.builder(PoolConfig::new(1)).discard_unless_clean().build().unwrap();
    drop(pool.acquire().await.unwrap());
    let mut lease = pool.acquire().await.unwrap();
    assert_eq!(lease.number, 1, "the first was not marked");
    lease.mark_clean();
    drop(lease);
    let mut lease = pool.acquire().await.unwrap();
    assert_eq!(lease.number, 1);
    lease.mark_clean();
    lease.number += 100;
    drop(lease);
    assert_eq!(pool.acquire().await.unwrap().number, 2, "used again after the mark");
}

#[tokio::test(start_paused = true)]
async fn lifetime_idle_time_and_minimum() {
    let factory = Factory::default();
    let config = PoolConfig::new(4).with_min_size(1);
    let config = config.with_max_lifetime(60 * SECOND).with_idle_timeout(10 * SECOND);
    let pool = factory.builder(config).build().unwrap();
    let leases = [pool.acquire().await.unwrap(), pool.acquire().await.unwrap()];
    drop(leases);
    sleep(11 * SECOND).await;
    assert_eq!(pool.stats().idle, 2, "nothing happens by itself");
    drop(pool.acquire().await.unwrap());
    assert_eq!((pool.stats().idle, pool.stats().discarded), (1, 1), "the minimum stays");
    sleep(60 * SECOND).await;
    assert_eq!(pool.acquire().await.unwrap().number, 2, "too old to be lent");
    let old = pool.acquire().await.unwrap();
    sleep(61 * SECOND).await;
    drop(old);
    assert_eq!(pool.stats().idle, 0, "too old to be kept");
}

#[tokio::test(start_paused = true)]
async fn a_lifetime_of_zero_uses_each_once() {
    let factory = Factory::default();
    let pool =
        factory.builder(PoolConfig::new(1).with_max_lifetime(Duration::ZERO)).build().unwrap();
    for number in 0..3 {
        assert_eq!(pool.acquire().await.unwrap().number, number);
    }
}

#[tokio::test(start_paused = true)]
async fn maintain_reaps_fills_cleans_and_ends_with_the_pool() {
    let factory = Factory::default();
    let config = PoolConfig::new(4).with_min_size(1).with_idle_timeout(10 * SECOND);
    let pool = factory.cleaning(config).build().unwrap();
    let maintenance = tokio::spawn(pool.maintain());
    sleep(SECOND).await;
    assert_eq!(pool.stats().idle, 1, "filled to the minimum");
    let leases = [pool.acquire().await.unwrap(), pool.acquire().await.unwrap()];
    drop(leases);
    sleep(20 * SECOND).await;
    assert_eq!((pool.stats().idle, factory.cleaned().len()), (1, 1), "reaped to the minimum");
    pool.acquire().await.unwrap().discard();
    sleep(SECOND).await;
    assert_eq!((pool.stats().idle, factory.cleaned().len()), (1, 2), "replaced at once");
    factory.0.panicking.store(true, SeqCst);
    pool.acquire().await.unwrap().discard();
    sleep(20 * SECOND).await;
    factory.0.panicking.store(false, SeqCst);
    sleep(20 * SECOND).await;
    assert_eq!(pool.stats().idle, 1, "a panic of the factory does not end it");
    pool.close().await;
    timeout(SECOND, maintenance).await.unwrap().unwrap();
    let abandoned = factory.pool(1);
    let maintenance = tokio::spawn(abandoned.maintain());
    tokio::task::yield_now().await;
    drop(abandoned);
    timeout(SECOND, maintenance).await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_discarded_resource_keeps_its_slot_until_it_is_cleaned_up() {
    let factory = Factory::default();
    let pool = factory.cleaning(PoolConfig::new(2)).build().unwrap();
    for _ in 0..20 {
        let mut tasks = JoinSet::new();
        for n in 0..6 {
            let pool = pool.clone();
            tasks.spawn(async move {
                let lease = pool.acquire().await.unwrap();
                sleep(MS).await;
                if n % 2 == 0 {
                    lease.discard()
                }
            });
        }
        tasks.join_all().await;
    }
    assert!(factory.0.most_alive.load(SeqCst) <= 2);
    assert_whole(&pool, 2).await;
    pool.close().await;
    let (made, cleaned) = (factory.0.made.load(SeqCst), factory.cleaned());
    assert_eq!(cleaned.len(), made, "each exactly once");
    assert_eq!(std::collections::BTreeSet::from_iter(cleaned).len(), made);
}

#[tokio::test(start_paused = true)]
async fn within_and_try() {
    let factory = Factory::default();
    let pool = factory.pool(1);
    let lease = pool.try_acquire().await.unwrap();
    assert_eq!(pool.try_acquire().await.unwrap_err(), PoolError::Exhausted { max_size: 1 });
    let began = Instant::now();
    assert_eq!(pool.acquire_within(SECOND).await.unwrap_err(), PoolError::TimedOut(SECOND));
    assert_eq!((began.elapsed(), pool.stats().waiting), (SECOND, 0));
    drop(lease);
    assert!(pool.acquire_within(Duration::ZERO).await.is_ok(), "an idle one needs no time");
    *factory.0.slow.lock().unwrap() = 2 * SECOND;
    pool.acquire().await.unwrap().discard();
    assert_eq!(pool.acquire_within(SECOND).await.unwrap_err(), PoolError::TimedOut(SECOND));
    assert_whole(&pool, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn real_threads_never_share_a_resource() {
    let factory = Factory::default();
    let pool = factory.cleaning(PoolConfig::new(3)).build().unwrap();
    let lent = Arc::new(Mutex::new(std::collections::HashSet::new()));
    let mut tasks = JoinSet::new();
    for n in 0..64 {
        let (pool, lent) = (pool.clone(), Arc::clone(&lent));
        tasks.spawn(async move {
            for round in 0..50 {
                let lease = pool.acquire().await.unwrap();
                assert!(lent.lock().unwrap().insert(lease.number), "lent twice");
                tokio::task::yield_now().await;
                lent.lock().unwrap().remove(&lease.number);
                if (n + round) % 17 == 0 {
                    lease.discard()
                }
            }
        });
    }
    tasks.join_all().await;
    pool.close().await;
    assert!(factory.0.most_alive.load(SeqCst) <= 3);
    assert_eq!(factory.cleaned().len(), factory.0.made.load(SeqCst));
}

/// What is too old as soon as it is there cannot be kept ready, which is no reason to go on for ever.
#[tokio::test(start_paused = true)]
async fn filling_with_what_is_used_only_once_ends_and_maintaining_rests() {
    let factory = Factory::default();
    let config = PoolConfig::new(3).with_min_size(2).with_max_lifetime(Duration::ZERO);
    let pool = factory.builder(config).build().unwrap();
    pool.fill().await.unwrap();
    assert_eq!((factory.0.made.load(SeqCst), pool.stats().size), (2, 0));
    let maintenance = tokio::spawn(pool.maintain());
    sleep(100 * MS).await;
    assert!(factory.0.made.load(SeqCst) <= 2 + 2 * 100, "{}", factory.0.made.load(SeqCst));
    assert_whole(&pool, 3).await;
    pool.close().await;
    maintenance.await.unwrap();
}
