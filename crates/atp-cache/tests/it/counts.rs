//! What the cache holds, for how many, and what it says of itself.

use crate::{Desk, text};
use atp_cache::{
    CacheConfig, CacheError, CacheStats, Capacity, ConfigError, Explanation, FileCache,
    InstanceCache, clear_all_caches, register_global_cache,
};
use std::path::PathBuf;
use std::time::Duration;

/// CA-01
#[test]
fn a_use_counts_in_the_entry() {
    let desk = Desk::new();
    let path = desk.file("a", "four");
    desk.load(&path);
    let before = desk.cache.entries();
    assert_eq!((before.len(), before[0].access_count, before[0].file_bytes), (1, 0, 4));
    assert_eq!(before[0].path, path.canonicalize().unwrap());
    desk.load(&path);
    let after = desk.cache.entries();
    assert_eq!(after[0].access_count, 1);
}

/// CA-02, CA-03, CA-04
#[test]
fn the_hit_rate_is_the_share_of_lookups_and_zero_before_any() {
    let desk = Desk::new();
    assert_eq!(desk.cache.stats().hit_rate(), 0.0);
    let (a, b) = (desk.file("a", "a"), desk.file("b", "b"));
    desk.load(&a);
    desk.load(&b);
    for _ in 0..8 {
        desk.load(&a);
    }
    let stats = desk.cache.stats();
    assert_eq!((stats.hits, stats.misses, stats.hit_rate()), (8, 2, 0.8));
    assert!(stats.load_time > Duration::ZERO);
    let json = serde_json::to_value(stats).unwrap();
    let keys: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    for key in ["hits", "misses", "hit_rate", "evictions", "size", "max_size"] {
        assert!(keys.contains(&key), "{keys:?}");
    }
    assert_eq!((&json["hit_rate"], &json["max_size"]), (&0.8.into(), &100.into()));
}

/// C9: in the original a caller held the live counts, and could write them.
#[test]
fn statistics_are_a_copy() {
    let desk = Desk::new();
    let path = desk.file("a", "a");
    let before: CacheStats = desk.cache.stats();
    desk.load(&path);
    assert_eq!((before.misses, desk.cache.stats().misses), (0, 1));
}

/// CA-05, CA-06, CA-07, CA-08, CA-10 for any file; those of suites are in `suites`.
#[test]
fn get_put_change_invalidate_clear() {
    let desk = Desk::new();
    let path = desk.file("a", "a");
    assert_eq!(desk.cache.get(&path), None);
    assert_eq!(desk.cache.stats().misses, 1);

    desk.cache.put(&path, "put".to_owned()).unwrap();
    assert_eq!(*desk.cache.get(&path).unwrap(), "put");
    assert_eq!((desk.cache.stats().hits, desk.cache.stats().size), (1, 1));

    desk.file("a", "ab");
    assert_eq!(desk.cache.get(&path), None);
    assert_eq!((desk.cache.stats().evictions, desk.cache.stats().stale), (1, 1));

    desk.load(&path);
    assert!(desk.cache.invalidate(&path));
    assert!(!desk.cache.invalidate(&path));
    assert_eq!(desk.cache.get(&path), None);
    assert_eq!(desk.cache.explain(&path), Some(Explanation::Invalidated));

    desk.load(&path);
    let before = desk.cache.stats();
    assert_eq!(desk.cache.clear(), 1);
    assert_eq!(desk.cache.clear(), 0);
    let after = desk.cache.stats();
    assert_eq!((after.size, after.evictions), (0, before.evictions), "clear is no eviction");
    assert_eq!((after.hits, after.misses), (before.hits, before.misses));
}

/// CA-09
#[test]
fn beyond_max_size_the_one_used_longest_ago_leaves() {
    let desk = Desk::with(CacheConfig::new().with_max_size(2));
    let [a, b, c] = ["a", "b", "c"].map(|name| desk.file(name, name));
    desk.load(&a);
    desk.load(&b);
    desk.load(&c);
    let stats = desk.cache.stats();
    assert_eq!((stats.size, stats.evictions, stats.max_size), (2, 1, Some(2)));
    assert_eq!(desk.cache.get(&a), None);
    assert_eq!(desk.cache.explain(&a), Some(Explanation::Evicted));
    // Used now, so the other one is next.
    desk.load(&b);
    desk.load(&a);
    assert!(desk.cache.get(&b).is_some());
    assert_eq!(desk.cache.get(&c), None);
}

/// C5: in the original an eviction walked over all entries, 21 ms at 100,000; moka takes the end
/// of a list. The size is exact all the while.
#[test]
fn size_never_exceeds_the_maximum() {
    let desk = Desk::with(CacheConfig::new().with_max_size(10));
    for n in 0..200 {
        desk.load(desk.file(&format!("{n}"), "x"));
        let stats = desk.cache.stats();
        assert_eq!(stats.size, 10.min(n + 1));
        assert_eq!(stats.size as usize, desk.cache.entries().len());
    }
    assert_eq!(desk.cache.stats().evictions, 190);
}

