//! What is awaited in the caller's task may be awaited in a spawned one: from closures that
//! borrow, the compiler must see that the futures can move from thread to thread.

use atp_async::{
    AsyncBatcher, AsyncPool, BatchConfig, ChunkConfig, ParallelExecutor, PoolConfig, RateConfig,
    RateLimiter, RetryBudget, RetryPolicy, Signal, chunked_gather, gather_with_limit, retry_async,
    try_gather_with_limit,
};
use std::io;
use std::sync::Arc;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// A client that is shared, as of an HTTP library.
#[derive(Clone, Default)]
struct Client(Arc<str>);

impl Client {
    async fn get(&self, path: &str) -> io::Result<usize> {
        tokio::task::yield_now().await;
        Ok(self.0.len() + path.len())
    }
}

fn paths() -> Vec<String> {
    ["a", "bb", "ccc"].map(str::to_owned).to_vec()
}

#[tokio::test]
async fn retries_of_a_closure_that_borrows() {
    let (client, path) = (Client::default(), "path".to_owned());
    let budget = RetryBudget::new(10, 0.1).unwrap();
    let task = tokio::spawn(async move {
        let policy = RetryPolicy::new(3)
            .with_budget(budget)
            .with_deadline(SECOND)
            .with_attempt_timeout(SECOND)
            .when(|error: &io::Error| error.kind() == io::ErrorKind::TimedOut)
            .retry_after(|_| None);
        let plain = retry_async(policy, async || client.get(&path).await).await?;
        let mut attempts = 0;
        let counted = || {
            attempts += 1;
            client.get(&path)
        };
        let counted = retry_async(RetryPolicy::new(3), counted).await?;
        Ok::<_, atp_async::RetryError<io::Error>>((plain, counted, attempts))
    });
    assert_eq!(task.await.unwrap().unwrap(), (4, 4, 1));
}

#[tokio::test]
async fn gathers_and_chunks_of_closures_that_borrow() {
    let (client, paths) = (Client::default(), paths());
    let task = tokio::spawn(async move {
        let calls = || paths.iter().map(|path| client.get(path));
        let lengths = try_gather_with_limit(calls(), 2).await.unwrap();
        assert_eq!(gather_with_limit(calls(), 2).await.unwrap().len(), 3);
        let closures = paths.iter().map(async |path| client.get(path).await);
        assert_eq!(gather_with_limit(closures, 2).await.unwrap().len(), 3);
        let texts = paths.iter().map(|path| path.as_str());
        let chunks = chunked_gather(texts, |path| client.get(path), ChunkConfig::new(2));
        assert_eq!(chunks.await.unwrap().len(), 3);
        lengths
    });
    assert_eq!(task.await.unwrap(), [1, 2, 3]);
}

#[tokio::test]
async fn an_executor_over_iterators_that_borrow() {
    let (client, paths) = (Client::default(), paths());
    let task = tokio::spawn(async move {
        let executor = ParallelExecutor::new(2).unwrap();
        let call = |path: String| {
            let client = client.clone();
            async move { client.get(&path).await }
        };
        let calls = || paths.iter().map(|path| call(path.clone()));
        let texts = paths.iter().map(|path| path.as_str());
        let mut done = executor.map(texts, |path| call(path.to_owned())).await.len();
        done += executor.run_all(calls()).await.len();
        done += executor.run_all_with_signal(calls(), |_| Signal::Ignore).await.len();
        let (_, _, mut rest) = executor.first_completed(calls()).await.unwrap();
        while rest.next().await.is_some() {
            done += 1;
        }
        done + 1 + rest.abort().await.len()
    });
    assert_eq!(task.await.unwrap(), 12);
}

#[tokio::test]
async fn a_batcher_a_pool_and_a_limiter_together() {
    let (client, paths) = (Client::default(), paths());
    let task = tokio::spawn(async move {
        let double = async |items: Vec<usize>| Ok::<_, io::Error>(items);
        let batcher = AsyncBatcher::new(double, BatchConfig::new(2)).unwrap();
        let create = async || Ok::<_, io::Error>(());
        let pool = AsyncPool::builder(create, PoolConfig::new(2)).build().unwrap();
        let limiter = RateLimiter::new(RateConfig::per_second(1e6).with_burst(9)).unwrap();
        let calls = paths.iter().map(async |path| {
            let attempt = async || {
                let _lease = pool.acquire().await.map_err(|_| io::ErrorKind::NotConnected)?;
                limiter.acquire_within(SECOND).await.map_err(io::Error::other)?;
                limiter.limit(client.get(path)).await
            };
            retry_async(RetryPolicy::new(2), attempt).await
        });
        assert_eq!(gather_with_limit(calls, 2).await.unwrap().len(), 3);
        batcher.process(paths.iter().map(|path| path.len())).await.unwrap()
    });
    assert_eq!(task.await.unwrap(), [1, 2, 3]);
}
