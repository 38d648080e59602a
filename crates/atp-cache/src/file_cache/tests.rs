//! What needs a coarse file system, a clock to turn, or a hand in the middle of a read.

use super::FileCache;
use crate::source::scripted::Scripted;
#[cfg(unix)]
use crate::stamp::Stamp;
use crate::{CacheConfig, CacheError, Explanation};
use filetime::FileTime;
use std::convert::Infallible;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

const DAY: Duration = Duration::from_secs(86_400);
const SECOND: Duration = Duration::from_secs(1);

fn text(bytes: &[u8]) -> Result<String, Infallible> {
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

/// A cache over a scripted system, and a file in a folder of its own.
struct Bench {
    source: Arc<Scripted>,
    cache: FileCache<String>,
    path: PathBuf,
    dir: TempDir,
}

impl Bench {
    fn new(content: &str) -> Self {
        Self::with(CacheConfig::new(), content)
    }

    fn with(config: CacheConfig, content: &str) -> Self {
        let source = Scripted::new();
        let cache = FileCache::over(config, source.clone(), u64::MAX).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        fs::write(&path, content).unwrap();
        Self { source, cache, path, dir }
    }

    fn load(&self) -> String {
        self.load_path(&self.path)
    }

    fn load_path(&self, path: impl AsRef<Path>) -> String {
        self.cache.get_or_load(path, text).unwrap().to_string()
    }

    /// Loads the file, and again when its stamp counts.
    #[cfg(unix)]
    fn settle(&self) {
        self.load();
        self.source.advance(2 * SECOND);
        self.load();
        let reads = self.source.reads();
        self.load();
        assert_eq!((self.source.reads(), self.why()), (reads, Explanation::Unchanged));
    }

    fn why(&self) -> Explanation {
        self.cache.explain(&self.path).unwrap()
    }
}

/// C2, C2b: 200 of 200 such edits went unseen in the original.
#[test]
fn an_edit_within_one_tick_of_a_seconds_only_file_system_is_seen() {
    let bench = Bench::new("aaaa");
    bench.source.cut_stamps_to(DAY);
    for n in 0..50 {
        let content = format!("{n:04}");
        fs::write(&bench.path, &content).unwrap();
        assert_eq!(bench.load(), content);
    }
}

#[test]
fn a_file_with_the_stamp_of_another_is_told_by_its_contents() {
    let bench = Bench::new("aaaa");
    bench.source.cut_stamps_to(DAY);
    assert_eq!(bench.load(), "aaaa");
    fs::write(&bench.path, "bbbb").unwrap();
    assert_eq!(bench.cache.get(&bench.path), None);
    assert_eq!(bench.why(), Explanation::Changed { what: vec!["contents"] });
}

#[test]
fn a_young_file_is_read_again_until_a_tick_has_passed() {
    let bench = Bench::new("a");
    bench.source.cut_stamps_to(SECOND);
    bench.load();
    for read in 2..5 {
        bench.load();
        assert_eq!(bench.source.reads(), read);
        assert_eq!(bench.why(), Explanation::SameContents);
    }
    bench.source.advance(Duration::from_millis(1_999));
    bench.load();
    assert_eq!(bench.source.reads(), 5, "two seconds are not over");
    bench.source.advance(Duration::from_millis(1));
    bench.load();
    assert_eq!(bench.source.reads(), 6, "the last look");
    for _ in 0..10 {
        bench.load();
        assert_eq!(bench.why(), Explanation::Unchanged);
    }
    assert_eq!(bench.source.reads(), 6);
}

#[test]
fn fine_stamps_are_settled_after_fifty_milliseconds() {
    let bench = Bench::new("a");
    bench.load();
    bench.source.advance(Duration::from_millis(50));
    bench.load();
    bench.load();
    // Twice, or three times should the file system's stamp have come out as a whole second.
    assert_eq!(bench.source.reads(), 2);
}

/// Under `/proc` every file states a size of zero under one stamp, whatever it holds: one that was
/// empty, such as a list of children, was served as empty for ever.
#[test]
fn a_file_that_states_no_size_is_never_settled() {
    let bench = Bench::new("");
    bench.source.wall_ahead(DAY);
    for reads in 1..5 {
        bench.load();
        bench.source.advance(2 * SECOND);
        assert_eq!(bench.source.reads(), reads);
    }
    assert_eq!(bench.why(), Explanation::SameContents);
    assert_eq!(bench.cache.stats().hits, 3);
}

#[test]
fn a_file_server_with_a_slow_clock_is_not_believed() {
    let bench = Bench::new("aaaa");
    bench.source.cut_stamps_to(DAY);
    // By our wall clock the stamp is half an hour older than it is.
    bench.source.wall_ahead(Duration::from_secs(1_800));
    assert_eq!(bench.load(), "aaaa");
    fs::write(&bench.path, "bbbb").unwrap();
    assert_eq!(bench.load(), "bbbb");
}

#[test]
fn a_file_that_has_rested_is_read_once() {
    let bench = Bench::new("a");
    bench.source.wall_ahead(DAY);
    for _ in 0..5 {
        bench.load();
    }
    assert_eq!(bench.source.reads(), 1);
    assert_eq!(bench.source.canonicals.load(SeqCst), 1, "links are not followed on a hit");
}

/// C2: by the stamp alone, long after the last look at the contents.
#[cfg(unix)]
#[test]
fn an_edit_of_a_settled_file_is_seen_though_size_and_time_are_kept() {
    let bench = Bench::new("aaaa");
    let time = FileTime::from_unix_time(1_700_000_000, 5);
    filetime::set_file_mtime(&bench.path, time).unwrap();
    bench.settle();
    let settled = Stamp::of_path(&bench.path).unwrap();
    // Settled by the clock of the test; that of the file system may still be in the same tick.
    while Stamp::of_path(&bench.path).unwrap() == settled {
        fs::write(&bench.path, "bbbb").unwrap();
        filetime::set_file_mtime(&bench.path, time).unwrap();
    }
    assert_eq!(bench.cache.get(&bench.path), None);
    assert_eq!(bench.why(), Explanation::Changed { what: vec!["change time"] });
    assert_eq!(bench.load(), "bbbb");
}

/// C2: the same for a file that takes the place of a settled one.
#[cfg(unix)]
#[test]
fn a_rename_over_a_settled_file_is_seen_though_size_and_time_are_the_same() {
    let bench = Bench::new("aaaa");
    let (other, time) = (bench.dir.path().join("b"), FileTime::from_unix_time(1_700_000_000, 5));
    filetime::set_file_mtime(&bench.path, time).unwrap();
    bench.settle();
    fs::write(&other, "bbbb").unwrap();
    filetime::set_file_mtime(&other, time).unwrap();
    fs::rename(&other, &bench.path).unwrap();
    assert_eq!(bench.cache.get(&bench.path), None);
    assert!(matches!(bench.why(), Explanation::Changed { what } if what.contains(&"inode")));
    assert_eq!(bench.load(), "bbbb");
}

#[cfg(unix)]
#[test]
fn a_link_from_a_settled_file_to_its_twin_is_followed() {
    use std::os::unix::fs::symlink;
    let bench = Bench::new("aaaa");
    let (link, twin) = (bench.dir.path().join("link"), bench.dir.path().join("twin"));
    fs::write(&twin, "bbbb").unwrap();
    symlink(&bench.path, &link).unwrap();
    bench.settle();
    assert_eq!(bench.load_path(&link), "aaaa");
    fs::remove_file(&link).unwrap();
    symlink(&twin, &link).unwrap();
    assert_eq!(bench.load_path(&link), "bbbb");
    fs::remove_file(&bench.path).unwrap();
    assert_eq!(bench.cache.get(&bench.path), None);
    assert_eq!(bench.why(), Explanation::Gone);
}

#[test]
fn a_stamp_in_the_future_is_young_and_settles_too() {
    let bench = Bench::new("a");
    let future = FileTime::from_unix_time(4_102_444_800, 1);
    filetime::set_file_mtime(&bench.path, future).unwrap();
    bench.load();
    bench.load();
    assert_eq!(bench.source.reads(), 2);
    bench.source.advance(Duration::from_secs(2));
    bench.load();
    bench.load();
    assert_eq!(bench.source.reads(), 3);
}

/// C3: the original kept the old suite under the new stamp, for ever.
#[test]
fn a_file_that_changes_while_it_is_read_is_read_again() {
    let bench = Bench::new("old");
    let edits = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&edits);
    bench.source.during_read(move |path| {
        if counted.fetch_add(1, SeqCst) < 2 {
            fs::write(path, "newer").unwrap();
        }
    });
    assert_eq!(bench.load(), "newer");
    assert_eq!(bench.source.reads(), 3);
    assert_eq!(bench.cache.get(&bench.path).as_deref().map(String::as_str), Some("newer"));
}

