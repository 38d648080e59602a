//! Every way in which a file can change without looking changed.

use crate::{Desk, text};
use atp_cache::{CacheError, Explanation};
use filetime::{FileTime, set_file_times};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What `touch -r` does afterwards: both times as they were.
fn keeping_times(path: &Path, edit: impl FnOnce(&Path)) {
    let before = fs::metadata(path).unwrap();
    edit(path);
    let (accessed, modified) =
        (FileTime::from_last_access_time(&before), FileTime::from_last_modification_time(&before));
    set_file_times(path, accessed, modified).unwrap();
}

/// C2: same size, same inode, same modification time.
#[test]
fn an_edit_of_the_same_size_with_its_time_set_back_is_seen() {
    let desk = Desk::new();
    let path = desk.file("a", "aaaa");
    assert_eq!(desk.load(&path), "aaaa");
    keeping_times(&path, |path| fs::write(path, "bbbb").unwrap());
    assert_eq!(desk.load(&path), "bbbb");
    assert_eq!(desk.cache.stats().stale, 1);
}

/// C2: the inode differs, which the original did not look at.
#[test]
fn a_rename_over_the_file_with_the_same_size_and_time_is_seen() {
    let desk = Desk::new();
    let path = desk.file("a", "aaaa");
    assert_eq!(desk.load(&path), "aaaa");
    keeping_times(&path, |path| {
        fs::rename(desk.file("b", "bbbb"), path).unwrap();
    });
    assert_eq!(desk.load(&path), "bbbb");
}

/// C2b: archives, FAT and some network mounts keep whole seconds only.
#[test]
fn an_edit_under_a_stamp_of_whole_seconds_is_seen() {
    let desk = Desk::new();
    let path = desk.file("a", "0000");
    let whole = FileTime::from_unix_time(1_700_000_000, 0);
    for n in 0..50 {
        let content = format!("{n:04}");
        fs::write(&path, &content).unwrap();
        set_file_times(&path, whole, whole).unwrap();
        assert_eq!(desk.load(&path), content);
    }
}

#[test]
fn edits_as_fast_as_they_come_are_all_seen() {
    let desk = Desk::in_memory();
    let path = desk.file("a", "0000");
    for n in 0..2_000 {
        let content = format!("{n:04}");
        fs::write(&path, &content).unwrap();
        assert_eq!(desk.load(&path), content);
    }
}

#[cfg(unix)]
#[test]
fn a_link_that_is_set_to_another_file_is_followed() {
    use std::os::unix::fs::symlink;
    let desk = Desk::new();
    let (a, b) = (desk.file("a", "aaaa"), desk.file("b", "bbbb"));
    let link = desk.dir.path().join("link");
    symlink(&a, &link).unwrap();
    assert_eq!(desk.load(&link), "aaaa");
    assert_eq!(desk.load(&b), "bbbb");
    fs::remove_file(&link).unwrap();
    symlink(&b, &link).unwrap();
    assert_eq!(desk.load(&link), "bbbb");
    // The file that it led to has not changed, and stays.
    assert_eq!(desk.cache.stats().size, 2);
    assert!(desk.cache.get(&a).is_some());
    assert_eq!(desk.cache.stats().stale, 0);
}

#[cfg(unix)]
#[test]
fn a_folder_on_the_way_that_is_replaced_is_seen() {
    use std::os::unix::fs::symlink;
    let desk = Desk::new();
    for name in ["one", "two"] {
        fs::create_dir(desk.dir.path().join(name)).unwrap();
        desk.file(&format!("{name}/a"), name);
    }
    let current = desk.dir.path().join("current");
    symlink(desk.dir.path().join("one"), &current).unwrap();
    assert_eq!(desk.load(current.join("a")), "one");
    fs::remove_file(&current).unwrap();
    symlink(desk.dir.path().join("two"), &current).unwrap();
    assert_eq!(desk.load(current.join("a")), "two");
}

#[test]
fn a_file_that_is_gone_is_not_served_and_comes_back_as_what_it_is() {
    let desk = Desk::new();
    let path = desk.file("a", "aaaa");
    desk.load(&path);
    fs::remove_file(&path).unwrap();
    assert_eq!(desk.cache.get(&path), None);
    assert_eq!(desk.cache.explain(&path), Some(Explanation::Gone));
    let stats = desk.cache.stats();
    assert_eq!((stats.size, stats.evictions, stats.stale), (0, 1, 1));
    let error = desk.cache.get_or_load(&path, text).unwrap_err();
    assert!(matches!(error, CacheError::Read { .. }));
    let cause: &io::Error = error.downcast_ref().unwrap();
    assert_eq!(cause.kind(), io::ErrorKind::NotFound);
    desk.file("a", "bbbb");
    assert_eq!(desk.load(&path), "bbbb");
}

