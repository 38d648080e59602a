//! Live instances: one for a configuration, created once, closed once.

use atp_cache::{CacheConfig, CacheError, InstanceCache};
use serde_json::{Map, Value, json};
use std::convert::Infallible;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Barrier, Notify};
use tokio::time::timeout;

/// What adapters are to this crate: something behind a trait that has to be closed.
pub(crate) trait Agent: Send + Sync {
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
pub(crate) struct Desk {
    pub(crate) cache: InstanceCache<dyn Agent>,
    pub(crate) log: Arc<Mutex<Vec<String>>>,
    created: AtomicUsize,
}

impl Desk {
    pub(crate) fn new(max_size: u64) -> Self {
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

    pub(crate) async fn make(&self, name: &str) -> Arc<atp_cache::Instance<dyn Agent>> {
        let (owned, log) = (name.to_owned(), Arc::clone(&self.log));
        self.created.fetch_add(1, SeqCst);
        let create =
            || async { Ok::<Arc<dyn Agent>, Infallible>(Arc::new(Probe { name: owned, log })) };
        self.cache.get_or_create("probe", &json!({"name": name}), create).await.unwrap()
    }

    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// Waits for a line of the log; a test that waits in vain is stopped by paused time.
    pub(crate) async fn logged(&self, line: &str) {
        while !self.log().iter().any(|logged| logged == line) {
            tokio::task::yield_now().await;
        }
    }
}

fn numbers() -> InstanceCache<usize> {
    InstanceCache::builder(CacheConfig::new()).build().unwrap()
}

/// Returns a creator that counts, and gives the number of the creation.
pub(crate) fn counting(
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

/// A creation that never ends keeps its own callers waiting, and nobody who comes after an
/// invalidation.
#[tokio::test(start_paused = true)]
async fn an_invalidation_gets_past_a_creation_that_hangs() {
    let (cache, config) = (numbers(), json!({}));
    let hang = || std::future::pending::<Result<usize, Infallible>>();
    let first = cache.get_or_create("http", &config, hang);
    assert!(timeout(Duration::from_secs(1), first).await.is_err());
    let created = Arc::new(AtomicUsize::new(0));
    let joined = cache.get_or_create("http", &config, counting(&created));
    assert!(timeout(Duration::from_secs(1), joined).await.is_err(), "one creation at a time");
    assert!(!cache.invalidate("http", &config));
    let again = cache.get_or_create("http", &config, counting(&created));
    let again = timeout(Duration::from_secs(1), again).await.expect("it waits for the old one");
    assert_eq!(**again.unwrap(), 0);
    assert!(cache.get("http", &config).is_some(), "and it is kept");
}