/// C3, for a file that never holds still.
#[test]
fn after_three_tries_the_value_is_returned_and_not_kept() {
    let bench = Bench::new("0");
    let edits = AtomicUsize::new(0);
    bench.source.during_read(move |path| {
        let content = "x".repeat(edits.fetch_add(1, SeqCst) + 2);
        fs::write(path, content).unwrap();
    });
    // What the third read found: two edits after the first content.
    assert_eq!(bench.load(), "xxx");
    assert_eq!(bench.source.reads(), 3);
    assert_eq!(bench.cache.stats().size, 0);
    bench.load();
    assert_eq!(bench.why(), Explanation::Unstable);
}

/// C6: the clock of TTL and idle time is our own, and only goes forward.
#[test]
fn entries_end_with_their_time_to_live() {
    let bench = Bench::with(CacheConfig::new().with_ttl(10 * SECOND), "a");
    bench.load();
    bench.source.advance(Duration::from_millis(9_999));
    assert!(bench.cache.get(&bench.path).is_some());
    bench.source.advance(Duration::from_millis(1));
    assert_eq!(bench.cache.get(&bench.path), None);
    assert_eq!(bench.why(), Explanation::Expired);
    let stats = bench.cache.stats();
    assert_eq!((stats.hits, stats.misses, stats.evictions, stats.stale), (1, 2, 1, 0));
}

