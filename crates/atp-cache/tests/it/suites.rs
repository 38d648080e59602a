//! Suites: the environment is part of what makes two loads the same.

use atp_cache::{
    CacheConfig, CacheError, CachedTestLoader, Explanation, TestSuiteCache, clear_all_caches,
    test_suite_cache,
};
use atp_suite::{Environment, SuiteDocument, SuiteError, TestSuite};
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Barrier};
use std::thread;
use tempfile::TempDir;

const PLAIN: &str = "test_suite: plain\ntests:\n  - {id: a, name: A, task: {description: d}}\n";
const NAMED: &str = "test_suite: suite-${WHO}\ntests:\n  - {id: a, name: A, task: {description: 'for ${OF:all}'}}\n";

struct Desk {
    dir: TempDir,
    cache: TestSuiteCache,
}

impl Desk {
    fn new() -> Self {
        Self::with(CacheConfig::new())
    }

    fn with(config: CacheConfig) -> Self {
        Self { dir: tempfile::tempdir().unwrap(), cache: TestSuiteCache::new(config).unwrap() }
    }

    fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    fn loader(&self, env: Environment) -> CachedTestLoader {
        CachedTestLoader::with_cache(self.cache.clone()).with_environment(env)
    }
}

fn who(name: &str) -> Environment {
    Environment::new().with("WHO", name)
}

fn cause(error: &CacheError) -> &SuiteError {
    error.downcast_ref().expect("the cause is what is wrong with the suite")
}

/// CA-05, CA-06, CA-07, CA-08, CA-10
#[test]
fn get_put_change_invalidate_clear() {
    let desk = Desk::new();
    let (path, env) = (desk.file("a.yaml", PLAIN), Environment::new());
    assert!(desk.cache.get(&path, &env).is_none());
    assert_eq!(desk.cache.stats().misses, 1);
    desk.cache.put(&path, SuiteDocument::parse(PLAIN).unwrap()).unwrap();
    assert_eq!(desk.cache.get(&path, &env).unwrap().name, "plain");
    assert_eq!((desk.cache.stats().hits, desk.cache.stats().size), (1, 1));
    desk.file("a.yaml", &format!("{PLAIN}# appended\n"));
    assert!(desk.cache.get(&path, &env).is_none());
    assert_eq!(desk.cache.stats().evictions, 1);
    desk.cache.load(&path, &env).unwrap();
    assert_eq!(desk.cache.entries().len(), 1);
    assert!(desk.cache.invalidate(&path) && desk.cache.get(&path, &env).is_none());
    desk.cache.load(&path, &env).unwrap();
    assert_eq!((desk.cache.clear(), desk.cache.stats().size), (1, 0));
}

/// CA-09
#[test]
fn beyond_max_size_the_first_one_is_gone() {
    let desk = Desk::with(CacheConfig::new().with_max_size(2));
    let env = Environment::new();
    let paths = ["a", "b", "c"].map(|name| desk.file(name, PLAIN));
    for path in &paths {
        desk.cache.put(path, SuiteDocument::parse(PLAIN).unwrap()).unwrap();
    }
    let stats = desk.cache.stats();
    assert_eq!((stats.size, stats.evictions), (2, 1));
    assert!(desk.cache.get(&paths[0], &env).is_none());
}

/// CA-11, CA-12, CA-13
#[test]
fn a_loader_with_a_cache_of_its_own() {
    let desk = Desk::new();
    let (path, loader) = (desk.file("a.yaml", PLAIN), desk.loader(Environment::new()));
    let first = loader.load_file(&path).unwrap();
    let second = loader.load_file(&path).unwrap();
    assert!(Arc::ptr_eq(&first, &second));
    let stats = loader.cache_stats();
    assert_eq!((stats.hits, stats.misses, stats.hit_rate()), (1, 1, 0.5));
    assert!(loader.explain(&path).unwrap().is_hit());
    assert!(loader.invalidate(&path) && !loader.invalidate(&path));
    assert_eq!(loader.cache_stats().evictions, 1);
    loader.load_file(&path).unwrap();
    assert_eq!((loader.clear_cache(), loader.clear_cache()), (1, 0));
}

/// CA-14, CA-18, CA-20, C12: in the original `get_test_suite_cache()` was not the loaders' cache.
#[test]
fn the_global_cache_is_the_one_that_loaders_share() {
    let desk = Desk::new();
    let path = desk.file("global.yaml", PLAIN);
    let (one, two) = (CachedTestLoader::new(), CachedTestLoader::default());
    assert!(one.cache().unwrap().is_same(two.cache().unwrap()));
    assert!(one.cache().unwrap().is_same(test_suite_cache()));
    let first = one.load_file(&path).unwrap();
    assert!(Arc::ptr_eq(&first, &two.load_file(&path).unwrap()));
    assert!(test_suite_cache().entries().iter().any(|entry| entry.path.ends_with("global.yaml")));
    assert!(clear_all_caches()["test_suites"] >= 1);
    assert!(!Arc::ptr_eq(&first, &two.load_file(&path).unwrap()));
}

