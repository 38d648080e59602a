//! Test suites by path and by the values of the variables they name.

use crate::config::{CacheConfig, ConfigError};
use crate::error::CacheError;
use crate::explanation::Explanation;
use crate::file_cache::{CacheEntry, FileCache};
use crate::stats::CacheStats;
use atp_lazy::SingleFlight;
use atp_suite::{Environment, MAX_FILE_BYTES, SuiteDocument, SuiteError, TestSuite};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Test suites by path and by the values of the variables they name.
///
/// What is kept of a file that names variables is the parsed document, and a suite is expanded from
/// it for each environment. The environment is part of the truth: whoever asks with other values
/// of these variables gets another suite, and all others share one. A suite that names no variable
/// is shared by everybody. Of one file at most 16 expansions are kept, those used last.
///
/// A handle: clones share the cache. See [`FileCache`] for what "true to the file" means.
///
/// # Examples
///
/// ```
/// use atp_cache::{CacheConfig, TestSuiteCache};
/// use atp_suite::Environment;
///
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("tests.yaml");
/// # std::fs::write(&path, "test_suite: greet ${WHO}\ntests:\n  - {id: a, name: A, task: {description: d}}\n")?;
/// let cache = TestSuiteCache::new(CacheConfig::new().with_max_size(100))?;
/// let ada = cache.load(&path, &Environment::new().with("WHO", "Ada"))?;
/// let bob = cache.load(&path, &Environment::new().with("WHO", "Bob"))?;
/// assert_eq!((ada.name.as_str(), bob.name.as_str()), ("greet Ada", "greet Bob"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct TestSuiteCache {
    files: FileCache<Parsed>,
}

/// What is kept of a file.
enum Parsed {
    /// It names no variable, so it is the same suite in every environment.
    Plain(Arc<TestSuite>),
    Template(Template),
}

/// A document that names variables, and the suites that were made from it.
struct Template {
    document: SuiteDocument,
    /// The last used first.
    suites: Mutex<Vec<(Environment, Arc<TestSuite>)>>,
    flights: SingleFlight<Environment, Result<Arc<TestSuite>, CacheError>>,
}

/// Expansions kept of one file.
const MAX_EXPANSIONS: usize = 16;

impl TestSuiteCache {
    /// Creates an empty cache.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if a limit of `config` is zero.
    pub fn new(config: CacheConfig) -> Result<Self, ConfigError> {
        // One byte more than is allowed, so that the loader sees a file that is too long.
        let files = FileCache::reading_at_most(config, MAX_FILE_BYTES as u64 + 1)?;
        Ok(Self { files })
    }

    /// Returns the suite of `path` in `env` if its file is in the cache and unchanged.
    #[must_use]
    pub fn get(&self, path: impl AsRef<Path>, env: &Environment) -> Option<Arc<TestSuite>> {
        let path = path.as_ref();
        let parsed = self.files.get(path)?;
        self.expand(&parsed, path, env).ok()
    }

    /// Returns the suite of `path` in `env`, from the cache or from the file. It blocks.
    ///
    /// # Errors
    ///
    /// [`CacheError::Read`] if the file cannot be read, and [`CacheError::Load`] with the
    /// [`SuiteError`](atp_suite::SuiteError) if it is no valid suite in `env`.
    pub fn load(
        &self,
        path: impl AsRef<Path>,
        env: &Environment,
    ) -> Result<Arc<TestSuite>, CacheError> {
        let path = path.as_ref();
        let ready = |parsed: &Arc<Parsed>| parsed.suite(env).ok_or_else(|| Arc::clone(parsed));
        match self.files.get_or_load_with(path, Parsed::from_file(path), ready)? {
            Ok(suite) => Ok(suite),
            Err(parsed) => self.expand(&parsed, path, env),
        }
    }

    /// Returns the suite as [`load`](Self::load) does, with all work on the blocking pool of the
    /// runtime. Dropping the future only stops the waiting.
    ///
    /// # Errors
    ///
    /// Those of [`load`](Self::load), and [`CacheError::Cancelled`] if the runtime shuts down.
    ///
    /// # Panics
    ///
    /// If awaited outside a tokio runtime.
    pub async fn load_async(
        &self,
        path: impl Into<PathBuf>,
        env: &Environment,
    ) -> Result<Arc<TestSuite>, CacheError> {
        let path: Arc<Path> = path.into().into();
        let load = Parsed::from_file(Arc::clone(&path));
        let parsed = self.files.get_or_load_async(&*path, load).await?;
        if let Some(suite) = parsed.suite(env) {
            return Ok(suite);
        }
        let (cache, env, at) = (self.clone(), env.clone(), Arc::clone(&path));
        let expanded = tokio::task::spawn_blocking(move || cache.expand(&parsed, &at, &env));
        expanded.await.unwrap_or_else(|_| Err(CacheError::cancelled(path.display())))
    }

