//! What needs a clock to turn: instances that are over their time.

use super::InstanceCache;
use crate::CacheConfig;
use crate::source::scripted::Scripted;
use serde_json::json;
use std::convert::Infallible;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// A cache of numbers that writes down which it closed.
struct Bench {
    source: Arc<Scripted>,
    cache: InstanceCache<u32>,
    closed: Arc<Mutex<Vec<u32>>>,
    next: Arc<AtomicU32>,
}

impl Bench {
    fn new(config: CacheConfig) -> Self {
        let (source, closed) = (Scripted::new(), Arc::new(Mutex::new(Vec::new())));
        let closes = Arc::clone(&closed);
        let builder = InstanceCache::builder(config).with_close(move |number: Arc<u32>| {
            closes.lock().unwrap().push(*number);
            async { Ok::<_, Infallible>(()) }
        });
        let cache = builder.over(source.clone()).unwrap();
        Self { source, cache, closed, next: Arc::default() }
    }

    /// Returns the number of the instance of `kind`: that of its creation.
    async fn number(&self, kind: &str) -> u32 {
        let next = Arc::clone(&self.next);
        let create = move || async move { Ok::<_, Infallible>(next.fetch_add(1, SeqCst)) };
        **self.cache.get_or_create(kind, &json!({}), create).await.unwrap()
    }

    async fn closed(&self) -> Vec<u32> {
        for _ in 0..5 {
            tokio::task::yield_now().await;
        }
        self.closed.lock().unwrap().clone()
    }
}

/// C6, C14
#[tokio::test]
async fn an_instance_over_its_time_to_live_is_closed_and_made_anew() {
    let bench = Bench::new(CacheConfig::new().with_ttl(10 * SECOND));
    assert_eq!(bench.number("a").await, 0);
    bench.source.advance(9 * SECOND);
    assert_eq!((bench.number("a").await, bench.closed().await), (0, vec![]));
    bench.source.advance(SECOND);
    assert_eq!((bench.number("a").await, bench.closed().await), (1, vec![0]));
    assert_eq!(bench.cache.stats().evictions, 1);
}

/// C6, C14
#[tokio::test]
async fn an_idle_instance_is_closed_though_nobody_asks_for_it() {
    let bench = Bench::new(CacheConfig::new().with_time_to_idle(10 * SECOND));
    bench.number("idle").await;
    bench.number("busy").await;
    for _ in 0..2 {
        bench.source.advance(6 * SECOND);
        assert_eq!(bench.number("busy").await, 1);
    }
    assert!(bench.closed().await.is_empty());
    // The next creation sweeps.
    bench.number("new").await;
    assert_eq!(bench.closed().await, [0]);
    assert_eq!(bench.cache.stats().size, 2);
}
