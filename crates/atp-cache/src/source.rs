//! Where file status, file contents and the time come from: the only module that asks the system.
//!
//! Everything else gets them through [`Source`], so that a test can hand out coarse stamps, change
//! a file in the middle of a read and turn the clock.

use crate::stamp::{Stamp, since_epoch_ns};
use std::fmt::Debug;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// The file system and the two clocks.
pub(crate) trait Source: Debug + Send + Sync {
    /// Returns the stamp of what `path` names now, links followed.
    fn stamp(&self, path: &Path) -> io::Result<Stamp>;

    /// Reads up to `max_bytes` of `path` once, with the stamps from which [`Reading::stamp`] tells
    /// whether that is the file.
    fn read(&self, path: &Path, max_bytes: u64) -> io::Result<Reading>;

    /// Returns the real path of `path`, all links resolved.
    fn canonical(&self, path: &Path) -> io::Result<PathBuf>;

    /// Returns the time since a fixed moment. Never goes back.
    fn now(&self) -> Duration;

    /// Returns the wall clock in nanoseconds since the Unix epoch, to compare stamps with.
    fn wall_ns(&self) -> i128;
}

/// The bytes of a file and the stamps around reading them.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) bytes: Vec<u8>,
    /// Of the open file before the first byte and after the last, then of the path. Absent for
    /// what is no regular file: a pipe has no state to compare.
    pub(crate) stamps: Option<[Stamp; 3]>,
}

impl Reading {
    /// Returns the stamp that held from before the first byte until after the last, if one did.
    ///
    /// A file that was cut off has none.
    /// Files under `/proc` state a size of zero and then have contents: their stamps mean nothing,
    /// which shows in the size.
    pub(crate) fn stamp(&self) -> Option<Stamp> {
        let [before, after, path] = self.stamps?;
        let still = before == after && after == path && after.size == self.bytes.len() as u64;
        still.then_some(after)
    }
}

/// The system itself.
#[derive(Debug)]
pub(crate) struct System {
    origin: Instant,
}

impl System {
    pub(crate) fn new() -> Self {
        Self { origin: Instant::now() }
    }
}

impl Source for System {
    fn stamp(&self, path: &Path) -> io::Result<Stamp> {
        Stamp::of_path(path)
    }

    fn read(&self, path: &Path, max_bytes: u64) -> io::Result<Reading> {
        let mut file = File::open(path)?;
        let mut bytes = Vec::new();
        let Some(before) = Stamp::of_file(&file)? else {
            file.take(max_bytes).read_to_end(&mut bytes)?;
            return Ok(Reading { bytes, stamps: None });
        };
        // A stated size that cannot be had is an error of this file, not the end of the process.
        let expected = before.size.saturating_add(1).min(max_bytes);
        bytes.try_reserve_exact(usize::try_from(expected).unwrap_or(usize::MAX))?;
        file.by_ref().take(max_bytes).read_to_end(&mut bytes)?;
        let after = Stamp::of_file(&file)?.unwrap_or(before);
        Ok(Reading { bytes, stamps: Some([before, after, self.stamp(path)?]) })
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        fs::canonicalize(path)
    }

    fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    fn wall_ns(&self) -> i128 {
        since_epoch_ns(SystemTime::now())
    }
}

#[cfg(test)]
pub(crate) mod scripted;
