//! Live instances: one for a configuration, created once, closed once.

use atp_cache::{CacheConfig, CacheError, CloseFailure, InstanceCache};
use serde_json::{Map, Value, json};
use std::convert::Infallible;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Barrier, Notify};

/// What adapters are to this crate: something behind a trait that has to be closed.
trait Agent: Send + Sync {
    fn name(&self) -> &str;
}

struct Probe {
    name: String,
    log: Arc<Mutex<Vec<String>>>,
}

impl Agent for Probe {
    fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.log.lock().unwrap().push(format!("drop {}", self.name));
    }
}

/// A cache of agents that writes down what happens to them.
struct Desk {
    cache: InstanceCache<dyn Agent>,
    log: Arc<Mutex<Vec<String>>>,
    created: AtomicUsize,
}

impl Desk {
    fn new(max_size: u64) -> Self {
        let log = Arc::new(Mutex::new(Vec::new()));
        let closes = Arc::clone(&log);
        let cache = InstanceCache::builder(CacheConfig::new().with_max_size(max_size))
            .with_close(move |agent: Arc<dyn Agent>| {
                let closes = Arc::clone(&closes);
                async move {
                    closes.lock().unwrap().push(format!("close {}", agent.name()));
                    tokio::task::yield_now().await;
                    Ok::<_, Infallible>(())
                }
            })
            .build()
            .unwrap();
        Self { cache, log, created: AtomicUsize::new(0) }
    }

    async fn make(&self, name: &str) -> Arc<atp_cache::Instance<dyn Agent>> {
        let (owned, log) = (name.to_owned(), Arc::clone(&self.log));
        self.created.fetch_add(1, SeqCst);
        let create =
            || async { Ok::<Arc<dyn Agent>, Infallible>(Arc::new(Probe { name: owned, log })) };
        self.cache.get_or_create("probe", &json!({"name": name}), create).await.unwrap()
    }

    fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// Waits for a line of the log; a test that waits in vain is stopped by paused time.
    async fn logged(&self, line: &str) {
        while !self.log().iter().any(|logged| logged == line) {
            tokio::task::yield_now().await;
        }
    }
}

fn numbers() -> InstanceCache<usize> {
    InstanceCache::builder(CacheConfig::new()).build().unwrap()
}

/// Returns a creator that counts, and gives the number of the creation.
fn counting(
    created: &Arc<AtomicUsize>,
) -> impl FnOnce() -> std::future::Ready<Result<usize, Infallible>> + Send + 'static {
    let created = Arc::clone(created);
    move || std::future::ready(Ok(created.fetch_add(1, SeqCst)))
}

/// CA-15, C13: one for equal configurations, another one for each that differs in anything.
#[tokio::test]
async fn equal_configurations_are_one_and_all_others_are_not() {
    let cache = numbers();
    let created = Arc::new(AtomicUsize::new(0));
    let different = [
        json!({"a": 1, "b": 2}),
        json!({"a:1,b": 2}),
        json!({"a": 1.0, "b": 2}),
        json!({"a": "1", "b": 2}),
        json!({"a": true, "b": 2}),
        json!({"a": 1}),
        json!({"a": 1, "b": null}),
        json!({"a": {"b": 1}}),
        json!({"a": [1, 2]}),
        json!({"a": [2, 1]}),
        json!({}),
        json!([]),
        json!(null),
        json!(0),
        json!(-0.5),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(""),
        json!({"endpoint": "http://localhost:8000"}),
        json!({"endpoint": "http://localhost:8001"}),
    ];
    for (expected, config) in different.iter().enumerate() {
        let made = cache.get_or_create("http", config, counting(&created)).await.unwrap();
        assert_eq!(**made, expected, "{config}");
    }
    for (expected, config) in different.iter().enumerate() {
        let again = cache.get_or_create("http", config, counting(&created)).await.unwrap();
        assert_eq!(**again, expected, "{config}");
        assert!(cache.get("cli", config).is_none());
    }
    assert_eq!(created.load(SeqCst), different.len());
}

