//! Adapters that are kept, so that their connections are used again.

use crate::adapter::Adapter;
use crate::registry::{BuildError, lazy_adapter_registry};
use atp_cache::{
    CacheConfig, CacheError, CacheStats, CleanupError, Instance, InstanceCache,
    register_global_cache,
};
use serde_json::Value;
use std::sync::{Arc, LazyLock};

/// Adapters by kind, configuration and runtime, built through [`lazy_adapter_registry`].
///
/// An adapter that leaves the cache is [closed](Adapter::close) when its last user lets go of it,
/// on the runtime that it was built on. A handle: clones share the cache.
#[derive(Debug, Clone)]
pub struct AdapterCache(InstanceCache<dyn Adapter>);

impl AdapterCache {
    /// Creates a cache of its own.
    ///
    /// # Errors
    ///
    /// [`atp_cache::ConfigError`] if a limit is zero, or counts the bytes of files.
    pub fn new(config: CacheConfig) -> Result<Self, atp_cache::ConfigError> {
        let close = |adapter: Arc<dyn Adapter>| async move { adapter.close().await };
        let instances = InstanceCache::builder(config).with_close(close).per_runtime().build()?;
        Ok(Self(instances))
    }

    /// Returns the adapter of `kind` and `config` for this runtime, building it if there is none.
    /// Of those that ask at the same time one builds it; a caller that is dropped leaves the
    /// building to the others.
    ///
    /// # Errors
    ///
    /// [`CacheError::Create`] with a [`BuildError`] for an unknown kind or a configuration that is
    /// not one for it. No error is kept.
    ///
    /// # Panics
    ///
    /// If awaited outside a tokio runtime.
    pub async fn get_or_create(
        &self,
        kind: &str,
        config: &Value,
    ) -> Result<Arc<Instance<dyn Adapter>>, CacheError> {
        let (owned_kind, owned_config) = (kind.to_owned(), config.clone());
        let create = || async move { build(&owned_kind, &owned_config) };
        self.0.get_or_create(kind, config, create).await
    }

    /// Returns the adapter of `kind` and `config` for this runtime if there is one.
    #[must_use]
    pub fn get(&self, kind: &str, config: &Value) -> Option<Arc<Instance<dyn Adapter>>> {
        self.0.get(kind, config)
    }

    /// Drops the adapter of `kind` and `config`, and returns whether there was one.
    pub fn invalidate(&self, kind: &str, config: &Value) -> bool {
        self.0.invalidate(kind, config)
    }

    /// Drops all adapters and returns how many there were.
    pub fn clear(&self) -> usize {
        self.0.clear()
    }

    /// Closes all adapters, those in use included, and waits until they are closed. Dropping the
    /// future stops the waiting and not the closing.
    ///
    /// # Errors
    ///
    /// [`CleanupError`] with every close that failed.
    pub async fn cleanup_all(&self) -> Result<(), CleanupError> {
        self.0.cleanup_all().await
    }

    /// Returns what the cache has done so far.
    #[doc(alias = "get_stats")]
    #[must_use]
    pub fn stats(&self) -> CacheStats {
        self.0.stats()
    }
}

/// Returns the cache of adapters of the process: 100 adapters, no limits of time.
#[doc(alias = "get_adapter_cache")]
pub fn adapter_cache() -> &'static AdapterCache {
    static CACHE: LazyLock<AdapterCache> = LazyLock::new(|| {
        let cache = AdapterCache::new(CacheConfig::new()).expect("the defaults are valid");
        let registered = cache.clone();
        register_global_cache("adapters", move || registered.clear());
        cache
    });
    &CACHE
}

fn build(kind: &str, config: &Value) -> Result<Arc<dyn Adapter>, BuildError> {
    let (builder, _) = lazy_adapter_registry().try_get(kind).map_err(BuildError::Kind)?;
    builder.build(config).map_err(BuildError::Config)
}
