//! The cache and the registry of adapters.

use atp_adapter::builtin::Echo;
use atp_adapter::{
    Adapter, AdapterBuilder, AdapterCache, AdapterError, Answer, BoxFuture, BuildError,
    ConfigDescription, EventSink, Run, adapter_cache, lazy_adapter_registry,
};
use atp_cache::{CacheConfig, CacheError, clear_all_caches};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

fn cache() -> AdapterCache {
    AdapterCache::new(CacheConfig::new()).unwrap()
}

#[tokio::test]
async fn ca_15_equal_configurations_are_one_adapter() {
    let cache = cache();
    let config = json!({"endpoint": "http://localhost:8000", "timeout": 30});
    let same = json!({"timeout": 30, "endpoint": "http://localhost:8000"});
    let other = json!({"endpoint": "http://localhost:8001", "timeout": 30});
    let adapter = cache.get_or_create("http", &config).await.unwrap();
    assert!(Arc::ptr_eq(&adapter, &cache.get_or_create("http", &same).await.unwrap()));
    assert!(!Arc::ptr_eq(&adapter, &cache.get_or_create("http", &other).await.unwrap()));
    assert_eq!((cache.stats().misses, cache.stats().hits), (2, 1));
}

#[tokio::test]
async fn ca_16_an_unknown_configuration_is_a_miss() {
    let cache = cache();
    assert!(cache.get("http", &json!({})).is_none());
    assert_eq!(cache.stats().misses, 1);
}

#[tokio::test]
async fn ca_17_clear_tells_how_many_there_were() {
    let cache = cache();
    cache.get_or_create("builtin:echo", &json!({})).await.unwrap();
    assert_eq!(cache.clear(), 1);
    assert!(cache.get("builtin:echo", &json!({})).is_none());
    assert!(!cache.invalidate("builtin:echo", &json!({})));
}

#[tokio::test]
async fn ca_19_ca_20_the_global_cache_is_cleared_with_all_others() {
    adapter_cache().get_or_create("builtin:echo", &json!({})).await.unwrap();
    assert!(clear_all_caches()["adapters"] >= 1);
}

#[tokio::test]
async fn what_cannot_be_built_says_why() {
    let error = cache().get_or_create("htp", &json!({})).await.unwrap_err();
    let Some(BuildError::Kind(error)) = error.downcast_ref() else { panic!("{error:?}") };
    assert!(error.to_string().contains("did you mean http?"), "{error}");
    let secret = json!({"endpoint": "http://localhost", "header": "s3cret"});
    let error = cache().get_or_create("http", &secret).await.unwrap_err();
    assert!(matches!(error, CacheError::Create { .. }));
    let Some(BuildError::Config(error)) = error.downcast_ref() else { panic!("{error:?}") };
    assert!(error.to_string().starts_with("http: unknown key \"header\""), "{error}");
}

#[test]
fn st_21_st_22_the_registry_names_its_adapters() {
    let keys = lazy_adapter_registry().keys();
    assert_eq!(keys[..5], ["http", "cli", "container", "builtin:echo", "builtin:script"]);
}

#[test]
fn st_23_an_entry_is_how_to_build_and_what_to_configure() {
    let (adapter, config) = lazy_adapter_registry().get("http").unwrap();
    assert!(adapter.build(&json!({"endpoint": "http://localhost:1"})).is_ok());
    assert!(config.to_string().contains("endpoint: an http or https address (required)"));
    assert!(lazy_adapter_registry().is_created("http"));
}

#[derive(Debug)]
struct Closing;

static CLOSED: AtomicUsize = AtomicUsize::new(0);

impl Adapter for Closing {
    fn execute<'a>(
        &'a self,
        run: Run<'a>,
        events: &'a mut dyn EventSink,
    ) -> BoxFuture<'a, Result<Answer, AdapterError>> {
        Box::pin(async move { Echo::default().execute(run, events).await })
    }

    fn health_check(&self) -> BoxFuture<'_, Result<(), AdapterError>> {
        Box::pin(async { Ok(()) })
    }

    fn close(&self) -> BoxFuture<'_, Result<(), AdapterError>> {
        Box::pin(async {
            CLOSED.fetch_add(1, SeqCst);
            Ok(())
        })
    }
}

#[tokio::test]
async fn an_adapter_of_the_users_is_built_kept_and_closed() {
    let build = || (AdapterBuilder::new(|_| Ok(Closing)), ConfigDescription::new("Closes.", &[]));
    lazy_adapter_registry().register("test:closing", build).unwrap();
    assert!(!lazy_adapter_registry().is_created("test:closing"));
    let cache = cache();
    drop(cache.get_or_create("test:closing", &json!({})).await.unwrap());
    cache.cleanup_all().await.unwrap();
    assert_eq!(CLOSED.load(SeqCst), 1);

    // C14: whichever way one leaves the cache, it is closed, once nobody uses it any more.
    let small = AdapterCache::new(CacheConfig::new().with_max_size(1)).unwrap();
    let used = small.get_or_create("test:closing", &json!({"n": 1})).await.unwrap();
    drop(small.get_or_create("test:closing", &json!({"n": 2})).await.unwrap());
    drop(small.get_or_create("test:closing", &json!({"n": 3})).await.unwrap());
    closed(2).await;
    drop(used);
    closed(3).await;
    assert!(small.invalidate("test:closing", &json!({"n": 3})));
    closed(4).await;

    // C15: of those that ask at the same time, one builds.
    let config = json!({"n": 4});
    let ask = || small.get_or_create("test:closing", &config);
    let (first, second) = tokio::join!(ask(), ask());
    assert!(Arc::ptr_eq(&first.unwrap(), &second.unwrap()));
    assert_eq!(small.clear(), 1);
    closed(5).await;
}

/// Waits until so many adapters are closed, and not one more.
async fn closed(count: usize) {
    while CLOSED.load(SeqCst) < count {
        tokio::task::yield_now().await;
    }
    assert_eq!(CLOSED.load(SeqCst), count);
}
