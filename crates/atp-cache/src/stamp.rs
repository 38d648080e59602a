//! What the file system says about a file: enough to tell one state of it from the next.

use std::fs::Metadata;
use std::time::Duration;

/// Identity, size and times of a file at one moment.
///
/// Two equal stamps mean an unchanged file, except within one tick of the file system's clock
/// ([`Stamp::tick`]). The change time is what makes this hold: it cannot be set from outside, so
/// an edit of the same size followed by `touch -r` still shows.
///
/// Outside Unix the standard library tells neither device, inode nor change time; there an edit
/// that keeps size, creation time and modification time goes unseen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) device: u64,
    pub(crate) inode: u64,
    pub(crate) size: u64,
    pub(crate) modified_ns: i128,
    /// The change time; the creation time outside Unix.
    pub(crate) changed_ns: i128,
}

const NS_PER_SECOND: i128 = 1_000_000_000;

impl Stamp {
    #[cfg(unix)]
    pub(crate) fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        let ns = |seconds: i64, ns: i64| i128::from(seconds) * NS_PER_SECOND + i128::from(ns);
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified_ns: ns(metadata.mtime(), metadata.mtime_nsec()),
            changed_ns: ns(metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    #[cfg(not(unix))]
    pub(crate) fn of(metadata: &Metadata) -> Self {
        use std::time::{SystemTime, UNIX_EPOCH};
        let ns = |time: std::io::Result<SystemTime>| match time {
            Ok(time) => since_epoch_ns(time),
            Err(_) => 0,
        };
        Self {
            device: 0,
            inode: 0,
            size: metadata.len(),
            modified_ns: ns(metadata.modified()),
            changed_ns: ns(metadata.created()),
        }
    }

    /// Returns how long two different states of the file may share this stamp.
    ///
    /// File systems stamp once a tick of the kernel, at most 10 ms apart, for which 50 ms leaves
    /// room. Where a time has no fraction of a second the file system may keep whole seconds (two
    /// of them on FAT).
    pub(crate) fn tick(&self) -> Duration {
        let whole = |ns: i128| ns % NS_PER_SECOND == 0;
        if whole(self.modified_ns) || whole(self.changed_ns) {
            Duration::from_secs(2)
        } else {
            Duration::from_millis(50)
        }
    }

    /// Returns the names of what differs.
    pub(crate) fn differences(&self, other: &Self) -> Vec<&'static str> {
        let parts = [
            ("device", self.device != other.device),
            ("inode", self.inode != other.inode),
            ("size", self.size != other.size),
            ("modification time", self.modified_ns != other.modified_ns),
            ("change time", self.changed_ns != other.changed_ns),
        ];
        parts.into_iter().filter_map(|(name, differs)| differs.then_some(name)).collect()
    }

    /// Returns the newest time of the stamp, in nanoseconds since the Unix epoch.
    pub(crate) fn newest_ns(&self) -> i128 {
        self.modified_ns.max(self.changed_ns)
    }
}

/// Returns `time` in nanoseconds since the Unix epoch, negative before it.
pub(crate) fn since_epoch_ns(time: std::time::SystemTime) -> i128 {
    match time.duration_since(std::time::UNIX_EPOCH) {
        Ok(after) => after.as_nanos() as i128,
        Err(before) => -(before.duration().as_nanos() as i128),
    }
}