#[test]
fn a_touched_file_is_read_again() {
    let desk = Desk::new();
    let path = desk.file("a", "aaaa");
    let before = desk.cache.get_or_load(&path, text).unwrap();
    filetime::set_file_mtime(&path, FileTime::from_unix_time(1_700_000_000, 7)).unwrap();
    assert_eq!(desk.cache.get(&path), None);
    let Some(Explanation::Changed { what }) = desk.cache.explain(&path) else { panic!("not seen") };
    assert!(what.contains(&"modification time"), "{what:?}");
    assert!(!Arc::ptr_eq(&before, &desk.cache.get_or_load(&path, text).unwrap()));
}

/// One file is one entry, however it is spelled.
#[cfg(unix)]
#[test]
fn all_spellings_of_a_path_share_one_entry() {
    let desk = Desk::new();
    fs::create_dir(desk.dir.path().join("sub")).unwrap();
    let path = desk.file("a", "aaaa");
    let link = desk.dir.path().join("link");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let spellings = [
        path.clone(),
        desk.dir.path().join("sub/../a"),
        desk.dir.path().join("./a"),
        PathBuf::from(format!("{}//a", desk.dir.path().display())),
        relative(&path),
        link,
    ];
    let first = desk.cache.get_or_load(&path, text).unwrap();
    for spelling in &spellings {
        let again = desk.cache.get_or_load(spelling, |_| Err("loaded twice")).unwrap();
        assert!(Arc::ptr_eq(&first, &again), "{}", spelling.display());
    }
    assert_eq!(desk.cache.stats().size, 1);
    // So an invalidation by any name reaches it.
    assert!(desk.cache.invalidate(&spellings[5]));
    assert_eq!(desk.cache.get(&path), None);
}

/// Returns `path` as seen from the current directory, by way of the root.
#[cfg(unix)]
fn relative(path: &Path) -> PathBuf {
    let up = std::env::current_dir().unwrap().components().count() - 1;
    let down = path.strip_prefix("/").unwrap();
    std::iter::repeat_n("..", up).collect::<PathBuf>().join(down)
}

/// `/proc` files say that they are empty, and then are not: nothing tells when they change.
#[cfg(target_os = "linux")]
#[test]
fn what_has_no_true_status_is_loaded_each_time() {
    let desk = Desk::new();
    let first = desk.load("/proc/self/status");
    assert!(!first.is_empty());
    desk.load("/proc/self/status");
    assert_eq!(desk.cache.stats().size, 0);
    assert_eq!(desk.cache.explain("/proc/self/status"), Some(Explanation::Unstable));
}

#[cfg(unix)]
#[test]
fn a_pipe_is_read_once_and_not_kept() {
    use std::io::Write;
    use std::os::fd::AsRawFd;
    let desk = Desk::new();
    let (reader, mut writer) = io::pipe().unwrap();
    writer.write_all(b"from a pipe").unwrap();
    drop(writer);
    let path = format!("/dev/fd/{}", reader.as_raw_fd());
    assert_eq!(desk.load(&path), "from a pipe");
    assert_eq!(desk.cache.stats().size, 0);
}

#[test]
fn paths_that_lead_nowhere_are_errors() {
    let desk = Desk::new();
    let file = desk.file("a", "a");
    assert_eq!(desk.load(&file), "a");
    for path in [
        PathBuf::new(),
        PathBuf::from("."),
        desk.dir.path().to_owned(),
        desk.dir.path().join("no/such/file"),
        file.join("below"),
        // What ends so is a directory, and a file cannot be read by it.
        file.join(""),
        file.join("."),
        desk.dir.path().join("missing/"),
        PathBuf::from("nul\0inside"),
    ] {
        assert_eq!(desk.cache.get(&path), None, "{path:?}");
        let error = desk.cache.get_or_load(&path, text).unwrap_err();
        assert!(matches!(error, CacheError::Read { .. }), "{path:?}: {error}");
        assert!(!desk.cache.invalidate(&path));
    }
    assert_eq!((desk.cache.stats().size, desk.cache.stats().evictions), (1, 0));
}

#[test]
fn an_empty_file_is_a_file() {
    let desk = Desk::new();
    let path = desk.file("empty", "");
    assert_eq!(desk.load(&path), "");
    assert!(desk.cache.get(&path).is_some());
}