/// C6, CA-01: each use counts, and moves the time of the last one.
#[test]
fn entries_end_when_idle_and_a_use_renews_them() {
    let bench = Bench::with(CacheConfig::new().with_time_to_idle(10 * SECOND), "a");
    bench.load();
    for _ in 0..3 {
        bench.source.advance(9 * SECOND);
        assert!(bench.cache.get(&bench.path).is_some());
    }
    let entry = bench.cache.entries().remove(0);
    assert_eq!((entry.access_count, entry.idle, entry.age), (3, Some(Duration::ZERO), 27 * SECOND));
    bench.source.advance(10 * SECOND);
    assert_eq!(bench.cache.get(&bench.path), None);
    assert_eq!(bench.why(), Explanation::Idle);
}

#[test]
fn what_is_over_its_time_is_not_counted_and_does_not_stay() {
    let bench = Bench::with(CacheConfig::new().with_ttl(10 * SECOND), "a");
    bench.load();
    bench.source.advance(10 * SECOND);
    assert_eq!(bench.cache.stats().size, 0);
    assert!(bench.cache.entries().is_empty());
    // Nor does it wait for anybody to ask: an insert sweeps it out.
    bench.load();
    let weak = Arc::downgrade(&bench.cache.get(&bench.path).unwrap());
    bench.source.advance(10 * SECOND);
    let other = bench.dir.path().join("other");
    fs::write(&other, "b").unwrap();
    bench.load_path(&other);
    assert!(weak.upgrade().is_none());
}

