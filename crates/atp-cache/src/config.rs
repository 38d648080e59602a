//! How much a cache keeps, and for how long.

use std::time::Duration;

/// How much a cache keeps, and for how long.
///
/// # Examples
///
/// ```
/// use atp_cache::{CacheConfig, FileCache};
/// use std::time::Duration;
///
/// let config = CacheConfig::new().with_max_size(20).with_ttl(Duration::from_secs(3600));
/// let cache: FileCache<String> = FileCache::new(config)?;
/// # Ok::<(), atp_cache::ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheConfig {
    /// What the cache may hold.
    pub capacity: Capacity,
    /// How long an entry is kept after it was loaded. No limit by default.
    pub ttl: Option<Duration>,
    /// How long an entry is kept after its last use. No limit by default.
    pub time_to_idle: Option<Duration>,
}

/// What a cache may hold before the entry that was used longest ago makes room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capacity {
    /// This many entries.
    Entries(u64),
    /// Entries whose files have this many bytes together. A file that is larger than the whole
    /// is loaded each time, and an empty one counts as one byte.
    FileBytes(u64),
}

/// A limit that cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A cache for nothing; a loader without a cache is what is wanted then.
    #[error("a cache of {0:?} can hold nothing")]
    ZeroCapacity(Capacity),
    /// Entries that are gone as soon as they are there.
    #[error("{limit} is zero: every entry would have ended when it is made")]
    ZeroDuration {
        /// Which limit: `ttl` or `time_to_idle`.
        limit: &'static str,
    },
    /// A weight in file bytes for what has no file.
    #[error("instances have no file, so {0:?} cannot limit them; give a number of entries")]
    NoFileBytes(Capacity),
}

impl CacheConfig {
    /// Returns 100 entries without limits of time.
    #[must_use]
    pub const fn new() -> Self {
        Self { capacity: Capacity::Entries(100), ttl: None, time_to_idle: None }
    }

    /// Keeps at most `entries`.
    #[must_use]
    pub const fn with_max_size(mut self, entries: u64) -> Self {
        self.capacity = Capacity::Entries(entries);
        self
    }

    /// Keeps entries of at most `bytes` of files together, however many those are.
    #[must_use]
    pub const fn with_max_bytes(mut self, bytes: u64) -> Self {
        self.capacity = Capacity::FileBytes(bytes);
        self
    }

    /// Drops an entry this long after it was loaded, true or not.
    #[must_use]
    pub const fn with_ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    /// Drops an entry that nobody has used for this long.
    #[must_use]
    pub const fn with_time_to_idle(mut self, time_to_idle: Duration) -> Self {
        self.time_to_idle = Some(time_to_idle);
        self
    }

    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        if self.capacity.limit() == 0 {
            return Err(ConfigError::ZeroCapacity(self.capacity));
        }
        let limits = [("ttl", self.ttl), ("time_to_idle", self.time_to_idle)];
        match limits.into_iter().find(|(_, time)| time.is_some_and(|time| time.is_zero())) {
            Some((limit, _)) => Err(ConfigError::ZeroDuration { limit }),
            None => Ok(()),
        }
    }
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self::new()
    }
}

impl Capacity {
    /// Returns the number, of whatever it counts.
    #[must_use]
    pub const fn limit(self) -> u64 {
        match self {
            Self::Entries(limit) | Self::FileBytes(limit) => limit,
        }
    }
}
