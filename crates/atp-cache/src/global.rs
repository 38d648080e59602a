//! The caches of the process, and emptying them all.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Caches = BTreeMap<&'static str, Clear>;
type Clear = Arc<dyn Fn() -> usize + Send + Sync>;

/// How each global cache is emptied.
static CACHES: Mutex<Caches> = Mutex::new(Caches::new());

/// Makes [`clear_all_caches`] empty one more cache: `clear` returns how many entries it dropped.
///
/// For caches that live as long as the process; each registers itself at its first use. A cache
/// that registers under a name that is taken replaces the one before.
///
/// # Examples
///
/// ```
/// use atp_cache::{CacheConfig, FileCache, clear_all_caches, register_global_cache};
///
/// let cache: FileCache<String> = FileCache::new(CacheConfig::new())?;
/// register_global_cache("notes", move || cache.clear());
/// assert_eq!(clear_all_caches()["notes"], 0);
/// # Ok::<(), atp_cache::ConfigError>(())
/// ```
pub fn register_global_cache(
    name: &'static str,
    clear: impl Fn() -> usize + Send + Sync + 'static,
) {
    let replaced = caches().insert(name, Arc::new(clear));
    drop(replaced);
}

/// Empties every global cache that was used so far, and returns how many entries each had.
pub fn clear_all_caches() -> BTreeMap<&'static str, usize> {
    // Copied out, because clearing runs the code of others, who may register a cache.
    let caches = caches().clone();
    caches.into_iter().map(|(name, clear)| (name, clear())).collect()
}

fn caches() -> MutexGuard<'static, Caches> {
    CACHES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the cache of test suites that all [`CachedTestLoader`](crate::CachedTestLoader)s made
/// by `new` share: 100 suites, no limits of time.
#[cfg(feature = "suite")]
#[doc(alias = "get_test_suite_cache")]
pub fn test_suite_cache() -> &'static crate::TestSuiteCache {
    use crate::{CacheConfig, TestSuiteCache};
    use std::sync::LazyLock;

    static CACHE: LazyLock<TestSuiteCache> = LazyLock::new(|| {
        let cache = TestSuiteCache::new(CacheConfig::new()).expect("the defaults are valid");
        let registered = cache.clone();
        register_global_cache("test_suites", move || registered.clear());
        cache
    });
    &CACHE
}
