//! The end of an instance: when its last user lets go, once, and whatever happens.

use crate::instances::{Desk, counting};
use atp_cache::{CacheConfig, CloseFailure, InstanceCache};
use serde_json::json;
use std::convert::Infallible;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

/// C14: in the original 10 were made, 7 evicted, and none was closed.
#[tokio::test(start_paused = true)]
async fn what_is_evicted_invalidated_or_cleared_is_closed_once() {
    let desk = Desk::new(2);
    for name in ["a", "b", "c"] {
        drop(desk.make(name).await);
    }
    desk.logged("drop a").await;
    assert_eq!(desk.log(), ["close a", "drop a"], "evicted");
    assert!(desk.cache.invalidate("probe", &json!({"name": "b"})));
    assert!(!desk.cache.invalidate("probe", &json!({"name": "b"})));
    desk.logged("drop b").await;
    assert_eq!(desk.cache.clear(), 1);
    desk.logged("drop c").await;
    desk.cache.cleanup_all().await.unwrap();
    assert_eq!(desk.log(), ["close a", "drop a", "close b", "drop b", "close c", "drop c"]);
    assert_eq!(desk.cache.stats().evictions, 2);
}

/// C14: a close comes after the last user, and before the value is dropped.
#[tokio::test(start_paused = true)]
async fn what_is_in_use_is_closed_when_the_last_user_lets_go() {
    let desk = Desk::new(1);
    let a = desk.make("a").await;
    let also_a = desk.make("a").await;
    drop(desk.make("b").await);
    assert_eq!(desk.cache.stats().evictions, 1);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(desk.log().is_empty(), "a is in use, b is in the cache");
    drop(a);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(desk.log().is_empty());
    assert_eq!(also_a.name(), "a");
    drop(also_a);
    desk.logged("drop a").await;
    assert_eq!(desk.log(), ["close a", "drop a"]);
}

/// C16: all at once and within a time, and every error is told.
#[tokio::test(start_paused = true)]
async fn cleaning_up_closes_all_at_the_same_time_and_collects_every_error() {
    let cache: InstanceCache<usize> = InstanceCache::builder(CacheConfig::new())
        .with_close_timeout(Duration::from_secs(1))
        .with_close(|number: Arc<usize>| async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            match *number {
                3 => Err(io::Error::other("stuck")),
                5 => panic!("no luck"),
                7 => std::future::pending().await,
                _ => Ok(()),
            }
        })
        .build()
        .unwrap();
    let created = Arc::new(AtomicUsize::new(0));
    let mut used = Vec::new();
    for n in 0..20 {
        let kind = format!("kind-{n}");
        used.push(cache.get_or_create(&kind, &json!({}), counting(&created)).await.unwrap());
    }
    // One that is in use and has left the cache is closed too, and so are those in use.
    cache.invalidate("kind-9", &json!({}));
    used.truncate(10);
    let begun = tokio::time::Instant::now();
    let errors = cache.cleanup_all().await.unwrap_err().errors;
    // One after the other it would be 20 times 20 ms, and for ever because of the seventh.
    assert_eq!(begun.elapsed(), Duration::from_secs(1));
    let told: Vec<_> = errors.iter().map(ToString::to_string).collect();
    let expected = [
        "closing an instance of `kind-3` failed",
        "closing an instance of `kind-5` panicked: no luck",
        "closing an instance of `kind-7` was given up after 1s",
    ];
    assert_eq!(told, expected);
    assert!(
        matches!(&errors[0].reason, CloseFailure::Failed(cause) if cause.to_string() == "stuck")
    );
    // Closed once: neither the last user nor a second clean-up closes again.
    drop(used);
    cache.cleanup_all().await.unwrap();
    assert_eq!(cache.stats().size, 0);
}

#[tokio::test(start_paused = true)]
async fn cleaning_up_closes_in_the_order_of_creation() {
    let desk = Desk::new(10);
    for name in ["d", "a", "c", "b"] {
        drop(desk.make(name).await);
    }
    // The order of use does not count.
    drop(desk.make("d").await);
    desk.cache.cleanup_all().await.unwrap();
    let closes: Vec<_> = desk.log().into_iter().filter(|line| line.starts_with("close")).collect();
    assert_eq!(closes, ["close d", "close a", "close c", "close b"]);
}

/// C16: in the original a concurrent put ended the clean-up, and left entries behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn creations_beside_a_clean_up_disturb_neither() {
    let (open, closed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let closes = Arc::clone(&closed);
    let cache: InstanceCache<usize> = InstanceCache::builder(CacheConfig::new().with_max_size(8))
        .with_close(move |_| {
            let closes = Arc::clone(&closes);
            async move {
                tokio::task::yield_now().await;
                closes.fetch_add(1, SeqCst);
                Ok::<_, Infallible>(())
            }
        })
        .build()
        .unwrap();
    let makers: Vec<_> = (0..4)
        .map(|maker| {
            let (cache, open) = (cache.clone(), open.clone());
            tokio::spawn(async move {
                for n in 0..500 {
                    let open = open.clone();
                    let create =
                        move || async move { Ok::<_, Infallible>(open.fetch_add(1, SeqCst)) };
                    let config = json!({"maker": maker, "n": n % 20});
                    cache.get_or_create("probe", &config, create).await.unwrap();
                }
            })
        })
        .collect();
    for _ in 0..50 {
        cache.cleanup_all().await.unwrap();
        tokio::task::yield_now().await;
    }
    for maker in makers {
        maker.await.unwrap();
    }
    cache.cleanup_all().await.unwrap();
    assert_eq!(closed.load(SeqCst), open.load(SeqCst), "each was closed, and once");
    assert_eq!(cache.stats().size, 0);
}

