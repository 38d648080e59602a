//! What a tracker keeps and how closely it looks.

use crate::error::ConfigError;

/// Settings of a [`MemoryTracker`](crate::MemoryTracker).
///
/// # Examples
///
/// ```
/// use atp_memory::{MemoryConfig, MemoryTracker};
///
/// // Every allocation, as slow and as exact as that is.
/// let config = MemoryConfig::new().with_sample_interval_bytes(1);
/// let tracker = MemoryTracker::with_config(config)?;
/// # drop(tracker);
/// # Ok::<(), atp_memory::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryConfig {
    /// Bytes allocated for each one that is sampled, on average; `None` does not sample.
    ///
    /// Samples need the feature `sites` and the allocator; without them there are none.
    pub sample_interval_bytes: Option<u64>,
    /// Where the random numbers of the sampler start.
    pub seed: u64,
    /// How many snapshots are kept. At this number every second one between the first and the
    /// last is dropped and counted; what changed is then told over longer intervals.
    pub max_snapshots: usize,
    /// How many snapshots are passed over before growth is looked for.
    pub warm_up_snapshots: usize,
}

impl MemoryConfig {
    /// One sample in 512 KiB, up to 1,024 snapshots, of which the first is warm-up.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            sample_interval_bytes: Some(512 * 1024),
            seed: 0x0A7B_0002,
            max_snapshots: 1024,
            warm_up_snapshots: 1,
        }
    }

    /// Sets the bytes allocated for each one that is sampled; 1 samples every block.
    #[must_use]
    pub const fn with_sample_interval_bytes(mut self, bytes: u64) -> Self {
        self.sample_interval_bytes = Some(bytes);
        self
    }

    /// Samples nothing: no call sites, no growth, no outliving blocks.
    #[must_use]
    pub const fn without_sampling(mut self) -> Self {
        self.sample_interval_bytes = None;
        self
    }

    /// Sets where the random numbers start.
    #[must_use]
    pub const fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets how many snapshots are kept.
    #[must_use]
    pub const fn with_max_snapshots(mut self, snapshots: usize) -> Self {
        self.max_snapshots = snapshots;
        self
    }

    /// Sets how many snapshots are passed over before growth is looked for.
    #[must_use]
    pub const fn with_warm_up_snapshots(mut self, snapshots: usize) -> Self {
        self.warm_up_snapshots = snapshots;
        self
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if self.sample_interval_bytes == Some(0) {
            return Err(ConfigError::ZeroInterval);
        }
        if self.max_snapshots < 3 {
            return Err(ConfigError::TooFewSnapshots { max_snapshots: self.max_snapshots });
        }
        Ok(())
    }
}

impl Default for MemoryConfig {
    fn default() -> Self {
        Self::new()
    }
}