#[test]
fn a_loader_without_a_cache_reads_each_time() {
    let desk = Desk::new();
    let path = desk.file("a.yaml", PLAIN);
    let loader = CachedTestLoader::without_cache();
    let first = loader.load_file(&path).unwrap();
    assert!(!Arc::ptr_eq(&first, &loader.load_file(&path).unwrap()));
    assert!(loader.cache().is_none() && loader.explain(&path).is_none());
    assert_eq!(loader.cache_stats(), atp_cache::CacheStats::default());
    assert!(!loader.invalidate(&path));
    assert_eq!(loader.clear_cache(), 0);
}

/// C1: in the original the loader with WHO=bob got `suite-alice`, and the one with no WHO a suite
/// in place of the error.
#[test]
fn loaders_with_different_variables_never_see_each_others_suite() {
    let desk = Desk::new();
    let path = desk.file("named.yaml", NAMED);
    let [alice, bob] = ["alice", "bob"].map(|name| desk.loader(who(name)));
    let nobody = desk.loader(Environment::new());
    for _ in 0..3 {
        assert_eq!(alice.load_file(&path).unwrap().name, "suite-alice");
        assert_eq!(bob.load_file(&path).unwrap().name, "suite-bob");
        let error = nobody.load_file(&path).unwrap_err();
        assert!(
            cause(&error).to_string().contains("WHO")
                || cause(&error).render().to_string().contains("WHO")
        );
    }
    // One document, parsed once, and each suite made once.
    assert_eq!(desk.cache.stats().misses, 1);
    assert!(Arc::ptr_eq(&alice.load_file(&path).unwrap(), &alice.load_file(&path).unwrap()));
}

/// C1: only the variables that the file names count.
#[test]
fn environments_that_agree_on_the_variables_share_a_suite() {
    let desk = Desk::new();
    let path = desk.file("named.yaml", NAMED);
    let first = desk.loader(who("alice").with("HOME", "/a")).load_file(&path).unwrap();
    let again = desk.loader(who("alice").with("HOME", "/b")).load_file(&path).unwrap();
    assert!(Arc::ptr_eq(&first, &again));
    let other = desk.loader(who("alice").with("OF", "one")).load_file(&path).unwrap();
    assert_eq!(other.tests[0].task.description, "for one");
    assert_eq!(
        desk.cache.explain(&path),
        Some(Explanation::Expanded { variables: vec!["OF".into(), "WHO".into()] })
    );
    desk.loader(who("alice")).load_file(&path).unwrap();
    assert!(desk.cache.explain(&path).unwrap().is_hit());
}

/// C1: a suite without variables is everybody's.
#[test]
fn a_suite_that_names_no_variable_is_shared_by_all() {
    let desk = Desk::new();
    let path = desk.file("plain.yaml", PLAIN);
    let alice = desk.loader(who("alice")).load_file(&path).unwrap();
    assert!(Arc::ptr_eq(&alice, &desk.loader(Environment::new()).load_file(&path).unwrap()));
}

#[test]
fn of_one_file_the_expansions_used_last_are_kept() {
    let desk = Desk::new();
    let path = desk.file("named.yaml", NAMED);
    let load = |n: usize| desk.cache.load(&path, &who(&n.to_string())).unwrap();
    let (first, second) = (load(0), load(1));
    for n in 2..16 {
        load(n);
    }
    assert!(Arc::ptr_eq(&first, &load(0)));
    load(16);
    assert!(Arc::ptr_eq(&first, &load(0)), "used again before the last one came");
    assert!(!Arc::ptr_eq(&second, &load(1)));
    assert_eq!(desk.cache.stats().misses, 1);
}

/// C2, C3 for suites: an edit is seen in every environment.
#[test]
fn an_edit_reaches_every_environment() {
    let desk = Desk::new();
    let path = desk.file("named.yaml", NAMED);
    for name in ["alice", "bob"] {
        desk.cache.load(&path, &who(name)).unwrap();
    }
    desk.file("named.yaml", &NAMED.replace("suite-", "other-"));
    for name in ["alice", "bob"] {
        assert_eq!(desk.cache.load(&path, &who(name)).unwrap().name, format!("other-{name}"));
    }
}

/// C4: what one caller holds, nobody can change for another one.
#[test]
fn suites_are_shared_and_cannot_be_changed_in_place() {
    let desk = Desk::new();
    let path = desk.file("plain.yaml", PLAIN);
    let loader = desk.loader(Environment::new());
    let mut mine: Arc<TestSuite> = loader.load_file(&path).unwrap();
    assert!(Arc::get_mut(&mut mine).is_none(), "the cache holds it too");
    Arc::make_mut(&mut mine).name = "mine".to_owned();
    assert_eq!(loader.load_file(&path).unwrap().name, "plain");
}