#[test]
fn a_weight_counts_the_bytes_of_the_files() {
    let desk = Desk::with(CacheConfig::new().with_max_bytes(1_000));
    let [a, b] = ["a", "b"].map(|name| desk.file(name, &name.repeat(400)));
    desk.load(&a);
    desk.load(&b);
    assert_eq!((desk.cache.stats().size, desk.cache.stats().max_size), (800, Some(1_000)));
    desk.load(desk.file("c", &"c".repeat(400)));
    assert_eq!(desk.cache.stats().size, 800);
    assert_eq!(desk.cache.get(&a), None);
    // What is larger than the whole is loaded and not kept.
    let large = desk.file("large", &"x".repeat(1_001));
    assert_eq!(desk.load(&large).len(), 1_001);
    assert_eq!(desk.cache.get(&large), None);
    // Empty files are not free.
    let empty: FileCache<String> = FileCache::new(CacheConfig::new().with_max_bytes(3)).unwrap();
    for n in 0..10 {
        empty.get_or_load(desk.file(&format!("empty-{n}"), ""), text).unwrap();
    }
    assert_eq!(empty.stats().size, 3);
}

/// C7: the original accepted 0 and -5, and held one entry.
#[test]
fn limits_of_zero_are_refused() {
    let refused = |config| FileCache::<String>::new(config).unwrap_err();
    let zero = refused(CacheConfig::new().with_max_size(0));
    assert_eq!(zero, ConfigError::ZeroCapacity(Capacity::Entries(0)));
    refused(CacheConfig::new().with_max_bytes(0));
    refused(CacheConfig::new().with_ttl(Duration::ZERO));
    refused(CacheConfig::new().with_time_to_idle(Duration::ZERO));
    let build = InstanceCache::<String>::builder(CacheConfig::new().with_max_bytes(5)).build();
    assert_eq!(build.unwrap_err(), ConfigError::NoFileBytes(Capacity::FileBytes(5)));
    let forever = CacheConfig::new().with_ttl(Duration::MAX).with_time_to_idle(Duration::MAX);
    let desk = Desk::with(forever.with_max_size(u64::MAX));
    let path = desk.file("a", "a");
    desk.load(&path);
    assert!(desk.cache.get(&path).is_some());
}

/// C8: in the original this evicted an innocent entry and stored nothing.
#[test]
fn a_put_for_a_missing_file_is_an_error_and_changes_nothing() {
    let desk = Desk::with(CacheConfig::new().with_max_size(1));
    let path = desk.file("a", "a");
    desk.load(&path);
    let error = desk.cache.put(desk.dir.path().join("missing"), "x".to_owned()).unwrap_err();
    assert!(matches!(error, CacheError::Read { .. }));
    assert!(desk.cache.get(&path).is_some());
    assert_eq!(desk.cache.stats().evictions, 0);
}

#[test]
fn explanations_say_why() {
    let desk = Desk::new();
    let path = desk.file("a", "a");
    assert_eq!(desk.cache.explain(&path), None);
    desk.load(&path);
    let why = desk.cache.explain(&path).unwrap();
    assert_eq!((why.is_hit(), why.to_string()), (false, "miss: not loaded before".to_owned()));
    desk.load(&path);
    assert!(desk.cache.explain(&path).unwrap().is_hit());
    desk.file("a", "ab");
    desk.load(&path);
    let why = desk.cache.explain(&path).unwrap().to_string();
    assert!(why.starts_with("miss: changed in size"), "{why}");
}

#[test]
fn handles_share_the_cache_and_debug_shows_no_value() {
    let desk = Desk::new();
    let path = desk.file("a", "secret");
    let other = desk.cache.clone();
    desk.load(&path);
    assert!(other.is_same(&desk.cache) && other.get(&path).is_some());
    assert!(!format!("{other:?}").contains("secret"));
    assert!(!other.is_same(&FileCache::new(CacheConfig::new()).unwrap()));
}

/// CA-20
#[test]
fn clearing_all_caches_tells_what_each_had() {
    let desk = Desk::new();
    desk.load(desk.file("a", "a"));
    let cache = desk.cache.clone();
    register_global_cache("counts", move || {
        // Whoever clears may register.
        register_global_cache("counts, nested", || 0);
        cache.clear()
    });
    assert_eq!(clear_all_caches()["counts"], 1);
    let cleared = clear_all_caches();
    assert_eq!((cleared["counts"], cleared["counts, nested"]), (0, 0));
}

/// The memo of spellings has a bound, and starting it anew costs nothing but time.
#[test]
fn more_spellings_than_are_remembered_still_lead_to_one_entry() {
    let desk = Desk::new();
    let path = desk.file("a", "a");
    desk.load(&path);
    let missing = desk.dir.path().join("none");
    for n in 0..70_000 {
        assert!(desk.cache.get(PathBuf::from(format!("{}-{n}", missing.display()))).is_none());
    }
    assert!(desk.cache.get(&path).is_some());
    assert_eq!(desk.cache.stats().size, 1);
    assert!(desk.cache.invalidate(&path));
}
