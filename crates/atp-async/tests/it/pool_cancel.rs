//! The pool with each of its operations dropped at each of its awaits.

use crate::cut::{Cut, at_every_await, poll_until};
use crate::factory::{Factory, MS, Numbered, SECOND, assert_whole};
use atp_async::PoolConfig;
use std::sync::atomic::Ordering::SeqCst;
use tokio::time::{Instant, sleep};

/// Each operation is dropped at each of its awaits; afterwards all slots are there.
#[tokio::test(start_paused = true)]
async fn dropped_at_any_await_no_slot_is_lost() {
    // Creating, from an empty pool.
    at_every_await(async |cut| {
        let pool = Factory::default().pool(2);
        let done = poll_until(pool.acquire(), cut).await.is_some();
        assert_whole(&pool, 2).await;
        done
    })
    .await;
    // In line, behind a lease that comes back good, or broken and in need of a cleanup.
    for broken in [false, true] {
        at_every_await(async |cut| {
            let factory = Factory::default();
            let pool = factory.cleaning(PoolConfig::new(1)).build().unwrap();
            let lease = pool.acquire().await.unwrap();
            tokio::spawn(async move {
                sleep(MS).await;
                if broken {
                    lease.discard()
                }
            });
            let done = poll_until(pool.acquire_within(60 * SECOND), cut).await.is_some();
            sleep(SECOND).await;
            assert_whole(&pool, 1).await;
            assert_eq!(factory.cleaned().len(), usize::from(broken));
            done
        })
        .await;
    }
    // Health check, cleanup and creation, one after the other.
    at_every_await(async |cut| {
        let factory = Factory::default();
        let pool = factory
            .cleaning(PoolConfig::new(1))
            .with_health_check(|resource: &mut Numbered| {
                Box::pin(async {
                    sleep(MS).await;
                    resource.number > 0
                })
            })
            .build()
            .unwrap();
        drop(pool.acquire().await.unwrap());
        let done = poll_until(pool.acquire(), cut).await.is_some();
        assert_whole(&pool, 1).await;
        pool.close().await;
        assert_eq!(factory.cleaned().len(), factory.0.made.load(SeqCst));
        done
    })
    .await;
    // Without waiting for others, and tending until there is nothing left to tend.
    at_every_await(async |cut| {
        let pool = Factory::default().pool(2);
        let done = poll_until(pool.try_acquire(), cut).await.is_some();
        assert_whole(&pool, 2).await;
        done
    })
    .await;
    at_every_await(async |cut| {
        let factory = Factory::default();
        let config = PoolConfig::new(3).with_min_size(2).with_idle_timeout(SECOND);
        let pool = factory.cleaning(config).build().unwrap();
        let began = Instant::now();
        let closing = tokio::spawn({
            let pool = pool.clone();
            async move {
                sleep(3 * SECOND).await;
                pool.close().await;
            }
        });
        let done = poll_until(pool.maintain(), cut).await.is_some();
        if began.elapsed() < 2 * SECOND {
            assert_whole(&pool, 3).await;
        }
        closing.await.unwrap();
        assert_eq!(factory.cleaned().len(), factory.0.made.load(SeqCst));
        done
    })
    .await;
    // Filling.
    at_every_await(async |cut| {
        let pool = Factory::default().builder(PoolConfig::new(3).with_min_size(2)).build().unwrap();
        let done = poll_until(pool.fill(), cut).await.is_some();
        assert_whole(&pool, 3).await;
        done
    })
    .await;
    // Closing, with one idle and one out.
    at_every_await(async |cut| {
        let factory = Factory::default();
        let pool = factory.cleaning(PoolConfig::new(2)).build().unwrap();
        let (idle, out) = (pool.acquire().await.unwrap(), pool.acquire().await.unwrap());
        drop(idle);
        tokio::spawn(async move {
            sleep(SECOND).await;
            drop(out);
        });
        let begun = !matches!(cut, Cut::AfterPoll(0) | Cut::AfterWake(0));
        let done = poll_until(pool.close(), cut).await.is_some();
        assert_eq!(pool.acquire().await.is_err(), begun);
        pool.close().await;
        assert_eq!((factory.cleaned().len(), pool.stats().size), (2, 0));
        done
    })
    .await;
}

/// Polled by hand, outside any runtime: nothing can be spawned there, and nothing is lost.
#[test]
fn without_a_runtime_a_deferred_cleanup_waits_for_one() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let factory = Factory::default();
    let pool = factory.cleaning(PoolConfig::new(2)).build().unwrap();
    runtime.block_on(async {
        let (idle, broken) = (pool.acquire().await.unwrap(), pool.acquire().await.unwrap());
        broken.discard();
        drop(idle);
    });
    let lease = futures::executor::block_on(pool.acquire()).unwrap();
    assert!(factory.cleaned().is_empty());
    drop(lease);
    runtime.block_on(async {
        assert_whole(&pool, 2).await;
        pool.close().await;
    });
    assert_eq!(factory.cleaned().len(), factory.0.made.load(SeqCst));
}
