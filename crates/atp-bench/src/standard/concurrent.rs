//! The asynchronous tools.

use crate::{result::Throughput, set::BenchmarkSet};
use atp_async::{
    AsyncPool, PoolConfig, RateConfig, RateLimiter, RetryPolicy, gather_with_limit, retry_async,
};
use atp_profile::Profiler;
use std::{convert::Infallible, hint::black_box};
use tokio::task::yield_now;

/// Futures of one gather.
const GATHERED: u64 = 100;

/// Returns the benchmarks of [`run_async_benchmarks`](super::run_async_benchmarks).
pub fn async_benchmarks() -> BenchmarkSet {
    BenchmarkSet::new("ATP Async Benchmarks")
        .with_async("async_profiler_overhead", None, profiled)
        .with_async("gather", Some(Throughput::Elements(GATHERED)), gathered)
        .with_async("limiter", None, limited)
        .with_async("pool", None, pooled)
        .with_async("retry", None, retried)
}

fn profiled() -> impl AsyncFnMut() {
    let profiler = Profiler::new();
    async move || profiler.profile_async("operation", yield_now()).await
}

fn gathered() -> impl AsyncFnMut() -> usize {
    async || {
        let futures = (0..GATHERED).map(async |n| black_box(n));
        gather_with_limit(futures, 10).await.expect("a limit above zero").len()
    }
}

/// A limiter that never makes anybody wait: what is measured is the decision.
fn limited() -> impl AsyncFnMut() {
    let config = RateConfig::per_second(500e6).with_burst(1_000_000);
    let limiter = RateLimiter::new(config).expect("a rate above zero");
    async move || limiter.acquire().await
}

fn pooled() -> impl AsyncFnMut() {
    let create = async || Ok::<_, Infallible>(0_u64);
    let pool = AsyncPool::builder(create, PoolConfig::new(10)).build().expect("a size above zero");
    async move || drop(pool.acquire().await.expect("the pool stays open"))
}

fn retried() -> impl AsyncFnMut() -> u64 {
    async || {
        let attempt = async || Ok::<_, Infallible>(black_box(42));
        retry_async(RetryPolicy::new(3), attempt).await.expect("the first attempt succeeds")
    }
}
