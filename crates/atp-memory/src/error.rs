//! What can go wrong.

/// Why tracking did not start. Nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrackingError {
    /// This tracker is tracking; stop it first.
    #[error("this memory tracker has been tracking for {running:?}")]
    AlreadyTracking {
        /// How long it has been.
        running: std::time::Duration,
    },
    /// Another tracker is sampling allocations, and there is one sampler in a process. A tracker
    /// configured [`without_sampling`](crate::MemoryConfig::without_sampling) can run beside it.
    #[error("another memory tracker is sampling every {interval_bytes} bytes")]
    SamplerBusy {
        /// The interval that it samples at.
        interval_bytes: u64,
    },
}

/// A number in a [`MemoryConfig`](crate::MemoryConfig) that cannot work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A gap between samples cannot be empty.
    #[error("sample_interval_bytes must be at least 1, not 0")]
    ZeroInterval,
    /// A timeline holds its first and its last snapshot, and one to drop.
    #[error("max_snapshots must be at least 3, not {max_snapshots}")]
    TooFewSnapshots {
        /// What was asked for.
        max_snapshots: usize,
    },
}
