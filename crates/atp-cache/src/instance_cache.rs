//! Live instances, by kind and configuration.

mod close_error;
mod key;
mod roster;

pub use close_error::{CleanupError, CloseError, CloseFailure};
pub use roster::Instance;

use crate::config::{CacheConfig, Capacity, ConfigError};
use crate::error::CacheError;
use crate::source::{Source, System};
use crate::stats::CacheStats;
use crate::store::{Found, Generation, Store};
use atp_lazy::{InitError, SingleFlight};
use key::{Key, KeyRef};
use roster::{BoxError, Closer, Roster};
use serde_json::Value;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::runtime::Handle;

/// Live instances by kind and configuration, created once, shared, and closed when they are done
/// with.
///
/// Two configurations are one key when they are equal as JSON: in whatever order the keys of
/// objects come, and with 1, 1.0 and `"1"` being three different values. Keys are compared in
/// full. No configuration ever shows in `Debug`, in an error or in a log.
///
/// An instance that leaves the cache (evicted, over its time, invalidated or cleared) is closed
/// when its last user lets go of it. The close runs as a task on the runtime that the instance
/// was created on; where that runtime is gone the value is only dropped.
///
/// A handle: clones share the cache. When the last one is dropped, the cache lets go of all
/// instances.
///
/// # Examples
///
/// ```
/// use atp_cache::{CacheConfig, InstanceCache};
/// use serde_json::json;
/// use std::io;
/// use std::sync::Arc;
///
/// struct Client { endpoint: String }
///
/// impl Client {
///     async fn close(&self) -> io::Result<()> { Ok(()) }
/// }
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
/// # runtime.block_on(async {
/// let clients: InstanceCache<Client> = InstanceCache::builder(CacheConfig::new())
///     .with_close(|client: Arc<Client>| async move { client.close().await })
///     .build()?;
///
/// let config = json!({"endpoint": "http://localhost:8000", "timeout": 30});
/// let endpoint = "http://localhost:8000".to_owned();
/// let create = || async { Ok::<_, io::Error>(Client { endpoint }) };
/// let client = clients.get_or_create("http", &config, create.clone()).await?;
/// let again = clients.get_or_create("http", &config, create).await?;
/// assert!(Arc::ptr_eq(&client, &again));
/// assert_eq!(client.endpoint, "http://localhost:8000");
///
/// clients.cleanup_all().await?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct InstanceCache<T: ?Sized + Send + Sync + 'static> {
    inner: Arc<Inner<T>>,
}

/// What an [`InstanceCache`] needs to know to be built.
#[must_use = "a builder does nothing until it is built"]
pub struct InstanceCacheBuilder<T: ?Sized + Send + Sync + 'static> {
    config: CacheConfig,
    closer: Closer<T>,
    per_runtime: bool,
}

struct Inner<T: ?Sized + Send + Sync + 'static> {
    store: Store<Arc<Key>, Kept<T>>,
    /// By generation too: who asks after an invalidation does not wait for what was being created
    /// before it, which may never end.
    flights: SingleFlight<(Arc<Key>, Generation), Created<T>>,
    roster: Arc<Roster<T>>,
    source: Arc<dyn Source>,
    per_runtime: bool,
}

/// The cache's way to an instance, whose share the roster holds.
struct Kept<T: ?Sized + Send + Sync + 'static> {
    instance: Weak<Instance<T>>,
    number: u64,
}

/// What a creation gave.
type Created<T> = Result<Arc<Instance<T>>, CacheError>;

