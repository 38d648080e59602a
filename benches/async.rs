//! Each tool of atp-async beside what one would take instead, on one thread and in its CPU time.

use atp_async::{
    AsyncPool, ParallelExecutor, PoolConfig, RateConfig, RateLimiter, RetryPolicy,
    gather_with_limit, retry_async,
};
use atp_benches::ThreadTime;
use backon::{ExponentialBuilder, Retryable};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use futures_util::{StreamExt, stream};
use governor::Quota;
use governor::clock::Clock;
use std::convert::Infallible;
use std::hint::black_box;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, yield_now};

type Bench = Criterion<ThreadTime>;

const TASKS: u64 = 10_000;
const LIMIT: usize = 50;
/// Operations of some ten nanoseconds are measured by the thousand.
const MANY: u64 = 1_000;

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime can be built")
}

/// Makes what it gets opaque, as a future that is ready at once.
async fn ready(n: u64) -> u64 {
    black_box(n)
}

fn gather(criterion: &mut Bench) {
    let runtime = runtime();
    let mut group = criterion.benchmark_group("gather_10000_ready_limit_50");
    group.bench_function("gather_with_limit", |bencher| {
        bencher.iter(|| runtime.block_on(gather_with_limit((0..TASKS).map(ready), LIMIT)))
    });
    group.bench_function("futures_buffered", |bencher| {
        bencher.iter(|| {
            let buffered = stream::iter((0..TASKS).map(ready)).buffered(LIMIT);
            runtime.block_on(buffered.collect::<Vec<u64>>())
        })
    });
    group.finish();
}

/// What one writes without the executor: results in order, never more than fifty at a time.
async fn join_set_and_semaphore() -> Vec<u64> {
    let semaphore = Arc::new(Semaphore::new(LIMIT));
    let mut tasks = JoinSet::new();
    for n in 0..TASKS {
        let permit = Arc::clone(&semaphore).acquire_owned().await.expect("never closed");
        tasks.spawn(async move {
            let output = ready(n).await;
            drop(permit);
            (n as usize, output)
        });
    }
    let mut outputs = vec![0; TASKS as usize];
    while let Some(ended) = tasks.join_next().await {
        let (index, output) = ended.expect("no task panics");
        outputs[index] = output;
    }
    outputs
}

fn executor(criterion: &mut Bench) {
    let runtime = runtime();
    let executor = ParallelExecutor::new(LIMIT).expect("the limit is not zero");
    let work = async |n| Ok::<_, Infallible>(ready(n).await);
    let mut group = criterion.benchmark_group("executor_10000_tasks_limit_50");
    group.bench_function("parallel_executor", |bencher| {
        bencher.iter(|| runtime.block_on(executor.map(0..TASKS, work)))
    });
    group.bench_function("join_set_and_semaphore", |bencher| {
        bencher.iter(|| runtime.block_on(join_set_and_semaphore()))
    });
    group.finish();
}

/// The same clock for both limiters.
#[derive(Debug, Clone)]
struct TokioClock;

impl Clock for TokioClock {
    type Instant = Instant;

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }
}

fn limiter(criterion: &mut Bench) {
    let mut group = criterion.benchmark_group("limiter_check_1000");
    // One that always allows and one that never does.
    for (case, rate, burst) in [("allowed", 5e8, u32::MAX), ("refused", 1e-4, 1)] {
        let ours = RateLimiter::new(RateConfig::per_second(rate).with_burst(burst));
        let ours = ours.expect("the rate is valid");
        let quota = Quota::with_period(std::time::Duration::from_secs_f64(1.0 / rate));
        let burst = NonZeroU32::new(burst).expect("the burst is not zero");
        let quota = quota.expect("the period is not zero").allow_burst(burst);
        let governor = governor::RateLimiter::direct_with_clock(quota, TokioClock);
        ours.try_acquire();
        drop(governor.check());
        assert_eq!(
            (ours.try_acquire(), governor.check().is_ok()),
            (case == "allowed", case == "allowed")
        );
        group.bench_function(BenchmarkId::new("rate_limiter", case), |bencher| {
            bencher.iter(|| (0..MANY).filter(|_| black_box(&ours).try_acquire()).count())
        });
        group.bench_function(BenchmarkId::new("governor", case), |bencher| {
            bencher.iter(|| (0..MANY).filter(|_| black_box(&governor).check().is_ok()).count())
        });
    }
    group.finish();
}

/// Resources of bb8, which are ready at once and never checked.
struct Numbers;

impl bb8::ManageConnection for Numbers {
    type Connection = u64;
    type Error = Infallible;

    async fn connect(&self) -> Result<u64, Infallible> {
        Ok(7)
    }

    async fn is_valid(&self, _: &mut u64) -> Result<(), Infallible> {
        Ok(())
    }

    fn has_broken(&self, _: &mut u64) -> bool {
        false
    }
}

