//! One place a file, however its path is spelled.

use crate::explanation::Explanation;
use crate::source::Source;
use dashmap::DashMap;
use foldhash::fast::RandomState;
use std::ffi::OsString;
use std::hash::{BuildHasher, Hash, Hasher};
use std::path::{Path, PathBuf, absolute};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The real path of a file, and what is known about its lookups.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    /// Of `path`, taken once: a hit hashes these eight bytes only.
    hash: u64,
    /// The last lookup was a plain hit, whatever `last` says.
    hit: AtomicBool,
    notes: Mutex<Notes>,
}

#[derive(Debug)]
struct Notes {
    /// Why the last lookup hit or missed.
    last: Option<Explanation>,
    /// Why there is no entry, when there is none.
    absent: Explanation,
}

/// The places of the paths that were looked up, by their spelling.
///
/// The memo is only believed where a stamp confirms it: a link that was set to another file, or a
/// relative path after a change of directory, leads to another inode.
#[derive(Debug)]
pub(crate) struct Places {
    memo: DashMap<OsString, Arc<Place>, RandomState>,
    hasher: RandomState,
}

/// Spellings remembered. Beyond them the memo starts anew, which costs each file one resolution.
const MAX_SPELLINGS: usize = 65_536;

impl Places {
    pub(crate) fn new() -> Self {
        Self { memo: DashMap::default(), hasher: RandomState::default() }
    }

    /// Returns the place that `path` led to last.
    pub(crate) fn recall(&self, path: &Path) -> Option<Arc<Place>> {
        self.memo.get(path.as_os_str()).map(|place| Arc::clone(&place))
    }

    /// Finds where `path` leads now.
    ///
    /// A path that leads nowhere has a place too, the one where a file of that name would be.
    pub(crate) fn resolve(&self, path: &Path, source: &dyn Source) -> Arc<Place> {
        let canonical = real_path(path, source);
        if self.memo.len() >= MAX_SPELLINGS {
            self.memo.clear();
        }
        let place = {
            let new = || Arc::new(Place::new(canonical.clone(), self.hasher.hash_one(&canonical)));
            let entry = self.memo.entry(canonical.clone().into_os_string()).or_insert_with(new);
            Arc::clone(&entry)
        };
        // By bytes: `a//b` equals `a/b` as a path, and is another spelling.
        if path.as_os_str() != canonical.as_os_str() {
            self.memo.insert(path.as_os_str().to_owned(), Arc::clone(&place));
        }
        place
    }
}

fn real_path(path: &Path, source: &dyn Source) -> PathBuf {
    let of_parent = || {
        let name = path.file_name()?;
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let real = source.canonical(parent.unwrap_or(Path::new("."))).ok()?.join(name);
        // What ends in a slash or a dot asks for a folder of that name, and must not be answered
        // with a file.
        let spelled = path.as_os_str().as_encoded_bytes();
        Some(if spelled.ends_with(name.as_encoded_bytes()) { real } else { real.join("") })
    };
    let canonical = source.canonical(path).ok().or_else(of_parent);
    canonical.or_else(|| absolute(path).ok()).unwrap_or_else(|| path.to_owned())
}

impl Place {
    fn new(path: PathBuf, hash: u64) -> Self {
        let notes = Mutex::new(Notes { last: None, absent: Explanation::NeverLoaded });
        Self { path, hash, hit: AtomicBool::new(false), notes }
    }

    /// Notes that a lookup found the file unchanged: the one thing a hit does here.
    pub(crate) fn note_hit(&self) {
        // Read first: most hits follow a hit, and then nothing is written.
        if !self.hit.load(Relaxed) {
            self.hit.store(true, Relaxed);
        }
    }

    /// Notes why a lookup did what it did.
    pub(crate) fn note(&self, explanation: Explanation) {
        self.hit.store(false, Relaxed);
        self.notes().last = Some(explanation);
    }

    /// Notes why there is no entry from now on.
    pub(crate) fn note_absence(&self, because: Explanation) {
        self.notes().absent = because;
    }

    /// Returns why there is no entry.
    pub(crate) fn absence(&self) -> Explanation {
        self.notes().absent.clone()
    }

    /// Returns why the last lookup hit or missed.
    pub(crate) fn last(&self) -> Option<Explanation> {
        if self.hit.load(Relaxed) {
            return Some(Explanation::Unchanged);
        }
        self.notes().last.clone()
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        // By bytes, as in the memo: a path that ends in a slash is no spelling of the file.
        std::ptr::eq(self, other) || self.path.as_os_str() == other.path.as_os_str()
    }
}

impl Eq for Place {}

impl Hash for Place {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}
