//! Entries by key: capacity by moka, time by our own clock, and no late comer after an
//! invalidation.

use crate::config::{CacheConfig, Capacity};
use crate::source::Source;
use crate::stats::{CacheStats, Counters};
use foldhash::fast::RandomState;
use moka::notification::RemovalCause;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use std::hash::{BuildHasher, Hash};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Entries by key.
///
/// moka's own expiry runs on a clock that no test can turn, so it only limits the size here.
pub(crate) struct Store<K, V> {
    slots: Cache<K, Arc<Slot<V>>, RandomState>,
    config: CacheConfig,
    generations: [Mutex<u64>; SHARDS],
    hasher: RandomState,
    source: Arc<dyn Source>,
    counters: Arc<Counters>,
    next_purge_ns: AtomicU64,
    /// What has left since [`let_go`](Self::let_go). An entry's end may run code of others, who
    /// may come back here, so it is put off until no lock is held, of moka's or of this.
    left: Arc<Mutex<Vec<Left<K, V>>>>,
    on_leave: Box<OnLeave<K, V>>,
}

struct Left<K, V> {
    key: Arc<K>,
    slot: Arc<Slot<V>>,
    for_room: bool,
}

type OnLeave<K, V> = dyn Fn(&K, &V, bool) + Send + Sync;

/// An entry and its use.
#[derive(Debug)]
pub(crate) struct Slot<V> {
    pub(crate) value: V,
    weight: u32,
    kept_at: Duration,
    used_ns: AtomicU64,
    uses: AtomicU64,
}

/// What a [`Store`] has under a key.
#[derive(Debug)]
pub(crate) enum Found<V> {
    Kept(Arc<Slot<V>>),
    Expired,
    Idle,
    Absent,
}

/// The generation of a key when a load began: it may be kept only while that lasts.
///
/// Keys share generations, so the invalidation of one key now and then keeps the load of another
/// out of the cache. That costs one more load; a count for each key would have no bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Generation(u64);

const SHARDS: usize = 64;