/// C11: in the original a 300 ms stat delayed an unrelated lookup by 280 ms.
#[test]
fn a_slow_file_system_holds_up_nobody_else() {
    let bench = Bench::new("a");
    bench.load();
    let slow = bench.dir.path().join("slow");
    fs::write(&slow, "b").unwrap();
    bench.load_path(&slow);
    let (reached, wait) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let (hook_reached, hook_wait, hook_path) = (reached.clone(), wait.clone(), slow.clone());
    bench.source.before_stamp(move |path| {
        if path == hook_path {
            hook_reached.wait();
            hook_wait.wait();
        }
    });
    thread::scope(|scope| {
        let stuck = scope.spawn(|| bench.cache.get(&slow));
        reached.wait();
        assert!(bench.cache.get(&bench.path).is_some());
        assert_eq!(bench.cache.entries().len(), 2);
        wait.wait();
        // The first comparison is followed by no other, unless the file is young.
        bench.source.before_stamp(|_| {});
        assert!(stuck.join().unwrap().is_some());
    });
}

/// Leads a load of a file that holds "old!", has it hold "new!" before the load ends, and returns
/// what the leader and one who came after the write got.
fn overtaken(end: fn(&[u8]) -> Result<String, &'static str>) -> [Result<String, CacheError>; 2] {
    let bench = Bench::new("old!");
    bench.source.cut_stamps_to(DAY);
    let (cache, path) = (&bench.cache, &bench.path);
    let (entered, has_entered) = mpsc::channel();
    let (release, released) = mpsc::channel();
    let outcomes = thread::scope(|scope| {
        let slow = move |bytes: &[u8]| {
            entered.send(()).unwrap();
            released.recv().unwrap();
            end(bytes)
        };
        let leader = scope.spawn(move || cache.get_or_load(path, slow));
        has_entered.recv().unwrap();
        fs::write(path, "new!").unwrap();
        let joiner = scope.spawn(move || cache.get_or_load(path, text));
        thread::yield_now();
        release.send(()).unwrap();
        [leader.join().unwrap(), joiner.join().unwrap()]
    });
    assert_eq!(bench.load(), "new!");
    outcomes.map(|outcome| outcome.map(|value| value.to_string()))
}

/// Who joins a load that was in the air before the last write must not get what it read.
#[test]
fn a_load_from_before_the_call_is_no_answer_after_a_write() {
    for _ in 0..30 {
        let [leader, joiner] = overtaken(|bytes| Ok(String::from_utf8_lossy(bytes).into_owned()));
        assert_eq!((leader.unwrap().as_str(), joiner.unwrap().as_str()), ("old!", "new!"));
    }
}

/// The same for an error and for a panic: the file has been mended since.
#[test]
fn a_failure_from_before_the_call_is_no_answer_after_a_write() {
    for _ in 0..30 {
        let [leader, joiner] = overtaken(|_| Err("not parsed"));
        assert!(matches!(leader, Err(CacheError::Load { .. })));
        assert_eq!(joiner.unwrap(), "new!");
    }
    let [leader, joiner] = overtaken(|_| panic!("no luck"));
    assert!(matches!(leader, Err(CacheError::Panicked { .. })));
    assert_eq!(joiner.unwrap(), "new!");
}

/// A load that began before an invalidation goes to its caller, and is not kept.
#[test]
fn an_invalidation_outlives_the_loads_that_began_before_it() {
    let bench = Bench::new("a");
    let value = bench.cache.get_or_load(&bench.path, |bytes| {
        assert!(!bench.cache.invalidate(&bench.path));
        text(bytes)
    });
    assert_eq!(*value.unwrap(), "a");
    assert_eq!(bench.cache.get(&bench.path), None);
    assert_eq!(bench.why(), Explanation::Invalidated);
    let value = bench.cache.get_or_load(&bench.path, |bytes| {
        bench.cache.clear();
        text(bytes)
    });
    assert_eq!(*value.unwrap(), "a");
    assert_eq!(bench.cache.stats().size, 0);
}

/// A value that was put while a load was under way is not replaced by it.
#[test]
fn a_put_is_not_overwritten_by_a_load_that_began_before_it() {
    let bench = Bench::new("a");
    let loaded = bench.cache.get_or_load(&bench.path, |bytes| {
        bench.cache.put(&bench.path, "put".to_owned()).unwrap();
        text(bytes)
    });
    assert_eq!(*loaded.unwrap(), "a");
    assert_eq!(*bench.cache.get(&bench.path).unwrap(), "put");
}
