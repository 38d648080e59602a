//! Reading what is already made, beside the standard cell and the bare map.

use atp_benches::ThreadTime;
use atp_lazy::{DeferredRegistry, LazyModule, LazyValue};
use criterion::{Criterion, criterion_group, criterion_main};
use dashmap::DashMap;
use std::hint::black_box;
use std::sync::LazyLock;

/// A get is a load and a branch, so one sample holds a thousand.
const GETS: usize = 1_000;
const KEYS: [&str; 8] =
    ["http", "container", "cli", "langgraph", "crewai", "autogen", "bedrock", "vertex"];

fn thousand_gets(criterion: &mut Criterion<ThreadTime>) {
    static MODULE: LazyModule<u64> = LazyModule::new("seven", || black_box(7));
    let value = LazyValue::new(|| black_box(7_u64));
    let lock = LazyLock::new(|| black_box(7_u64));
    let mut group = criterion.benchmark_group("lazy_get_1000");
    group.bench_function("lazy_value", |bencher| {
        bencher.iter(|| (0..GETS).map(|_| *black_box(&value).get()).sum::<u64>())
    });
    group.bench_function("lazy_module", |bencher| {
        bencher.iter(|| (0..GETS).map(|_| *black_box(&MODULE).get()).sum::<u64>())
    });
    group.bench_function("std_lazy_lock", |bencher| {
        bencher.iter(|| (0..GETS).map(|_| **black_box(&lock)).sum::<u64>())
    });
    group.finish();
}

fn registry_get(criterion: &mut Criterion<ThreadTime>) {
    let registry = DeferredRegistry::new("adapters");
    let map = DashMap::new();
    for (index, key) in KEYS.into_iter().enumerate() {
        registry.register(key, move || index as u64).expect("the keys are distinct");
        map.insert(key, index as u64);
    }
    let all = || KEYS.iter().filter_map(|key| registry.get(black_box(*key)).ok()).sum::<u64>();
    assert_eq!(all(), 28);
    let mut group = criterion.benchmark_group("registry_get_8");
    group.bench_function("deferred_registry", |bencher| bencher.iter(all));
    group.bench_function("dashmap", |bencher| {
        bencher.iter(|| {
            KEYS.iter().filter_map(|key| map.get(black_box(*key)).map(|value| *value)).sum::<u64>()
        })
    });
    group.finish();
}

criterion_group! {
    name = lazy;
    config = Criterion::default().with_measurement(ThreadTime);
    targets = thousand_gets, registry_get
}
criterion_main!(lazy);