    /// Keeps a parsed document for `path` as the file is now; see [`FileCache::put`].
    ///
    /// # Errors
    ///
    /// [`CacheError::Read`] if the file cannot be read, and [`CacheError::Load`] if the document
    /// names no variable and is no valid suite. The cache is unchanged then.
    pub fn put(&self, path: impl AsRef<Path>, document: SuiteDocument) -> Result<(), CacheError> {
        let path = path.as_ref();
        let parsed = Parsed::of(document).map_err(|error| CacheError::load(path, error))?;
        self.files.put(path, parsed).map(drop)
    }

    /// Drops what is kept for `path`, in every environment. Returns whether there was an entry.
    pub fn invalidate(&self, path: impl AsRef<Path>) -> bool {
        self.files.invalidate(path)
    }

    /// Drops every entry and returns how many files there were. Counters stay.
    pub fn clear(&self) -> usize {
        self.files.clear()
    }

    /// Returns the files that are kept, by path.
    #[must_use]
    pub fn entries(&self) -> Vec<CacheEntry> {
        self.files.entries()
    }

    /// Returns what the cache has done so far. Lookups count files: one that hit may still have
    /// had to expand the document for new values of its variables.
    #[doc(alias = "get_stats")]
    #[must_use]
    pub fn stats(&self) -> CacheStats {
        self.files.stats()
    }

    /// Returns why the last lookup of `path` hit or missed, if there was one.
    #[must_use]
    pub fn explain(&self, path: impl AsRef<Path>) -> Option<Explanation> {
        self.files.explain(path)
    }

    /// Returns whether `other` is a handle of this same cache.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.files.is_same(&other.files)
    }

    fn expand(
        &self,
        parsed: &Parsed,
        path: &Path,
        env: &Environment,
    ) -> Result<Arc<TestSuite>, CacheError> {
        let template = match parsed {
            Parsed::Plain(suite) => return Ok(Arc::clone(suite)),
            Parsed::Template(template) => template,
        };
        if let Some(suite) = template.suite(env) {
            return Ok(suite);
        }
        let names = template.document.variables().iter().map(|variable| variable.name.clone());
        self.files.note_hit(path, || Explanation::Expanded { variables: names.collect() });
        template.expand(path, env)
    }
}

impl Parsed {
    /// Returns the loader of a file, which errors call `path`.
    fn from_file(path: impl AsRef<Path>) -> impl FnOnce(&[u8]) -> Result<Self, SuiteError> {
        move |bytes| Self::of(SuiteDocument::from_bytes(bytes.to_vec(), path)?)
    }

    fn of(document: SuiteDocument) -> Result<Self, SuiteError> {
        if document.variables().is_empty() {
            return Ok(Self::Plain(Arc::new(document.expand(&Environment::new())?)));
        }
        let flights = SingleFlight::new(|_| "the expansion of a suite".to_owned());
        Ok(Self::Template(Template { document, suites: Mutex::default(), flights }))
    }

    /// Returns the suite in `env`, if it is there already.
    fn suite(&self, env: &Environment) -> Option<Arc<TestSuite>> {
        match self {
            Self::Plain(suite) => Some(Arc::clone(suite)),
            Self::Template(template) => template.suite(env),
        }
    }
}

impl Template {
    /// Returns the suite that was expanded with the values that `env` has.
    fn suite(&self, env: &Environment) -> Option<Arc<TestSuite>> {
        let variables = self.document.variables();
        let same = |kept: &Environment| {
            variables.iter().all(|variable| kept.get(&variable.name) == env.get(&variable.name))
        };
        let mut suites = self.lock();
        let at = suites.iter().position(|(kept, _)| same(kept))?;
        suites[..=at].rotate_right(1);
        Some(Arc::clone(&suites[0].1))
    }

    /// Expands for `env`, once for all who ask with the same values. An error is not kept.
    fn expand(&self, path: &Path, env: &Environment) -> Result<Arc<TestSuite>, CacheError> {
        let relevant = self.document.relevant(env);
        let (flight, leader) = self.flights.join(relevant.clone());
        if let Some(leader) = leader {
            leader.run(|| {
                // Another expansion may have ended in between.
                if let Some(suite) = self.suite(env) {
                    return Ok(suite);
                }
                let suite = self.document.expand(&relevant);
                let suite = Arc::new(suite.map_err(|error| CacheError::load(path, error))?);
                let mut suites = self.lock();
                suites.truncate(MAX_EXPANSIONS - 1);
                suites.insert(0, (relevant, Arc::clone(&suite)));
                Ok(suite)
            });
        }
        flight.wait().unwrap_or_else(|error| Err(CacheError::ended(path.display(), error)))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Environment, Arc<TestSuite>)>> {
        self.suites.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