/// A creation may end between the moments when the clean-up empties the cache and when it closes
/// what there is: what came back into the cache meanwhile is not closed.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_clean_up_leaves_nothing_that_is_closed_in_the_cache() {
    let cache: InstanceCache<AtomicBool> = InstanceCache::builder(CacheConfig::new())
        .with_close(|closed: Arc<AtomicBool>| {
            closed.store(true, SeqCst);
            async { Ok::<_, Infallible>(()) }
        })
        .build()
        .unwrap();
    let makers: Vec<_> = (0..2)
        .map(|_| {
            let cache = cache.clone();
            tokio::spawn(async move {
                let mut used = Vec::new();
                for _ in 0..2_000 {
                    let create = || async { Ok::<_, Infallible>(AtomicBool::new(false)) };
                    let made = cache.get_or_create("probe", &json!({}), create).await.unwrap();
                    // Closed, then it left before that, though somebody still uses it.
                    let is_closed = made.load(SeqCst);
                    let found = cache.get("probe", &json!({}));
                    assert!(!(is_closed && found.is_some_and(|found| Arc::ptr_eq(&found, &made))));
                    used.push(made);
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    while !makers.iter().all(|maker| maker.is_finished()) {
        cache.cleanup_all().await.unwrap();
    }
    for maker in makers {
        maker.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_clean_up_that_is_cancelled_goes_on_and_the_next_one_collects() {
    let cache: InstanceCache<usize> = InstanceCache::builder(CacheConfig::new())
        .with_close(|_| async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Err("stuck")
        })
        .build()
        .unwrap();
    let created = Arc::new(AtomicUsize::new(0));
    drop(cache.get_or_create("http", &json!({}), counting(&created)).await.unwrap());
    let cancelled = tokio::time::timeout(Duration::from_millis(1), cache.cleanup_all()).await;
    assert!(cancelled.is_err());
    assert_eq!(cache.cleanup_all().await.unwrap_err().errors.len(), 1);
    cache.cleanup_all().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn dropping_the_cache_closes_what_nobody_uses() {
    let desk = Desk::new(10);
    let used = desk.make("used").await;
    drop(desk.make("idle").await);
    let Desk { cache, log, .. } = desk;
    drop(cache);
    let logged = async |line: &str| {
        while !log.lock().unwrap().iter().any(|logged| logged == line) {
            tokio::task::yield_now().await;
        }
    };
    logged("drop idle").await;
    assert_eq!(*log.lock().unwrap(), ["close idle", "drop idle"]);
    drop(used);
    logged("drop used").await;
    assert_eq!(log.lock().unwrap().len(), 4);
}

#[test]
fn a_runtime_that_is_gone_is_an_error_and_no_hang() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let cache: InstanceCache<usize> = InstanceCache::builder(CacheConfig::new())
        .with_close(|_| async { Ok::<_, Infallible>(()) })
        .build()
        .unwrap();
    let created = Arc::new(AtomicUsize::new(0));
    let gone = runtime();
    let made = gone.block_on(cache.get_or_create("http", &json!({}), counting(&created))).unwrap();
    drop(gone);
    drop(made);
    let errors = runtime().block_on(cache.cleanup_all()).unwrap_err().errors;
    assert_eq!(errors.len(), 1);
    assert!(matches!(errors[0].reason, CloseFailure::RuntimeGone));
}

/// An instance whose end asks for the cache again, which must not find it locked.
struct Clingy(InstanceCache<Clingy>);

impl Drop for Clingy {
    fn drop(&mut self) {
        assert!(!self.0.invalidate("none", &json!({})));
        assert!(self.0.get("none", &json!({})).is_none());
        self.0.clear();
        assert!(self.0.stats().max_size.is_some());
    }
}

#[test]
fn instances_whose_end_comes_back_to_the_cache_hang_nobody() {
    let (done, is_done) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let config = CacheConfig::new().with_max_size(2);
        let cache: InstanceCache<Clingy> = InstanceCache::builder(config).build().unwrap();
        runtime.block_on(async {
            for n in 0..400 {
                let (owned, config) = (cache.clone(), json!({"n": n % 7}));
                let create = || async move { Ok::<_, Infallible>(Clingy(owned)) };
                drop(cache.get_or_create("probe", &config, create).await.unwrap());
                match n % 5 {
                    0 => drop(cache.invalidate("probe", &config)),
                    1 => drop(cache.clear()),
                    2 => cache.cleanup_all().await.unwrap(),
                    _ => drop(cache.get("probe", &config)),
                }
            }
        });
        done.send(()).unwrap();
    });
    is_done.recv_timeout(Duration::from_secs(60)).expect("the cache waits for itself");
}

/// What nobody collects is bounded, and counted.
#[tokio::test]
async fn of_failures_that_nobody_collects_a_thousand_are_kept() {
    let cache: InstanceCache<usize> = InstanceCache::builder(CacheConfig::new().with_max_size(1))
        .with_close(|_| async { Err("stuck") })
        .build()
        .unwrap();
    let created = Arc::new(AtomicUsize::new(0));
    for n in 0..1_005 {
        drop(cache.get_or_create("http", &json!(n), counting(&created)).await.unwrap());
    }
    let error = cache.cleanup_all().await.unwrap_err();
    assert_eq!((error.errors.len(), error.uncollected), (1_000, 5));
    assert_eq!(error.to_string(), "1005 instances could not be closed");
}
