//! What a cache has done so far.

use crate::config::Capacity;
use serde::Serialize;
use serde::ser::SerializeStruct;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// What a cache has done so far: a copy that changes no more.
///
/// Every lookup is one hit or one miss. Serialises with its `hit_rate`, durations in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct CacheStats {
    /// Lookups that the cache served.
    pub hits: u64,
    /// Lookups that it did not serve from what it held.
    pub misses: u64,
    /// Misses because the file had changed or was gone.
    pub stale: u64,
    /// Entries that left, for whatever reason except `clear`.
    pub evictions: u64,
    /// Misses that another caller's load served, so that they loaded nothing.
    pub coalesced: u64,
    /// Time spent in reading and loading, all loads together.
    pub load_time: Duration,
    /// What the cache holds now, in what `max_size` counts.
    pub size: u64,
    /// What the cache may hold: entries, or bytes of files. Absent where there is no cache.
    pub max_size: Option<u64>,
}

impl CacheStats {
    /// Returns the share of lookups that hit, from 0 to 1, and 0 before the first lookup.
    #[must_use]
    pub fn hit_rate(&self) -> f64 {
        match self.hits.saturating_add(self.misses) {
            0 => 0.0,
            lookups => self.hits as f64 / lookups as f64,
        }
    }
}

impl Serialize for CacheStats {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_struct("CacheStats", 9)?;
        map.serialize_field("hits", &self.hits)?;
        map.serialize_field("misses", &self.misses)?;
        map.serialize_field("hit_rate", &self.hit_rate())?;
        map.serialize_field("stale", &self.stale)?;
        map.serialize_field("evictions", &self.evictions)?;
        map.serialize_field("coalesced", &self.coalesced)?;
        map.serialize_field("load_time", &self.load_time.as_secs_f64())?;
        map.serialize_field("size", &self.size)?;
        map.serialize_field("max_size", &self.max_size)?;
        map.end()
    }
}

/// The running counts. Relaxed throughout: they guard no other memory.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) hits: Counter,
    pub(crate) misses: Counter,
    pub(crate) stale: Counter,
    pub(crate) evictions: Counter,
    pub(crate) coalesced: Counter,
    load_ns: Counter,
}

#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add_one(&self) {
        self.0.fetch_add(1, Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

impl Counters {
    pub(crate) fn add_load(&self, time: Duration) {
        self.load_ns.0.fetch_add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX), Relaxed);
    }

    pub(crate) fn snapshot(&self, size: u64, capacity: Capacity) -> CacheStats {
        CacheStats {
            hits: self.hits.get(),
            misses: self.misses.get(),
            stale: self.stale.get(),
            evictions: self.evictions.get(),
            coalesced: self.coalesced.get(),
            load_time: Duration::from_nanos(self.load_ns.get()),
            size,
            max_size: Some(capacity.limit()),
        }
    }
}