impl<T: ?Sized + Send + Sync + 'static> InstanceCache<T> {
    /// Starts to build a cache.
    pub fn builder(config: CacheConfig) -> InstanceCacheBuilder<T> {
        let closer = Closer { close: None, timeout: Duration::from_secs(10) };
        InstanceCacheBuilder { config, closer, per_runtime: false }
    }

    /// Returns the instance of `kind` and `config` if there is one.
    #[must_use]
    pub fn get(&self, kind: &str, config: &Value) -> Option<Arc<Instance<T>>> {
        self.inner.look_up(self.inner.key(kind, config))
    }

    /// Returns the instance of `kind` and `config`, creating it if there is none.
    ///
    /// Of any number of tasks that ask at the same time one creates, and the others wait for it.
    /// The creation is a task of its own: dropping this future only stops the waiting.
    ///
    /// # Errors
    ///
    /// [`CacheError::Create`] with what `create` returned, [`CacheError::Panicked`],
    /// [`CacheError::Cycle`] if it asked for the instance it is creating, and
    /// [`CacheError::Cancelled`] if the runtime shuts down. All who wait get the same error, and
    /// none is cached.
    ///
    /// # Panics
    ///
    /// If awaited outside a tokio runtime.
    pub async fn get_or_create<F, V, E>(
        &self,
        kind: &str,
        config: &Value,
        create: impl FnOnce() -> F + Send + 'static,
    ) -> Result<Arc<Instance<T>>, CacheError>
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
        V: Into<Arc<T>> + 'static,
        E: Into<Box<dyn Error + Send + Sync>> + 'static,
    {
        let inner = &self.inner;
        let key = inner.key(kind, config);
        if let Some(instance) = inner.look_up(key) {
            return Ok(instance);
        }
        let key = key.to_key();
        loop {
            let generation = inner.store.generation(&key);
            let (flight, leader) = inner.flights.join((Arc::clone(&key), generation));
            if let Some(leader) = leader {
                let creation = Arc::clone(inner).create(key, generation, create);
                drop(tokio::spawn(leader.run_async(creation)));
                return landed(kind, flight.await);
            }
            match flight.await {
                // Its runtime is gone, and this one may have it now.
                Err(InitError::Cancelled { .. }) => {}
                outcome => {
                    if outcome.is_ok() {
                        inner.store.counters().coalesced.add_one();
                    }
                    return landed(kind, outcome);
                }
            }
        }
    }

    /// Drops the instance of `kind` and `config`, and does not keep one that is being created:
    /// its callers get it, and whoever asks from now on does not wait for it. Returns whether
    /// there was one.
    pub fn invalidate(&self, kind: &str, config: &Value) -> bool {
        self.inner.store.invalidate(&self.inner.key(kind, config))
    }

    /// Drops all instances, keeps none that is being created, and returns how many there were.
    /// Counters stay.
    pub fn clear(&self) -> usize {
        self.inner.store.clear()
    }

    /// Closes every instance that was created and is not closed yet, those in use included, and
    /// waits until all are closed.
    ///
    /// The closes begin in the order of creation and run at the same time, each within the time of
    /// [`with_close_timeout`](InstanceCacheBuilder::with_close_timeout). Instances whose creation
    /// is under way are closed when their callers let go. Dropping the future stops the waiting
    /// and not the closing; the next call collects what is left. No lock is held while waiting.
    ///
    /// # Errors
    ///
    /// [`CleanupError`] with every close that failed since the last call, also those of instances
    /// that had left before.
    pub async fn cleanup_all(&self) -> Result<(), CleanupError> {
        // Out of the cache first, so that nobody is handed what is about to be closed; the shares
        // held meanwhile make the order that of creation.
        let (shares, end) = self.inner.roster.shares();
        self.clear();
        self.inner.roster.close_before(end);
        drop(shares);
        match self.inner.roster.closed().await {
            failures if failures.errors.is_empty() => Ok(()),
            failures => Err(failures),
        }
    }

    /// Returns what the cache has done so far. Creations count as loads.
    #[doc(alias = "get_stats")]
    #[must_use]
    pub fn stats(&self) -> CacheStats {
        self.inner.store.stats()
    }
}

