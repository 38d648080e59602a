//! Any parsed file, by path.

mod load;
mod lookup;
mod pooled;

use crate::config::{CacheConfig, ConfigError};
use crate::error::CacheError;
use crate::explanation::Explanation;
use crate::place::{Place, Places};
use crate::proof::Proof;
use crate::source::{Source, System};
use crate::stats::CacheStats;
use crate::store::{Slot, Store};
use atp_lazy::SingleFlight;
use load::Landing;
use pooled::Answer;
use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

/// Any parsed file by path, served only while it is true to the file.
///
/// Every lookup asks the file system for the status of the file, and compares device, inode,
/// size, modification time and change time with those that the value was read under. Where the
/// last change is so recent that a second one could bear the same times, the contents are
/// compared too. So what a call returns is never older than the file was when the call began,
/// whatever happened to it: an edit, a rename over it, a link set to another file, its removal.
/// Only what the system itself does not stamp goes unseen, such as the second of two writes to one
/// page through a memory map.
///
/// One file is one entry however its path is spelled, and one load however many ask for it.
///
/// A handle: clones share the cache. Nothing runs in the background. A value may end inside a call
/// of any other user, so its `Drop` must not use the cache.
///
/// # Examples
///
/// ```
/// use atp_cache::{CacheConfig, FileCache};
/// use std::sync::Arc;
///
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("port");
/// # std::fs::write(&path, "8000")?;
/// let ports: FileCache<u16> = FileCache::new(CacheConfig::new())?;
/// let parse = |bytes: &[u8]| String::from_utf8_lossy(bytes).parse::<u16>();
///
/// let port = ports.get_or_load(&path, parse)?;
/// let again = ports.get_or_load(&path, parse)?;
/// assert!(Arc::ptr_eq(&port, &again));
///
/// std::fs::write(&path, "9000")?;
/// assert_eq!(*ports.get_or_load(&path, parse)?, 9000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct FileCache<T> {
    inner: Arc<Inner<T>>,
}

/// An entry of a [`FileCache`] as it was when it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheEntry {
    /// The real path of the file.
    pub path: PathBuf,
    /// How many bytes the file had.
    pub file_bytes: u64,
    /// How often the entry was served.
    pub access_count: u64,
    /// Time since it was loaded.
    pub age: Duration,
    /// Time since it was served last, or loaded; kept only where there is a time to idle.
    pub idle: Option<Duration>,
}

struct Inner<T> {
    store: Store<Arc<Place>, Entry<T>>,
    places: Places,
    flights: SingleFlight<Arc<Place>, Landing<T>>,
    source: Arc<dyn Source>,
    /// How much of a file is read.
    max_bytes: u64,
}

struct Entry<T> {
    value: Arc<T>,
    proof: Arc<Proof>,
    file_bytes: u64,
}

