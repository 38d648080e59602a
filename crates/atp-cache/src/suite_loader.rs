//! The loader that people use: files to suites, by way of a cache.

use crate::error::CacheError;
use crate::explanation::Explanation;
use crate::global::test_suite_cache;
use crate::stats::CacheStats;
use crate::suite_cache::TestSuiteCache;
use atp_suite::{Environment, SuiteError, TestSuite};
use futures_util::StreamExt;
use futures_util::stream;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::available_parallelism;
use tokio::task::spawn_blocking;

/// Loads test suites by way of a cache: the one that all loaders share, one of its own, or none.
///
/// # Examples
///
/// ```
/// use atp_cache::CachedTestLoader;
/// use std::sync::Arc;
///
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("tests.yaml");
/// # std::fs::write(&path, "test_suite: s\ntests:\n  - {id: a, name: A, task: {description: d}}\n")?;
/// let loader = CachedTestLoader::new();
/// let suite = loader.load_file(&path)?;
/// let again = loader.load_file(&path)?;
/// assert!(Arc::ptr_eq(&suite, &again));
/// println!("Hit rate: {:.1}%", loader.cache_stats().hit_rate() * 100.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct CachedTestLoader {
    cache: Option<TestSuiteCache>,
    env: Arc<Environment>,
}

/// One file of many and what became of it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LoadedSuite {
    /// The file, as it was given.
    pub path: PathBuf,
    /// The suite, or why there is none.
    pub result: Result<Arc<TestSuite>, CacheError>,
}

impl CachedTestLoader {
    /// Creates a loader on the cache that all such loaders share, [`test_suite_cache`].
    #[must_use]
    pub fn new() -> Self {
        Self::with_cache(test_suite_cache().clone())
    }

    /// Creates a loader on `cache`.
    #[must_use]
    pub fn with_cache(cache: TestSuiteCache) -> Self {
        Self { cache: Some(cache), env: Arc::new(Environment::process()) }
    }

    /// Creates a loader that keeps nothing.
    #[must_use]
    pub fn without_cache() -> Self {
        Self { cache: None, env: Arc::new(Environment::process()) }
    }

    /// Takes the variables of suites from `env`, and not from a copy of the process environment
    /// made when the loader was created.
    #[must_use]
    pub fn with_environment(mut self, env: Environment) -> Self {
        self.env = Arc::new(env);
        self
    }

    /// Returns the cache, if there is one.
    #[must_use]
    pub fn cache(&self) -> Option<&TestSuiteCache> {
        self.cache.as_ref()
    }

    /// Loads the suite of a file. It blocks, on a hit for one request of the file's status.
    ///
    /// # Errors
    ///
    /// [`CacheError::Read`] if the file cannot be read; [`CacheError::Load`] if it is no valid
    /// suite, with the [`SuiteError`] as its source ([`CacheError::downcast_ref`]).
    pub fn load_file(&self, path: impl AsRef<Path>) -> Result<Arc<TestSuite>, CacheError> {
        let path = path.as_ref();
        match &self.cache {
            Some(cache) => cache.load(path, &self.env),
            None => match atp_suite::load_file(path, &self.env) {
                Ok(suite) => Ok(Arc::new(suite)),
                Err(error) => Err(CacheError::load(path, error)),
            },
        }
    }

    /// Loads the suite of a file, with all work on the blocking pool of the runtime. Dropping the
    /// future only stops the waiting.
    ///
    /// # Errors
    ///
    /// Those of [`load_file`](Self::load_file), and [`CacheError::Cancelled`] if the runtime
    /// shuts down.
    ///
    /// # Panics
    ///
    /// If awaited outside a tokio runtime.
    pub async fn load_file_async(
        &self,
        path: impl Into<PathBuf>,
    ) -> Result<Arc<TestSuite>, CacheError> {
        let path = path.into();
        if let Some(cache) = &self.cache {
            return cache.load_async(path, &self.env).await;
        }
        let (loader, at) = (self.clone(), path.clone());
        let loaded = spawn_blocking(move || loader.load_file(at));
        loaded.await.unwrap_or_else(|_| Err(CacheError::cancelled(path.display())))
    }

    /// Loads many files, as many at a time as there are CPUs. Gives each file's own result, in
    /// the order of `paths`. Dropping the future begins no further file; those under way are
    /// finished and kept.
    ///
    /// # Panics
    ///
    /// If awaited outside a tokio runtime.
    #[must_use = "failures are in the list"]
    pub async fn load_files<P: Into<PathBuf>>(
        &self,
        paths: impl IntoIterator<Item = P>,
    ) -> Vec<LoadedSuite> {
        let at_once = available_parallelism().map_or(1, NonZero::get);
        let paths: Vec<PathBuf> = paths.into_iter().map(Into::into).collect();
        let load = |path: PathBuf| async {
            LoadedSuite { result: self.load_file_async(path.clone()).await, path }
        };
        stream::iter(paths).map(load).buffered(at_once).collect().await
    }

    /// Loads the suites of a directory, those that [`atp_suite::load_dir`] loads and in its order,
    /// as many at a time as there are CPUs. Gives each file's own result.
    ///
    /// # Errors
    ///
    /// [`CacheError::Load`] if the directory cannot be listed, and [`CacheError::Cancelled`] if
    /// the runtime shuts down before it is.
    ///
    /// # Panics
    ///
    /// If awaited outside a tokio runtime.
    pub async fn load_dir(
        &self,
        directory: impl Into<PathBuf>,
    ) -> Result<Vec<LoadedSuite>, CacheError> {
        let directory: Arc<Path> = directory.into().into();
        let listed = Arc::clone(&directory);
        let listed = spawn_blocking(move || atp_suite::suite_files(listed)).await;
        match listed.map_err(|_| CacheError::cancelled(directory.display()))? {
            Ok(paths) => Ok(self.load_files(paths).await),
            Err(error) => Err(CacheError::load(&directory, error)),
        }
    }

    /// Loads a suite from text, which is never cached.
    ///
    /// # Errors
    ///
    /// All problems of the suite.
    pub fn load_str(&self, text: impl Into<String>) -> Result<TestSuite, SuiteError> {
        atp_suite::load_str(text, &self.env)
    }

    /// Drops what the cache keeps of `path`. Returns whether there was an entry.
    pub fn invalidate(&self, path: impl AsRef<Path>) -> bool {
        self.cache.as_ref().is_some_and(|cache| cache.invalidate(path))
    }

    /// Empties the cache, for everybody who shares it, and returns how many files were in it.
    pub fn clear_cache(&self) -> usize {
        self.cache.as_ref().map_or(0, TestSuiteCache::clear)
    }

    /// Returns what the cache has done so far, for everybody who shares it. Without a cache there
    /// were no lookups.
    #[doc(alias = "get_cache_stats")]
    #[must_use]
    pub fn cache_stats(&self) -> CacheStats {
        self.cache.as_ref().map(TestSuiteCache::stats).unwrap_or_default()
    }

    /// Returns why the last lookup of `path` hit or missed, if there was one.
    #[must_use]
    pub fn explain(&self, path: impl AsRef<Path>) -> Option<Explanation> {
        self.cache.as_ref()?.explain(path)
    }
}

impl Default for CachedTestLoader {
    fn default() -> Self {
        Self::new()
    }
}
