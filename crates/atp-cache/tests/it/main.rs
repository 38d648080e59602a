//! Public behaviour, by what it is about. Ids such as `CA-07` and `C2` are those of the catalogue
//! in docs/decisions/compatibility.md.
#![expect(clippy::unwrap_used, reason = "a helper of a test may fail as a test does")]

mod closing;
mod counts;
mod instances;
mod model;
mod sharing;
mod staleness;
mod stress;
#[cfg(feature = "suite")]
mod suites;

use atp_cache::{CacheConfig, FileCache};
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder with a file, and a cache of texts.
struct Desk {
    dir: TempDir,
    cache: FileCache<String>,
}

impl Desk {
    fn new() -> Self {
        Self::with(CacheConfig::new())
    }

    fn with(config: CacheConfig) -> Self {
        Self { dir: tempfile::tempdir().unwrap(), cache: FileCache::new(config).unwrap() }
    }

    /// For thousands of writes: in memory where the system has such a folder, because some file
    /// systems put every replaced file on the disk at once.
    fn in_memory() -> Self {
        Self { dir: memory_dir(), ..Self::new() }
    }

    /// Writes a file and returns its path.
    fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn load(&self, path: impl AsRef<Path>) -> String {
        self.cache.get_or_load(path, text).unwrap().to_string()
    }
}

fn memory_dir() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn text(bytes: &[u8]) -> Result<String, Infallible> {
    Ok(String::from_utf8_lossy(bytes).into_owned())
}