impl<T: Send + Sync + 'static> FileCache<T> {
    /// Creates an empty cache.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if a limit of `config` is zero.
    pub fn new(config: CacheConfig) -> Result<Self, ConfigError> {
        Self::over(config, Arc::new(System::new()), u64::MAX)
    }

    /// As [`new`](Self::new), for a loader that refuses what has more than `max_bytes`: it gets
    /// no more than those of any file, and a file that is cut off so is not kept.
    #[cfg(feature = "suite")]
    pub(crate) fn reading_at_most(
        config: CacheConfig,
        max_bytes: u64,
    ) -> Result<Self, ConfigError> {
        Self::over(config, Arc::new(System::new()), max_bytes)
    }

    fn over(
        config: CacheConfig,
        source: Arc<dyn Source>,
        max_bytes: u64,
    ) -> Result<Self, ConfigError> {
        config.validate()?;
        let store = Store::new(config, Arc::clone(&source), |place: &Arc<Place>, _, for_room| {
            if for_room {
                place.note_absence(Explanation::Evicted);
            }
        });
        let flights = SingleFlight::new(|place: &Arc<Place>| place.path.display().to_string());
        let places = Places::new();
        Ok(Self { inner: Arc::new(Inner { store, places, flights, source, max_bytes }) })
    }

    /// Returns the value of `path` if it is in the cache and true to the file. It blocks for one
    /// request of the file's status.
    #[must_use]
    pub fn get(&self, path: impl AsRef<Path>) -> Option<Arc<T>> {
        self.inner.look_up(path.as_ref(), Arc::clone).ok()
    }

    /// Returns the value of `path`, from the cache or from `loader`, which gets the bytes of the
    /// file. It blocks; [`get_or_load_async`](Self::get_or_load_async) does not.
    ///
    /// Of any number of threads and tasks that ask at the same time one loads, and the others
    /// wait for it. A file that does not hold still while it is read is read up to three times,
    /// and then its value is returned without being kept; so is the value of a pipe.
    ///
    /// # Errors
    ///
    /// [`CacheError::Read`] if the file cannot be read, [`CacheError::Load`] with what the
    /// loader returned, [`CacheError::Panicked`] if it panicked, and [`CacheError::Cycle`] if it
    /// asked for the file it is loading. All who wait get the same error, and none is cached.
    pub fn get_or_load<E>(
        &self,
        path: impl AsRef<Path>,
        loader: impl FnOnce(&[u8]) -> Result<T, E>,
    ) -> Result<Arc<T>, CacheError>
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        self.get_or_load_with(path.as_ref(), loader, Arc::clone)
    }

    /// As [`get_or_load`](Self::get_or_load), with only what `take` takes of the value. A hit
    /// that needs no share of the value saves counting one.
    pub(crate) fn get_or_load_with<E, R>(
        &self,
        path: &Path,
        loader: impl FnOnce(&[u8]) -> Result<T, E>,
        take: impl Fn(&Arc<T>) -> R,
    ) -> Result<R, CacheError>
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let inner = &*self.inner;
        let mut absent = match inner.look_up(path, &take) {
            Ok(taken) => return Ok(taken),
            Err(place) => inner.absent(place),
        };
        loop {
            let (flight, leader) = inner.flights.join(Arc::clone(&absent.place));
            if let Some(leader) = leader {
                leader.run(|| inner.load(&absent, path, loader));
                return load::landed(path, flight.wait()).map(|value| take(&value));
            }
            let landing = flight.wait();
            if let Some(result) = inner.accept(&mut absent, path, landing) {
                return result.map(|value| take(&value));
            }
        }
    }

    /// Returns the value of `path` as [`get_or_load`](Self::get_or_load) does, with all file
    /// access and the loader on the blocking pool of the runtime.
    ///
    /// Dropping the future only stops the waiting: a load that it began goes on, for the others
    /// that wait for it and for the cache.
    ///
    /// # Errors
    ///
    /// Those of [`get_or_load`](Self::get_or_load), and [`CacheError::Cancelled`] if the runtime
    /// shuts down.
    ///
    /// # Panics
    ///
    /// If awaited outside a tokio runtime.
    pub async fn get_or_load_async<E>(
        &self,
        path: impl Into<PathBuf>,
        loader: impl FnOnce(&[u8]) -> Result<T, E> + Send + 'static,
    ) -> Result<Arc<T>, CacheError>
    where
        E: Into<Box<dyn Error + Send + Sync>> + 'static,
    {
        let path: Arc<Path> = path.into().into();
        let (mut waited, mut loader) = (None, loader);
        loop {
            let (inner, at) = (Arc::clone(&self.inner), Arc::clone(&path));
            let (answer, answered) = oneshot::channel();
            // Not awaited: the answer comes before the load, which ends without this caller too.
            drop(spawn_blocking(move || inner.answer(&at, waited, loader, answer)));
            match answered.await {
                Ok(Answer::Done(result)) => return result,
                Ok(Answer::Leads(flight)) => return load::landed(&path, flight.await),
                Ok(Answer::Waits(flight, absent, unused)) => {
                    waited = Some((absent, flight.await));
                    loader = unused;
                }
                Err(_) => return Err(CacheError::cancelled(path.display())),
            }
        }
    }

    /// Keeps `value` for `path` as the file is now.
    ///
    /// The caller vouches that the value is what the file holds at this moment; where it was
    /// parsed earlier, [`get_or_load`](Self::get_or_load) is the way that cannot go wrong. Loads
    /// that began before are returned to their callers and do not replace the value.
    ///
    /// # Errors
    ///
    /// [`CacheError::Read`] if the file cannot be read. The cache is unchanged then.
    pub fn put(
        &self,
        path: impl AsRef<Path>,
        value: impl Into<Arc<T>>,
    ) -> Result<Arc<T>, CacheError> {
        let (inner, path, value) = (&*self.inner, path.as_ref(), value.into());
        let place = inner.places.resolve(path, &*inner.source);
        let reading = inner.read(&place).map_err(|error| CacheError::read(path, error))?;
        let generation = inner.store.renew(&*place);
        match Proof::of(&reading, &*inner.source) {
            Some(proof) => inner.keep(&place, &reading, &Arc::new(proof), &value, generation),
            None => place.note_absence(Explanation::Unstable),
        }
        Ok(value)
    }

    /// Drops what is kept for `path`, and keeps nothing of a load that is under way. Returns
    /// whether there was an entry.
    ///
    /// Works for a file that is gone too. Of a link that was set to another file, both files are
    /// dropped.
    pub fn invalidate(&self, path: impl AsRef<Path>) -> bool {
        let (inner, path) = (&*self.inner, path.as_ref());
        let recalled = inner.places.recall(path);
        let place = inner.places.resolve(path, &*inner.source);
        let before = recalled.filter(|recalled| *recalled != place);
        let mut dropped = false;
        for place in before.iter().chain([&place]) {
            dropped |= inner.store.invalidate(&**place);
            place.note_absence(Explanation::Invalidated);
        }
        dropped
    }

    /// Drops every entry, keeps nothing of the loads that are under way, and returns how many
    /// entries there were. Counters stay.
    pub fn clear(&self) -> usize {
        for (place, _) in self.inner.store.entries() {
            place.note_absence(Explanation::Invalidated);
        }
        self.inner.store.clear()
    }

    /// Returns what is kept, by path. Whether an entry is still true to its file is only asked
    /// when it is looked up.
    #[must_use]
    pub fn entries(&self) -> Vec<CacheEntry> {
        let store = &self.inner.store;
        let entry = |(place, slot): (Arc<Arc<Place>>, Arc<Slot<Entry<T>>>)| CacheEntry {
            path: place.path.clone(),
            file_bytes: slot.value.file_bytes,
            access_count: slot.uses(),
            age: store.age(&slot),
            idle: store.idle(&slot),
        };
        let mut entries: Vec<_> = store.entries().into_iter().map(entry).collect();
        entries.sort_by(|left, right| left.path.cmp(&right.path));
        entries
    }

    /// Returns what the cache has done so far.
    #[doc(alias = "get_stats")]
    #[must_use]
    pub fn stats(&self) -> CacheStats {
        self.inner.store.stats()
    }

    /// Returns why the last lookup of `path` hit or missed, or nothing if there was none that is
    /// still remembered (65,536 spellings are).
    #[must_use]
    pub fn explain(&self, path: impl AsRef<Path>) -> Option<Explanation> {
        self.inner.places.recall(path.as_ref())?.last()
    }

    /// Says more about the last lookup of `path`, if that was a hit.
    #[cfg(feature = "suite")]
    pub(crate) fn note_hit(&self, path: &Path, explanation: impl FnOnce() -> Explanation) {
        if let Some(place) = self.inner.places.recall(path)
            && place.last().is_some_and(|last| last.is_hit())
        {
            place.note(explanation());
        }
    }

    /// Returns whether `other` is a handle of this same cache.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }
}

impl<T> Clone for FileCache<T> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<T: Send + Sync + 'static> fmt::Debug for FileCache<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileCache").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