impl<K: Hash + Eq + Clone + Send + Sync + 'static, V: Send + Sync + 'static> Store<K, V> {
    /// Creates an empty store of a valid `config`; `on_leave` hears of every entry that leaves,
    /// and whether that was to make room.
    pub(crate) fn new(
        config: CacheConfig,
        source: Arc<dyn Source>,
        on_leave: impl Fn(&K, &V, bool) + Send + Sync + 'static,
    ) -> Self {
        let counters = Arc::new(Counters::default());
        let evictions = Arc::clone(&counters);
        let left = Arc::new(Mutex::new(Vec::new()));
        let leaving = Arc::clone(&left);
        let slots = Cache::builder()
            .max_capacity(config.capacity.limit())
            // moka's default would rather refuse the newest entry.
            .eviction_policy(EvictionPolicy::lru())
            .weigher(|_, slot: &Arc<Slot<V>>| slot.weight)
            .eviction_listener(move |key: Arc<K>, slot: Arc<Slot<V>>, cause| {
                let for_room = cause == RemovalCause::Size;
                if for_room {
                    evictions.evictions.add_one();
                }
                lock(&leaving).push(Left { key, slot, for_room });
            })
            .build_with_hasher(RandomState::default());
        Self {
            slots,
            config,
            generations: [const { Mutex::new(0) }; SHARDS],
            hasher: RandomState::default(),
            source,
            counters,
            next_purge_ns: AtomicU64::new(0),
            left,
            on_leave: Box::new(on_leave),
        }
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Finds what is kept under `key`; an entry that is over its time leaves.
    pub(crate) fn find<Q>(&self, key: &Q) -> Found<V>
    where
        Q: Hash + moka::Equivalent<K> + ?Sized,
    {
        let Some(slot) = self.slots.get(key) else { return Found::Absent };
        let Some(over) = self.over(&slot) else { return Found::Kept(slot) };
        self.forget(key, &slot);
        over
    }

    /// Counts a hit of `slot`.
    pub(crate) fn used(&self, slot: &Slot<V>) {
        slot.uses.fetch_add(1, Relaxed);
        // The clock costs as much as all the counting: it is read only for those who ask.
        if self.config.time_to_idle.is_some() {
            slot.used_ns.store(ns(self.source.now()), Relaxed);
        }
        self.counters.hits.add_one();
    }

    /// Returns the generation that a load which begins now may be kept in.
    pub(crate) fn generation<Q: Hash + ?Sized>(&self, key: &Q) -> Generation {
        Generation(*self.shard(key))
    }

    /// Keeps `value`, of a file of `bytes`, unless its generation is over. Returns whether it did.
    pub(crate) fn keep(&self, key: K, value: V, bytes: u64, generation: Generation) -> bool {
        let now = self.source.now();
        let weight = match self.config.capacity {
            Capacity::Entries(_) => 1,
            Capacity::FileBytes(_) => u32::try_from(bytes.max(1)).unwrap_or(u32::MAX),
        };
        let used_ns = AtomicU64::new(ns(now));
        let slot = Arc::new(Slot { value, weight, kept_at: now, used_ns, uses: AtomicU64::new(0) });
        {
            let shard = self.shard(&key);
            if *shard != generation.0 {
                return false;
            }
            self.slots.insert(key, slot);
        }
        if ns(now) >= self.next_purge_ns.load(Relaxed) {
            self.purge(now);
        }
        // Makes room now: without it moka does so some inserts later.
        self.slots.run_pending_tasks();
        self.let_go();
        true
    }

    /// Ends the generation of `key` without dropping what is kept, and returns the new one.
    pub(crate) fn renew<Q: Hash + ?Sized>(&self, key: &Q) -> Generation {
        let mut shard = self.shard(key);
        *shard += 1;
        Generation(*shard)
    }

    /// Drops `slot`, unless another one has taken its place.
    pub(crate) fn forget<Q>(&self, key: &Q, slot: &Arc<Slot<V>>)
    where
        Q: Hash + moka::Equivalent<K> + ?Sized,
    {
        {
            let _shard = self.shard(key);
            if !self.slots.get(key).is_some_and(|kept| Arc::ptr_eq(&kept, slot)) {
                return;
            }
            self.slots.invalidate(key);
        }
        self.counters.evictions.add_one();
        self.let_go();
    }

    /// Drops what is kept under `key`, and what is being loaded for it will not be kept either.
    pub(crate) fn invalidate<Q>(&self, key: &Q) -> bool
    where
        Q: Hash + moka::Equivalent<K> + ?Sized,
    {
        let removed = {
            let mut shard = self.shard(key);
            *shard += 1;
            self.slots.remove(key)
        };
        if removed.is_some() {
            self.counters.evictions.add_one();
        }
        self.let_go();
        removed.is_some()
    }

    /// Drops everything that was kept or being loaded when this was called, and returns how many
    /// entries that were.
    pub(crate) fn clear(&self) -> usize {
        for shard in &self.generations {
            *lock(shard) += 1;
        }
        let cleared = self.slots.iter().filter(|(key, _)| self.slots.remove(&**key).is_some());
        let cleared = cleared.count();
        self.slots.run_pending_tasks();
        self.let_go();
        cleared
    }

    /// Returns what is kept now, in no particular order.
    pub(crate) fn entries(&self) -> Vec<(Arc<K>, Arc<Slot<V>>)> {
        self.purge(self.source.now());
        self.slots.iter().collect()
    }

    pub(crate) fn stats(&self) -> CacheStats {
        self.purge(self.source.now());
        self.slots.run_pending_tasks();
        self.let_go();
        self.counters.snapshot(self.slots.weighted_size(), self.config.capacity)
    }

    pub(crate) fn age(&self, slot: &Slot<V>) -> Duration {
        self.source.now().saturating_sub(slot.kept_at)
    }

    /// Returns the time since the last use, if there is a time to idle to keep it for.
    pub(crate) fn idle(&self, slot: &Slot<V>) -> Option<Duration> {
        let used_at = Duration::from_nanos(slot.used_ns.load(Relaxed));
        self.config.time_to_idle.map(|_| self.source.now().saturating_sub(used_at))
    }

    /// Drops all entries that are over their time. Inserts come here a few times in the shortest
    /// limit, so the walk over all entries is paid for by many of them.
    fn purge(&self, now: Duration) {
        let limits = [self.config.ttl, self.config.time_to_idle];
        let Some(shortest) = limits.into_iter().flatten().min() else {
            self.next_purge_ns.store(u64::MAX, Relaxed);
            return;
        };
        self.next_purge_ns.store(ns(now + shortest / 4), Relaxed);
        for (key, slot) in &self.slots {
            if self.over(&slot).is_some() {
                self.forget(&*key, &slot);
            }
        }
    }

    /// Ends the entries that have left.
    fn let_go(&self) {
        let left = std::mem::take(&mut *lock(&self.left));
        for Left { key, slot, for_room } in left {
            (self.on_leave)(&key, &slot.value, for_room);
        }
    }

    fn over(&self, slot: &Slot<V>) -> Option<Found<V>> {
        if self.config.ttl.is_some_and(|limit| self.age(slot) >= limit) {
            Some(Found::Expired)
        } else if self.config.time_to_idle.is_some() && self.idle(slot) >= self.config.time_to_idle
        {
            Some(Found::Idle)
        } else {
            None
        }
    }

    fn shard<Q: Hash + ?Sized>(&self, key: &Q) -> MutexGuard<'_, u64> {
        lock(&self.generations[self.hasher.hash_one(key) as usize % SHARDS])
    }
}

impl<V> Slot<V> {
    pub(crate) fn uses(&self) -> u64 {
        self.uses.load(Relaxed)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn ns(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
