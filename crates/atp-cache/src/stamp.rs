//! What the file system says about a file: enough to tell one state of it from the next.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

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
    pub(crate) modified: Time,
    /// The change time; the creation time outside Unix.
    pub(crate) changed: Time,
}

/// Time since the Unix epoch, as file systems tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time {
    seconds: i64,
    /// From 0 to 999,999,999, before the epoch too.
    ns: i64,
}

const NS_PER_SECOND: i128 = 1_000_000_000;

impl Stamp {
    /// Returns the stamp of what `path` names now, links followed.
    pub(crate) fn of_path(path: &Path) -> io::Result<Self> {
        // Not by `std::fs::metadata`: it takes the larger `statx`, which costs a tenth more.
        #[cfg(unix)]
        return Ok(Self::of(&rustix::fs::stat(path)?));
        #[cfg(not(unix))]
        return std::fs::metadata(path).map(|metadata| Self::of(&metadata));
    }

    /// Returns the stamp of an open file, or nothing if it is not a regular one.
    pub(crate) fn of_file(file: &File) -> io::Result<Option<Self>> {
        #[cfg(unix)]
        {
            let stat = rustix::fs::fstat(file)?;
            let kind = rustix::fs::FileType::from_raw_mode(stat.st_mode);
            Ok(kind.is_file().then(|| Self::of(&stat)))
        }
        #[cfg(not(unix))]
        {
            let metadata = file.metadata()?;
            Ok(metadata.is_file().then(|| Self::of(&metadata)))
        }
    }

    #[cfg(unix)]
    #[expect(clippy::unnecessary_cast, reason = "the types of the fields differ between systems")]
    fn of(stat: &rustix::fs::Stat) -> Self {
        let time = |seconds: i64, ns: i64| Time { seconds, ns };
        Self {
            device: stat.st_dev as u64,
            inode: stat.st_ino as u64,
            size: stat.st_size as u64,
            modified: time(stat.st_mtime as i64, stat.st_mtime_nsec as i64),
            changed: time(stat.st_ctime as i64, stat.st_ctime_nsec as i64),
        }
    }

    #[cfg(not(unix))]
    fn of(metadata: &std::fs::Metadata) -> Self {
        let time = |time: io::Result<SystemTime>| Time::of_ns(time.map_or(0, since_epoch_ns));
        Self {
            device: 0,
            inode: 0,
            size: metadata.len(),
            modified: time(metadata.modified()),
            changed: time(metadata.created()),
        }
    }

    /// Returns how long two different states of the file may share this stamp.
    ///
    /// File systems stamp once a tick of the kernel, at most 10 ms apart, for which 50 ms leaves
    /// room. Where a time has no fraction of a second the file system may keep whole seconds (two
    /// of them on FAT).
    pub(crate) fn tick(&self) -> Duration {
        if self.modified.ns == 0 || self.changed.ns == 0 {
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
            ("modification time", self.modified != other.modified),
            ("change time", self.changed != other.changed),
        ];
        parts.into_iter().filter_map(|(name, differs)| differs.then_some(name)).collect()
    }

    /// Returns the newest time of the stamp, in nanoseconds since the Unix epoch.
    pub(crate) fn newest_ns(&self) -> i128 {
        self.modified.max(self.changed).since_epoch_ns()
    }
}

impl Time {
    #[cfg(any(test, not(unix)))]
    pub(crate) fn of_ns(ns: i128) -> Self {
        let (seconds, ns) = (ns.div_euclid(NS_PER_SECOND), ns.rem_euclid(NS_PER_SECOND));
        Self { seconds: seconds as i64, ns: ns as i64 }
    }

    pub(crate) fn since_epoch_ns(self) -> i128 {
        i128::from(self.seconds) * NS_PER_SECOND + i128::from(self.ns)
    }
}

/// Returns `time` in nanoseconds since the Unix epoch, negative before it.
pub(crate) fn since_epoch_ns(time: SystemTime) -> i128 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_nanos() as i128,
        Err(before) => -(before.duration().as_nanos() as i128),
    }
}