/// C10
#[test]
fn sixty_four_threads_load_one_suite_once_in_each_environment() {
    let desk = Desk::new();
    let path = desk.file("named.yaml", NAMED);
    let start = Barrier::new(64);
    let load = |n: usize| {
        let loader = desk.loader(who(&format!("{}", n % 2)));
        start.wait();
        loader.load_file(&path).unwrap()
    };
    let suites: Vec<_> = thread::scope(|scope| {
        let load = &load;
        let threads: Vec<_> = (0..64).map(|n| scope.spawn(move || load(n))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for (n, suite) in suites.iter().enumerate() {
        assert!(Arc::ptr_eq(suite, &suites[n % 2]));
    }
    let stats = desk.cache.stats();
    assert_eq!(stats.misses - stats.coalesced, 1);
}

#[test]
fn what_is_wrong_is_told_and_not_kept() {
    let desk = Desk::new();
    let path = desk.file("bad.yaml", "test_suite: s\ntests: []\n");
    let loader = desk.loader(Environment::new());
    let error = loader.load_file(&path).unwrap_err();
    assert!(matches!(error, CacheError::Load { .. }));
    assert!(!cause(&error).to_string().is_empty());
    assert_eq!(loader.cache_stats().size, 0);
    desk.file("bad.yaml", PLAIN);
    assert_eq!(loader.load_file(&path).unwrap().name, "plain");
    let missing = loader.load_file(desk.dir.path().join("none.yaml")).unwrap_err();
    assert!(matches!(missing, CacheError::Read { .. }));
    assert!(matches!(
        desk.cache.put(&path, SuiteDocument::parse("test_suite: 1\n").unwrap()),
        Err(CacheError::Load { .. })
    ));
}

#[test]
fn a_cached_load_reports_what_an_uncached_one_does() {
    let desk = Desk::new();
    let loader = desk.loader(Environment::new());
    for id in ["a", "'${ID:a}'"] {
        let text = format!("test_suite: s\ntest_suite: t\ntests: [{{id: {id}, naem: A}}]\n");
        let path = desk.file("twice.yaml", &text);
        let error = loader.load_file(&path).unwrap_err();
        let plain = atp_suite::load_file(&path, &Environment::new()).unwrap_err();
        assert!(plain.problems().len() > 3, "{plain}");
        assert_eq!(cause(&error).to_string(), plain.to_string());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_endless_file_is_refused_within_the_limit_of_suites() {
    let error = Desk::new().loader(Environment::new()).load_file("/dev/zero").unwrap_err();
    assert!(matches!(error, CacheError::Load { .. }), "{error}");
}

#[test]
fn text_is_loaded_and_never_cached() {
    let desk = Desk::new();
    let loader = desk.loader(who("alice"));
    assert_eq!(loader.load_str(NAMED).unwrap().name, "suite-alice");
    assert_eq!(loader.cache_stats().misses, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_files_each_have_a_result_of_their_own() {
    let desk = Desk::new();
    let loader = desk.loader(who("alice"));
    let mut paths: Vec<_> = (0..40)
        .map(|n| desk.file(&format!("{n}.yaml"), &PLAIN.replace("plain", &format!("s{n}"))))
        .collect();
    paths[7] = desk.file("bad.yaml", "tests: 5\n");
    paths[9] = desk.dir.path().join("none.yaml");
    paths[11] = desk.file("named.yaml", NAMED);
    paths[12] = paths[11].clone();
    let loaded = loader.load_files(&paths).await;
    assert_eq!(loaded.len(), 40);
    for (n, (path, loaded)) in paths.iter().zip(&loaded).enumerate() {
        assert_eq!(*path, loaded.path);
        match n {
            7 => assert!(matches!(loaded.result, Err(CacheError::Load { .. }))),
            9 => assert!(matches!(loaded.result, Err(CacheError::Read { .. }))),
            11 | 12 => assert_eq!(loaded.result.as_ref().unwrap().name, "suite-alice"),
            _ => assert_eq!(loaded.result.as_ref().unwrap().name, format!("s{n}")),
        }
    }
    assert!(loader.load_files(Vec::<PathBuf>::new()).await.is_empty());
    let uncached = CachedTestLoader::without_cache().with_environment(who("bob"));
    assert_eq!(uncached.load_file_async(&paths[11]).await.unwrap().name, "suite-bob");
}

#[tokio::test]
async fn a_folder_gives_the_files_that_an_uncached_load_gives() {
    let desk = Desk::new();
    let loader = desk.loader(Environment::new());
    for (name, content) in
        [("b.yaml", PLAIN), ("a.yml", PLAIN), ("c.yaml", "tests: 5\n"), ("d.txt", "")]
    {
        desk.file(name, content);
    }
    fs::create_dir(desk.dir.path().join("sub.yaml")).unwrap();
    let cached = loader.load_dir(desk.dir.path()).await.unwrap();
    let plain = atp_suite::load_dir(desk.dir.path(), &Environment::new()).unwrap();
    let outcomes: Vec<_> = cached.iter().map(|one| (&one.path, one.result.is_ok())).collect();
    let expected: Vec<_> = plain.iter().map(|one| (&one.path, one.result.is_ok())).collect();
    assert_eq!(outcomes, expected);
    assert_eq!(outcomes.len(), 3);
    let error = loader.load_dir(desk.dir.path().join("none")).await.unwrap_err();
    assert!(matches!(error, CacheError::Load { .. }));
}
