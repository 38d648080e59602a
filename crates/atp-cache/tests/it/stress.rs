//! A writer that never rests, and readers that must never see yesterday.

use crate::Desk;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::thread;

fn number(bytes: &[u8]) -> Result<String, std::str::Utf8Error> {
    std::str::from_utf8(bytes).map(str::to_owned)
}

/// Runs `write` 10,000 times beside three readers. A reader notes which write was complete when
/// its call began; what it gets must not be older.
fn race(desk: &Desk, path: &Path, write: impl Fn(&str)) {
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
    race(&desk, &path, |content| {
        fs::write(&next, content).unwrap();
        fs::rename(&next, &path).unwrap();
    });
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
    race(&desk, &path, |content| file.write_all_at(content.as_bytes(), 0).unwrap());
}
