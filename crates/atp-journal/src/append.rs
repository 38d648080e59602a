//! A file that only grows.

use crate::error::JournalError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// A file whose writer appends whole lines.
#[derive(Debug)]
pub(crate) struct AppendFile {
    path: PathBuf,
    file: File,
    /// Where the last whole line ends. Held while writing, so that lines never mix.
    len: Mutex<u64>,
    /// Whether something was written since the last sync.
    is_dirty: AtomicBool,
    /// Whether the folder knows of the file for certain.
    is_linked: AtomicBool,
}

impl AppendFile {
    /// Opens a file, and makes it if there is none.
    pub(crate) fn open(path: &Path) -> Result<Self, JournalError> {
        let open = || {
            let is_linked = path.exists();
            let file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
            let len = file.metadata()?.len();
            Ok(Self {
                path: path.to_owned(),
                file,
                len: Mutex::new(len),
                is_dirty: AtomicBool::new(false),
                is_linked: AtomicBool::new(is_linked),
            })
        };
        open().map_err(|source| JournalError::open(path, source))
    }

    /// Keeps all other processes from locking the file until this one closes it.
    pub(crate) fn lock(&self) -> Result<(), JournalError> {
        /// A process that was just killed may hold the lock a moment longer, through an agent that
        /// it was about to start.
        const TRIES: u32 = 20;
        const PAUSE: Duration = Duration::from_millis(10);

        let open_error = |source| JournalError::open(&self.path, source);
        let mut tries = 1;
        while let Err(error) = self.file.try_lock() {
            match error {
                TryLockError::Error(source) => return Err(open_error(source)),
                TryLockError::WouldBlock if tries == TRIES => {
                    return Err(JournalError::Locked { path: self.path.clone() });
                }
                TryLockError::WouldBlock => thread::sleep(PAUSE),
            }
            tries += 1;
        }
        // The last owner may have written since the file was opened.
        let len = self.file.metadata().map_err(open_error)?.len();
        *self.len.lock().unwrap_or_else(PoisonError::into_inner) = len;
        Ok(())
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Cuts the file off behind `len` bytes, if it is longer.
    pub(crate) fn truncate(&self, len: u64) -> Result<(), JournalError> {
        let mut end = self.len.lock().unwrap_or_else(PoisonError::into_inner);
        if *end > len {
            self.file.set_len(len).map_err(|source| JournalError::write(&self.path, source))?;
            *end = len;
        }
        Ok(())
    }

    /// Appends `lines` with one call of the system, which the kernel then has even if this process
    /// is killed. Where they do not fit, none of them is left behind.
    pub(crate) fn append(&self, lines: &[u8]) -> Result<(), JournalError> {
        let mut end = self.len.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(source) = (&self.file).write_all(lines) {
            // The part that did fit would be a torn line. If it cannot be taken back, the next
            // reader passes over it.
            drop(self.file.set_len(*end));
            return Err(JournalError::write(&self.path, source));
        }
        *end += lines.len() as u64;
        self.is_dirty.store(true, Relaxed);
        Ok(())
    }

    /// Waits until the disk has all that was appended before the call.
    pub(crate) fn sync(&self) -> Result<(), JournalError> {
        if !self.is_dirty.swap(false, Relaxed) {
            return Ok(());
        }
        let sync = || {
            self.file.sync_data()?;
            if cfg!(unix) && !self.is_linked.load(Relaxed) {
                File::open(folder(&self.path))?.sync_all()?;
                self.is_linked.store(true, Relaxed);
            }
            Ok(())
        };
        sync().map_err(|source| {
            self.is_dirty.store(true, Relaxed);
            JournalError::write(&self.path, source)
        })
    }
}

/// The folder that a file is in.
pub(crate) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
