//! The numbers of a batcher.

use crate::concurrency::ConcurrencyConfig;
use crate::error::{ConfigError, at_least_one, permits};
use std::time::Duration;

/// When a batch is full, and how many run at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BatchConfig {
    /// How many items make a batch.
    pub batch_size: usize,
    /// How many batches run at a time. 3 unless set.
    pub max_concurrent_batches: usize,
    /// How long the first item submitted to a batch waits for others. 10 ms unless set.
    pub max_age: Duration,
    /// How many bytes make a batch. Unlimited unless set. An item with more is a batch of its own.
    pub max_bytes: Option<usize>,
    /// How many submitted items may wait for their batch to begin. 10,000 unless set. When the
    /// queue is full, the batch that is being collected waits for no more.
    pub queue: usize,
}

impl BatchConfig {
    /// Makes batches of `batch_size`.
    pub const fn new(batch_size: usize) -> Self {
        Self {
            batch_size,
            max_concurrent_batches: 3,
            max_age: Duration::from_millis(10),
            max_bytes: None,
            queue: 10_000,
        }
    }

    /// Sets how many batches run at a time.
    #[must_use]
    pub const fn with_max_concurrent_batches(mut self, batches: usize) -> Self {
        self.max_concurrent_batches = batches;
        self
    }

    /// Sets how long the first submitted item waits for others. Zero begins a batch as soon as
    /// its task is run.
    #[must_use]
    pub const fn with_max_age(mut self, age: Duration) -> Self {
        self.max_age = age;
        self
    }

    /// Sets how many bytes make a batch, as counted by the weigher.
    #[must_use]
    pub const fn with_max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = Some(bytes);
        self
    }

    /// Sets how many submitted items may wait.
    #[must_use]
    pub const fn with_queue(mut self, items: usize) -> Self {
        self.queue = items;
        self
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        at_least_one("batch_size", self.batch_size)?;
        at_least_one("max_bytes", self.max_bytes.unwrap_or(1))?;
        permits("max_concurrent_batches", self.max_concurrent_batches)?;
        permits("queue", self.queue).map(drop)
    }
}

/// Batches of ten.
impl Default for BatchConfig {
    fn default() -> Self {
        Self::new(10)
    }
}

/// As many batches at a time as there may be tasks.
impl From<ConcurrencyConfig> for BatchConfig {
    fn from(config: ConcurrencyConfig) -> Self {
        Self::new(config.batch_size).with_max_concurrent_batches(config.max_parallel)
    }
}