/// C13: whatever the order of the keys, at any depth, and wherever the value came from.
#[tokio::test]
async fn the_order_of_keys_does_not_matter() {
    let cache = numbers();
    let created = Arc::new(AtomicUsize::new(0));
    let ordered = json!({"a": {"x": 1, "y": [{"p": 1, "q": 2}]}, "b": "t"});
    let reversed: Value =
        serde_json::from_str(r#"{"b": "t", "a": {"y": [{"q": 2, "p": 1}], "x": 1}}"#).unwrap();
    let mut inserted = Map::new();
    inserted.insert("b".into(), ordered["b"].clone());
    inserted.insert("a".into(), reversed["a"].clone());
    let first = cache.get_or_create("http", &ordered, counting(&created)).await.unwrap();
    for config in [reversed, Value::Object(inserted)] {
        let again = cache.get_or_create("http", &config, counting(&created)).await.unwrap();
        assert!(Arc::ptr_eq(&first, &again));
    }
}

/// CA-16, CA-17
#[tokio::test]
async fn get_and_clear() {
    let desk = Desk::new(10);
    assert!(desk.cache.get("probe", &json!({"name": "a"})).is_none());
    assert_eq!(desk.cache.stats().misses, 1);
    let a = desk.make("a").await;
    assert!(Arc::ptr_eq(&a, &desk.cache.get("probe", &json!({"name": "a"})).unwrap()));
    assert_eq!(desk.cache.clear(), 1);
    assert_eq!((desk.cache.stats().size, desk.cache.clear()), (0, 0));
    assert!(desk.cache.get("probe", &json!({"name": "a"})).is_none());
    // Still in use, so still open.
    assert_eq!((a.name(), a.kind()), ("a", "probe"));
    assert!(desk.log().is_empty());
}

/// C15: in the original 8 threads made 8, and orphaned 7.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_callers_share_one_creation() {
    let cache = numbers();
    let (created, start) = (Arc::new(AtomicUsize::new(0)), Arc::new(Barrier::new(64)));
    let callers: Vec<_> = (0..64)
        .map(|_| {
            let (cache, start, created) = (cache.clone(), start.clone(), created.clone());
            tokio::spawn(async move {
                start.wait().await;
                let create = move || async move {
                    tokio::task::yield_now().await;
                    Ok::<_, Infallible>(created.fetch_add(1, SeqCst))
                };
                cache.get_or_create("http", &json!({"n": 1}), create).await.unwrap()
            })
        })
        .collect();
    let mut instances = Vec::new();
    for caller in callers {
        instances.push(caller.await.unwrap());
    }
    assert_eq!(created.load(SeqCst), 1);
    assert!(instances.iter().all(|instance| Arc::ptr_eq(instance, &instances[0])));
    let stats = cache.stats();
    assert_eq!((stats.hits + stats.misses, stats.misses - stats.coalesced), (64, 1));
}

#[tokio::test]
async fn a_failing_creation_is_an_error_for_all_and_can_be_tried_again() {
    let cache = numbers();
    let (config, gate) = (json!({"token": "s3cret"}), Arc::new(Notify::new()));
    let failing = || {
        let gate = Arc::clone(&gate);
        move || async move {
            gate.notified().await;
            Err::<usize, _>(io::Error::other("refused"))
        }
    };
    let callers = async {
        tokio::join!(
            cache.get_or_create("http", &config, failing()),
            cache.get_or_create("http", &config, failing()),
            async { gate.notify_one() },
        )
    };
    let (first, second, ()) = callers.await;
    for error in [first.unwrap_err(), second.unwrap_err()] {
        assert!(matches!(&error, CacheError::Create { kind, .. } if kind == "http"));
        assert_eq!(error.downcast_ref::<io::Error>().unwrap().to_string(), "refused");
        assert!(!format!("{error:?} {error}").contains("s3cret"));
    }
    assert_eq!((cache.stats().size, cache.stats().coalesced), (0, 1));
    let created = Arc::new(AtomicUsize::new(5));
    assert_eq!(**cache.get_or_create("http", &config, counting(&created)).await.unwrap(), 5);
}

#[tokio::test]
async fn a_panicking_creation_is_an_error_and_poisons_nothing() {
    let cache = numbers();
    let config = json!({"token": "s3cret"});
    let panics = || async { panic!("no luck") };
    let panicked = cache.get_or_create::<_, usize, Infallible>("http", &config, panics).await;
    let Err(CacheError::Panicked { what, message }) = panicked else { panic!("{panicked:?}") };
    assert_eq!((what.as_str(), message.as_str()), ("`http`", "no luck"));
    let created = Arc::new(AtomicUsize::new(5));
    assert_eq!(**cache.get_or_create("http", &config, counting(&created)).await.unwrap(), 5);
}

#[tokio::test]
async fn an_instance_that_needs_itself_is_told_so() {
    let cache = numbers();
    let inner = cache.clone();
    let create = move || async move {
        let own = || async { Ok::<_, Infallible>(1) };
        inner.get_or_create("http", &json!({}), own).await.map(|instance| **instance)
    };
    let error = cache.get_or_create("http", &json!({}), create).await.unwrap_err();
    let cause: &CacheError = error.downcast_ref().unwrap();
    assert!(matches!(cause, CacheError::Cycle { ring } if ring == "http -> http"), "{cause}");
}

