//! A writer that never rests, and readers that must never see yesterday.

use crate::Desk;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::task::{Context, Waker};
use std::thread;

fn number(bytes: &[u8]) -> Result<String, std::str::Utf8Error> {
    std::str::from_utf8(bytes).map(str::to_owned)
}

/// Runs `write` 10,000 times beside three readers, and `beside` for as long. A reader notes which
/// write was complete when its call began; what it gets must not be older.
fn race(desk: &Desk, path: &Path, beside: impl Fn(&AtomicU64) + Sync, write: impl Fn(&str)) {
    let (written, done) = (AtomicU64::new(0), AtomicBool::new(false));
    write(&format!("{:08}", 0));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !done.load(SeqCst) {
                    let oldest = written.load(SeqCst);
                    let value = desk.cache.get_or_load(path, number).unwrap();
                    let value: u64 = value.parse().unwrap();
                    assert!(value >= oldest, "{value} was served after {oldest} was written");
                    let oldest = written.load(SeqCst);
                    if let Some(value) = desk.cache.get(path) {
                        let value: u64 = value.parse().unwrap();
                        assert!(value >= oldest, "{value} was kept after {oldest} was written");
                    }
                }
            });
        }
        scope.spawn(|| {
            while !done.load(SeqCst) {
                beside(&written);
            }
        });
        for n in 1..=10_000_u64 {
            // All of the same size.
            write(&format!("{n:08}"));
            written.store(n, SeqCst);
        }
        done.store(true, SeqCst);
    });
    assert_eq!(*desk.cache.get_or_load(path, number).unwrap(), "00010000");
}

#[test]
fn no_reader_sees_a_value_older_than_the_last_replacement_before_its_call() {
    let desk = Desk::in_memory();
    let path = desk.dir.path().join("value");
    let next = desk.dir.path().join("next");
    race(
        &desk,
        &path,
        |_| thread::yield_now(),
        |content| {
            fs::write(&next, content).unwrap();
            fs::rename(&next, &path).unwrap();
        },
    );
    let stats = desk.cache.stats();
    assert!(stats.stale > 0 && stats.misses > 0, "the readers met the writer: {stats:?}");
}

/// The same with the contents of one inode overwritten at once, so that only the times differ.
#[cfg(unix)]
#[test]
fn no_reader_sees_a_value_older_than_the_last_overwriting_before_its_call() {
    use std::os::unix::fs::FileExt;
    let desk = Desk::in_memory();
    let path = desk.file("value", "00000000");
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    let write = |content: &str| file.write_all_at(content.as_bytes(), 0).unwrap();
    race(&desk, &path, |_| thread::yield_now(), write);
}

/// The same while tasks ask too, others give up asking, and the cache is emptied all the time.
#[test]
fn neither_tasks_nor_invalidations_let_an_old_value_through() {
    let desk = Desk::in_memory();
    let path = desk.dir.path().join("value");
    let next = desk.dir.path().join("next");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let turn = AtomicU64::new(0);
    let handle = runtime.handle();
    let beside = |written: &AtomicU64| {
        let load = || desk.cache.get_or_load_async(&path, number);
        match turn.fetch_add(1, SeqCst) % 4 {
            0 => drop(desk.cache.invalidate(&path)),
            1 => drop(desk.cache.clear()),
            2 => handle.block_on(async {
                let mut given_up = Box::pin(load());
                drop(given_up.as_mut().poll(&mut Context::from_waker(Waker::noop())));
            }),
            _ => handle.block_on(async {
                let oldest = written.load(SeqCst);
                let (one, two) = tokio::join!(load(), load());
                for value in [one.unwrap(), two.unwrap()] {
                    let value: u64 = value.parse().unwrap();
                    assert!(value >= oldest, "{value} was served after {oldest} was written");
                }
            }),
        }
    };
    race(&desk, &path, beside, |content| {
        fs::write(&next, content).unwrap();
        fs::rename(&next, &path).unwrap();
    });
}