impl<T: ?Sized + Send + Sync + 'static> InstanceCacheBuilder<T> {
    /// Closes each instance with `close`, once, when its last user has let go. Without it an
    /// instance is only dropped.
    pub fn with_close<F, E>(mut self, close: impl Fn(Arc<T>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        self.closer.close = Some(Box::new(move |value| {
            let closed = close(value);
            Box::pin(async move { closed.await.map_err(|error| -> BoxError { error.into() }) })
        }));
        self
    }

    /// Gives up a close after `timeout`: 10 seconds unless set. The runtime needs its timer.
    pub fn with_close_timeout(mut self, timeout: Duration) -> Self {
        self.closer.timeout = timeout;
        self
    }

    /// Makes the runtime part of the key, for instances that are bound to the one they were
    /// created on, as HTTP clients are.
    pub fn per_runtime(mut self) -> Self {
        self.per_runtime = true;
        self
    }

    /// Builds the cache.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if a limit is zero, or counts the bytes of files.
    pub fn build(self) -> Result<InstanceCache<T>, ConfigError> {
        self.over(Arc::new(System::new()))
    }

    pub(crate) fn over(self, source: Arc<dyn Source>) -> Result<InstanceCache<T>, ConfigError> {
        let Self { config, closer, per_runtime } = self;
        config.validate()?;
        if matches!(config.capacity, Capacity::FileBytes(_)) {
            return Err(ConfigError::NoFileBytes(config.capacity));
        }
        let roster = Roster::new(closer);
        let leaving = Arc::clone(&roster);
        let release = move |_: &Arc<Key>, kept: &Kept<T>, _| leaving.release(kept.number);
        let store = Store::new(config, Arc::clone(&source), release);
        let flights = SingleFlight::new(|(key, _): &(Arc<Key>, _)| key.kind.to_string());
        let inner = Inner { store, flights, roster, source, per_runtime };
        Ok(InstanceCache { inner: Arc::new(inner) })
    }
}

impl<T: ?Sized + Send + Sync + 'static> Inner<T> {
    fn key<'a>(&self, kind: &'a str, config: &'a Value) -> KeyRef<'a> {
        let runtime = || Handle::try_current().ok().map(|runtime| runtime.id());
        KeyRef { kind, config, runtime: self.per_runtime.then(runtime).flatten() }
    }

    fn look_up(&self, key: KeyRef<'_>) -> Option<Arc<Instance<T>>> {
        if let Some(instance) = self.find(key) {
            return Some(instance);
        }
        self.store.counters().misses.add_one();
        None
    }

    fn find(&self, key: KeyRef<'_>) -> Option<Arc<Instance<T>>> {
        let Found::Kept(slot) = self.store.find(&key) else { return None };
        let instance = slot.value.instance.upgrade()?;
        self.store.used(&slot);
        Some(instance)
    }

    /// Creates the instance of `key`, as the one task that does.
    async fn create<F, V, E>(
        self: Arc<Self>,
        key: Arc<Key>,
        generation: Generation,
        create: impl FnOnce() -> F,
    ) -> Created<T>
    where
        F: Future<Output = Result<V, E>>,
        V: Into<Arc<T>>,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        // Another creation may have ended between this caller's lookup and its own flight.
        if let Found::Kept(slot) = self.store.find(&key)
            && let Some(instance) = slot.value.instance.upgrade()
        {
            self.store.counters().coalesced.add_one();
            return Ok(instance);
        }
        let begun_at = self.source.now();
        let created = create().await;
        self.store.counters().add_load(self.source.now().saturating_sub(begun_at));
        match created {
            Ok(value) => Ok(self.keep(key, generation, value.into())),
            Err(error) => Err(CacheError::create(&key.kind, error)),
        }
    }

    fn keep(&self, key: Arc<Key>, generation: Generation, value: Arc<T>) -> Arc<Instance<T>> {
        let instance = self.roster.enter(&key.kind, value);
        let number = instance.number();
        let kept = Kept { instance: Arc::downgrade(&instance), number };
        if !self.store.keep(key, kept, 0, generation) {
            self.roster.release(number);
        }
        instance
    }
}

impl<T: ?Sized + Send + Sync + 'static> Drop for Inner<T> {
    fn drop(&mut self) {
        // The roster and the instances hold each other until then.
        self.roster.release_all();
    }
}

/// Returns what a flight of one's own ended with.
fn landed<T: ?Sized + Send + Sync + 'static>(
    kind: &str,
    outcome: Result<Created<T>, InitError>,
) -> Created<T> {
    outcome.map_err(|error| CacheError::ended(format_args!("`{kind}`"), error))?
}

impl<T: ?Sized + Send + Sync + 'static> Clone for InstanceCache<T> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<T: ?Sized + Send + Sync + 'static> fmt::Debug for InstanceCache<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstanceCache").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

impl<T: ?Sized + Send + Sync + 'static> fmt::Debug for InstanceCacheBuilder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstanceCacheBuilder")
            .field("config", &self.config)
            .field("per_runtime", &self.per_runtime)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