struct Pools {
    ours: AsyncPool<u64, Infallible>,
    deadpool: deadpool::unmanaged::Pool<u64>,
    bb8: bb8::Pool<Numbers>,
}

/// Pools of `size`, each with all of its resources made.
fn pools(runtime: &Runtime, size: u32) -> Pools {
    runtime.block_on(async {
        let config = PoolConfig::new(size as usize).with_min_size(size as usize);
        let ours = AsyncPool::builder(async || Ok(7), config).build().expect("the size is valid");
        ours.fill().await.expect("creation cannot fail");
        let deadpool = deadpool::unmanaged::Pool::from(vec![7; size as usize]);
        let bb8 = bb8::Pool::builder().max_size(size).min_idle(size).test_on_check_out(false);
        let bb8 = bb8.build(Numbers).await.expect("creation cannot fail");
        Pools { ours, deadpool, bb8 }
    })
}

fn pool_uncontended(criterion: &mut Bench) {
    let runtime = runtime();
    let Pools { ours, deadpool, bb8 } = pools(&runtime, 10);
    let mut group = criterion.benchmark_group("pool_acquire_release_1000");
    group.bench_function("async_pool", |bencher| {
        bencher.iter(|| {
            runtime.block_on(async {
                for _ in 0..MANY {
                    black_box(*ours.acquire().await.expect("not closed"));
                }
            })
        })
    });
    group.bench_function("deadpool_unmanaged", |bencher| {
        bencher.iter(|| {
            runtime.block_on(async {
                for _ in 0..MANY {
                    black_box(*deadpool.get().await.expect("not closed"));
                }
            })
        })
    });
    group.bench_function("bb8", |bencher| {
        bencher.iter(|| {
            runtime.block_on(async {
                for _ in 0..MANY {
                    black_box(*bb8.get().await.expect("not closed"));
                }
            })
        })
    });
    group.finish();
}

/// A hundred tasks, each of which takes a resource ten times and holds it for one turn.
fn hundred_tasks<F, Fut>(runtime: &Runtime, use_once: F)
where
    F: Fn() -> Fut + Clone + Send + 'static,
    Fut: Future<Output = ()> + Send,
{
    runtime.block_on(async {
        let mut tasks = JoinSet::new();
        for _ in 0..100 {
            let use_once = use_once.clone();
            tasks.spawn(async move {
                for _ in 0..10 {
                    use_once().await;
                }
            });
        }
        while let Some(ended) = tasks.join_next().await {
            ended.expect("no task panics");
        }
    });
}

fn pool_contended(criterion: &mut Bench) {
    let runtime = runtime();
    let Pools { ours, deadpool, bb8 } = pools(&runtime, 10);
    let mut group = criterion.benchmark_group("pool_100_tasks_on_10");
    group.bench_function("async_pool", |bencher| {
        bencher.iter(|| {
            let pool = ours.clone();
            hundred_tasks(&runtime, move || {
                let pool = pool.clone();
                async move {
                    let _lease = pool.acquire().await.expect("not closed");
                    yield_now().await;
                }
            })
        })
    });
    group.bench_function("deadpool_unmanaged", |bencher| {
        bencher.iter(|| {
            let pool = deadpool.clone();
            hundred_tasks(&runtime, move || {
                let pool = pool.clone();
                async move {
                    let _object = pool.get().await.expect("not closed");
                    yield_now().await;
                }
            })
        })
    });
    group.bench_function("bb8", |bencher| {
        bencher.iter(|| {
            let pool = bb8.clone();
            hundred_tasks(&runtime, move || {
                let pool = pool.clone();
                async move {
                    let _connection = pool.get().await.expect("not closed");
                    yield_now().await;
                }
            })
        })
    });
    group.finish();
}

fn retry(criterion: &mut Bench) {
    let runtime = runtime();
    let mut group = criterion.benchmark_group("retry_first_attempt_1000");
    group.bench_function("retry_async", |bencher| {
        bencher.iter(|| {
            runtime.block_on(async {
                for n in 0..MANY {
                    let result =
                        retry_async(RetryPolicy::new(3), async || Ok::<_, String>(ready(n).await));
                    black_box(result.await).expect("the first attempt succeeds");
                }
            })
        })
    });
    group.bench_function("backon", |bencher| {
        bencher.iter(|| {
            runtime.block_on(async {
                for n in 0..MANY {
                    let operation = || async move { Ok::<_, String>(ready(n).await) };
                    // The same policy: three retries, jitter, and delays of 1 s doubled to 60 s.
                    let result = operation.retry(ExponentialBuilder::default().with_jitter());
                    black_box(result.await).expect("the first attempt succeeds");
                }
            })
        })
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(ThreadTime);
    targets = gather, executor, limiter, pool_uncontended, pool_contended, retry
}
criterion_main!(benches);
