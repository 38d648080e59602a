//! governor's keyed store with a bound.

use crate::sync::lock;
use governor::nanos::Nanos;
use governor::state::direct::NotKeyed;
use governor::state::keyed::{DashMapStateStore, ShrinkableKeyedStateStore};
use governor::state::{InMemoryState, StateStore};
use std::hash::Hash;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

/// At most `max_keys` keys, and one bucket for all others.
pub(super) struct BoundedKeys<K: Hash + Eq> {
    keys: DashMapStateStore<K>,
    max_keys: usize,
    overflow: InMemoryState,
    /// Keys are added one at a time, so that their number is exact.
    adding: Mutex<()>,
    /// A hint: `max_keys` were reached. Relaxed, because a late look only delays a sweep.
    full: AtomicBool,
    overflowed: AtomicU64,
}

impl<K: Hash + Eq + Clone> BoundedKeys<K> {
    pub(super) fn new(max_keys: usize) -> Self {
        Self {
            keys: DashMapStateStore::default(),
            max_keys,
            overflow: InMemoryState::default(),
            adding: Mutex::new(()),
            full: AtomicBool::new(false),
            overflowed: AtomicU64::new(0),
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.full.load(Relaxed)
    }

    pub(super) fn overflowed(&self) -> u64 {
        self.overflowed.load(Relaxed)
    }

    /// Adds `key`. False if there is no room for it.
    fn add(&self, key: &K) -> bool {
        let adding = lock(&self.adding);
        if self.keys.contains_key(key) {
            return true;
        }
        let room = self.max_keys - self.keys.len();
        if room > 0 {
            self.keys.insert(key.clone(), InMemoryState::default());
        }
        self.full.store(room <= 1, Relaxed);
        drop(adding);
        room > 0
    }
}

/// The store that the limiter owns, and that we look into.
pub(super) struct SharedKeys<K: Hash + Eq>(pub(super) Arc<BoundedKeys<K>>);

impl<K: Hash + Eq + Clone> StateStore for SharedKeys<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, f: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let keys = &*self.0;
        loop {
            // The guard of the map lives for this one line and is held across no other code.
            if let Some(state) = keys.keys.get(key) {
                return state.measure_and_replace(&NotKeyed::NonKey, f);
            }
            if !keys.add(key) {
                keys.overflowed.fetch_add(1, Relaxed);
                return keys.overflow.measure_and_replace(&NotKeyed::NonKey, f);
            }
        }
    }
}

impl<K: Hash + Eq + Clone> ShrinkableKeyedStateStore<K> for SharedKeys<K> {
    fn retain_recent(&self, drop_below: Nanos) {
        let adding = lock(&self.0.adding);
        self.0.keys.retain_recent(drop_below);
        self.0.full.store(self.0.keys.len() >= self.0.max_keys, Relaxed);
        drop(adding);
    }

    fn len(&self) -> usize {
        self.0.keys.len()
    }

    fn is_empty(&self) -> bool {
        self.0.keys.is_empty()
    }
}