#[tokio::test]
async fn a_cancelled_caller_neither_loses_the_creation_nor_stalls_the_others() {
    let cache = numbers();
    let gate = Arc::new(Notify::new());
    let (slow_cache, slow_gate) = (cache.clone(), Arc::clone(&gate));
    let leader = tokio::spawn(async move {
        let create = move || async move {
            slow_gate.notified().await;
            Ok::<_, Infallible>(7)
        };
        slow_cache.get_or_create("http", &json!({}), create).await
    });
    while cache.stats().misses < 1 {
        tokio::task::yield_now().await;
    }
    let waiter_cache = cache.clone();
    let never = || async { Err::<usize, _>("created twice") };
    let waiter =
        tokio::spawn(async move { waiter_cache.get_or_create("http", &json!({}), never).await });
    while cache.stats().misses < 2 {
        tokio::task::yield_now().await;
    }
    leader.abort();
    assert!(leader.await.unwrap_err().is_cancelled());
    gate.notify_one();
    assert_eq!(**waiter.await.unwrap().unwrap(), 7);
    assert!(cache.get("http", &json!({})).is_some());
}

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

/// An HTTP client is bound to the runtime that it was created on.
#[test]
fn instances_can_be_kept_for_each_runtime_and_are_closed_on_their_own() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let closed_on = Arc::new(Mutex::new(Vec::new()));
    let closes = Arc::clone(&closed_on);
    let cache: InstanceCache<usize> = InstanceCache::builder(CacheConfig::new())
        .per_runtime()
        .with_close(move |number| {
            let closes = Arc::clone(&closes);
            async move {
                let here = tokio::runtime::Handle::current().id();
                closes.lock().unwrap().push((*number, here));
                Ok::<_, Infallible>(())
            }
        })
        .build()
        .unwrap();
    let created = Arc::new(AtomicUsize::new(0));
    let (one, two) = (runtime(), runtime());
    let make = |runtime: &tokio::runtime::Runtime| {
        let made = runtime.block_on(cache.get_or_create("http", &json!({}), counting(&created)));
        **made.unwrap()
    };
    assert_eq!((make(&one), make(&two), make(&one), make(&two)), (0, 1, 0, 1));
    assert!(cache.get("http", &json!({})).is_none(), "no runtime, no instance");
    cache.clear();
    let ids = [one.handle().id(), two.handle().id()];
    one.block_on(async {
        while closed_on.lock().unwrap().is_empty() {
            tokio::task::yield_now().await
        }
    });
    two.block_on(cache.cleanup_all()).unwrap();
    assert_eq!(*closed_on.lock().unwrap(), [(0, ids[0]), (1, ids[1])]);
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

#[test]
fn a_creation_whose_runtime_is_gone_is_cancelled_and_can_be_made_again() {
    let runtime = || tokio::runtime::Builder::new_current_thread().build().unwrap();
    let cache = numbers();
    let (gone, other) = (runtime(), runtime());
    let never = || std::future::pending::<Result<usize, Infallible>>();
    let (config, mut caller) = (json!({}), None);
    {
        let _entered = gone.enter();
        let creation = cache.get_or_create("http", &config, never);
        let caller = caller.insert(Box::pin(creation));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(caller.as_mut().poll(&mut cx).is_pending());
    }
    drop(gone);
    let error = other.block_on(caller.unwrap()).unwrap_err();
    assert!(matches!(error, CacheError::Cancelled { .. }), "{error}");
    let created = Arc::new(AtomicUsize::new(5));
    let made = other.block_on(cache.get_or_create("http", &config, counting(&created)));
    assert_eq!(**made.unwrap(), 5);
}

/// Configurations hold tokens.
#[tokio::test]
async fn nothing_shows_a_configuration() {
    let cache: InstanceCache<String> = InstanceCache::builder(CacheConfig::new()).build().unwrap();
    let config = json!({"token": "s3cret"});
    let create = || async { Ok::<_, Infallible>("made of s3cret".to_owned()) };
    let instance = cache.get_or_create("http", &config, create).await.unwrap();
    let builder = InstanceCache::<String>::builder(CacheConfig::new());
    let shown = format!("{cache:?} {instance:?} {builder:?} {:?}", cache.stats());
    assert!(shown.contains("http") && !shown.contains("s3cret"), "{shown}");
}

#[tokio::test]
async fn an_instance_invalidated_while_it_is_created_goes_to_its_caller_alone() {
    let cache = numbers();
    let created = Arc::new(AtomicUsize::new(0));
    let (inner, count) = (cache.clone(), Arc::clone(&created));
    let create = move || async move {
        assert!(!inner.invalidate("http", &json!({})));
        Ok::<_, Infallible>(count.fetch_add(1, SeqCst))
    };
    assert_eq!(**cache.get_or_create("http", &json!({}), create).await.unwrap(), 0);
    assert!(cache.get("http", &json!({})).is_none());
    assert_eq!(**cache.get_or_create("http", &json!({}), counting(&created)).await.unwrap(), 1);
}
