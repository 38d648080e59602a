//! The profiler, the instance cache, lazy values and the allocator.

use crate::set::BenchmarkSet;
use atp_cache::{CacheConfig, InstanceCache};
use atp_lazy::LazyValue;
use atp_profile::Profiler;
use serde_json::json;
use std::{convert::Infallible, hint::black_box, thread};
use tokio::runtime;

pub(super) fn add_to(set: BenchmarkSet) -> BenchmarkSet {
    let set = set
        .with("profiler_overhead_enabled", None, || spans(Profiler::new()))
        .with("profiler_overhead_disabled", None, || spans(Profiler::disabled()))
        .with("instance_cache_hit", None, instance_hit)
        .with("lazy_get", None, lazy_get);
    // Without the allocator this would be a figure of another one.
    if atp_memory::current_usage().live_bytes.is_some() {
        set.with("tracking_allocator", None, || || Box::new([0_u8; 64]))
    } else {
        set
    }
}

fn spans(profiler: Profiler) -> impl FnMut() {
    move || drop(black_box(profiler.profile("operation")))
}

fn instance_hit() -> impl FnMut() -> bool {
    let cache: InstanceCache<String> =
        InstanceCache::builder(CacheConfig::new()).build().expect("the defaults are valid");
    let config = json!({
        "endpoint": "http://localhost:8000", "timeout": 30, "retries": 2,
        "headers": { "accept": "application/json" },
    });
    thread::scope(|scope| {
        // The caller may be on a runtime already, and those do not nest on one thread.
        let create = scope.spawn(|| {
            let instance = async || Ok::<_, Infallible>("instance".to_owned());
            let creation = cache.get_or_create("http", &config, instance);
            let runtime = runtime::Builder::new_current_thread().build().expect("a runtime");
            runtime.block_on(creation).map(drop).expect("the creation cannot fail");
        });
        create.join().expect("the creation does not panic");
    });
    move || cache.get("http", black_box(&config)).is_some()
}

fn lazy_get() -> impl FnMut() -> u64 {
    let value = LazyValue::new(|| 42_u64);
    value.get();
    move || *black_box(&value).get()
}
