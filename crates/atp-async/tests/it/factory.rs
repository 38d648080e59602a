//! Resources for a pool to lend, and a factory that can be told how to behave.

use atp_async::{AsyncPool, PoolBuilder, PoolConfig, PoolError};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{sleep, timeout};

pub(crate) const MS: Duration = Duration::from_millis(1);
pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// A factory of numbered resources that can be told to be slow or to fail.
#[derive(Clone, Default)]
pub(crate) struct Factory(pub(crate) Arc<FactoryState>);

#[derive(Default)]
pub(crate) struct FactoryState {
    pub(crate) made: AtomicUsize,
    pub(crate) alive: AtomicUsize,
    pub(crate) most_alive: AtomicUsize,
    pub(crate) failing: AtomicBool,
    pub(crate) panicking: AtomicBool,
    pub(crate) slow: Mutex<Duration>,
    pub(crate) cleaned: Mutex<Vec<usize>>,
}

pub(crate) struct Numbered {
    pub(crate) number: usize,
    pub(crate) factory: Factory,
}

impl std::fmt::Debug for Numbered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.number)
    }
}

impl Drop for Numbered {
    fn drop(&mut self) {
        self.factory.0.alive.fetch_sub(1, SeqCst);
    }
}

pub(crate) type Pool = AsyncPool<Numbered, &'static str>;

impl Factory {
    pub(crate) async fn make(self) -> Result<Numbered, &'static str> {
        let slow = *self.0.slow.lock().unwrap();
        tokio::task::yield_now().await;
        sleep(slow).await;
        assert!(!self.0.panicking.load(SeqCst), "the factory panics");
        if self.0.failing.load(SeqCst) {
            return Err("no connection");
        }
        let alive = self.0.alive.fetch_add(1, SeqCst) + 1;
        self.0.most_alive.fetch_max(alive, SeqCst);
        Ok(Numbered { number: self.0.made.fetch_add(1, SeqCst), factory: self.clone() })
    }

    pub(crate) fn builder(&self, config: PoolConfig) -> PoolBuilder<Numbered, &'static str> {
        let factory = self.clone();
        AsyncPool::builder(move || factory.clone().make(), config)
    }

    pub(crate) fn pool(&self, max_size: usize) -> Pool {
        self.builder(PoolConfig::new(max_size)).build().unwrap()
    }

    pub(crate) fn cleaning(&self, config: PoolConfig) -> PoolBuilder<Numbered, &'static str> {
        self.builder(config).with_cleanup(async |resource: Numbered| {
            sleep(MS).await;
            resource.factory.0.cleaned.lock().unwrap().push(resource.number);
        })
    }

    pub(crate) fn cleaned(&self) -> Vec<usize> {
        self.0.cleaned.lock().unwrap().clone()
    }
}

/// Asserts that nothing is lost: all of the slots can be had at once, and come back.
pub(crate) async fn assert_whole(pool: &Pool, max_size: usize) {
    let mut leases = Vec::new();
    for _ in 0..max_size {
        leases.push(timeout(60 * SECOND, pool.acquire()).await.expect("a slot is lost").unwrap());
    }
    assert!(matches!(pool.try_acquire().await, Err(PoolError::Exhausted { .. })));
    drop(leases);
    let stats = pool.stats();
    assert_eq!((stats.in_use, stats.waiting), (0, 0));
}
