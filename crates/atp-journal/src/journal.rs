//! The file that a run leaves behind, whatever becomes of its process.

use crate::append::{AppendFile, folder};
use crate::block::{OpenBlock, Tail};
use crate::error::JournalError;
use crate::events::{Events, path_beside};
use crate::line::{Line, START};
use crate::replay::{Replayed, is_journal, replay};
use crate::{EventSpool, Header, Recording, RunRecord, Session, TestRecord};
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// A journal that is being written: a cheap handle, to be cloned into every task.
///
/// One process has a journal at a time, from [`Journal::create`] or [`Journal::resume`] until the
/// last handle and [`EventSpool`] are gone or the process is.
///
/// The calls block for as long as the system takes to copy a line, a few microseconds, and so may
/// be made from async code; [`Journal::sync`] waits for the disk and may not.
#[derive(Debug, Clone)]
pub struct Journal {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    records: AppendFile,
    events_path: PathBuf,
    /// Opened with the first event.
    events: Mutex<Option<Arc<AppendFile>>>,
    session: u32,
    /// The first write that failed.
    failure: OnceLock<JournalError>,
}

impl Journal {
    /// How often to call [`Journal::sync`] during a run, besides once at its end.
    pub const SYNC_INTERVAL: Duration = Duration::from_secs(1);

    /// Begins a journal, and the folders it lies in. An earlier journal at that path is replaced,
    /// with its events.
    ///
    /// # Errors
    ///
    /// [`JournalError::NotAJournal`] if there is anything else at that path,
    /// [`JournalError::Locked`] if its owner does not let go of it within a fifth of a second, as
    /// one that was just killed does, [`JournalError::Open`] and [`JournalError::Write`].
    pub fn create(path: impl AsRef<Path>, header: &Header) -> Result<Self, JournalError> {
        let path = path.as_ref();
        fs::create_dir_all(folder(path)).map_err(|source| JournalError::open(path, source))?;
        let records = open_locked(path)?;
        let mut beginning = Vec::new();
        records
            .file()
            .take(START.len() as u64)
            .read_to_end(&mut beginning)
            .map_err(|source| JournalError::read(path, source))?;
        if !is_journal(&beginning) {
            return Err(JournalError::NotAJournal { path: path.to_owned() });
        }
        Self::begin(records, header)
    }

    /// Goes on with a journal, and returns what was recorded so far. If the process that made it
    /// came to nothing, it begins anew.
    ///
    /// Linear in the number of records: events are not read. A torn last line is cut off. If the
    /// header plans anything else than the journal's, such as other tests, it is the one that
    /// counts from now on; only the time of the first start stays.
    ///
    /// # Errors
    ///
    /// [`JournalError::OtherSuite`] and [`JournalError::OtherAgent`] if the journal is about
    /// something else than `header`, [`JournalError::Corrupt`], [`JournalError::NewerSchema`],
    /// [`JournalError::NotAJournal`], [`JournalError::Locked`], [`JournalError::Open`] (also if
    /// there is no such file), [`JournalError::Read`] and [`JournalError::Write`]. The file is
    /// unchanged then.
    pub fn resume(
        path: impl AsRef<Path>,
        header: &Header,
    ) -> Result<(Self, Recording), JournalError> {
        let path = path.as_ref();
        fs::metadata(path).map_err(|source| JournalError::open(path, source))?;
        let records = open_locked(path)?;
        let Replayed { recording, whole_bytes } = replay(records.file(), path)?;
        let Some(mut recording) = recording else {
            return Ok((Self::begin(records, header)?, Recording::new(header.clone())));
        };
        same_subject(path, &recording.header, header)?;
        let mut session = recording.next_session();
        let events_path = path_beside(path);
        if events_path.exists() {
            let events = AppendFile::open(&events_path)?;
            let tail = Tail::find(events.file(), &events_path)?;
            events.truncate(tail.whole_bytes)?;
            // A process that was killed may have left events and no record.
            session = session.max(tail.session.map_or(0, |last| last.saturating_add(1)));
        }
        records.truncate(whole_bytes)?;
        let journal = Self::new(records, session);
        let started_at = recording.header.started_at;
        let planned = Header { started_at, ..header.clone() };
        if planned != recording.header {
            journal.append(&Line::Header(&planned))?;
            recording.header = planned;
        }
        Ok((journal, recording))
    }

    /// Reads what was recorded, also while a run goes on. A torn last line is passed over.
    ///
    /// # Errors
    ///
    /// [`JournalError::Empty`], [`JournalError::Corrupt`], [`JournalError::NewerSchema`],
    /// [`JournalError::NotAJournal`], [`JournalError::Open`] and [`JournalError::Read`].
    pub fn read(path: impl AsRef<Path>) -> Result<Recording, JournalError> {
        let path = path.as_ref();
        regular(path)?;
        let file = File::open(path).map_err(|source| JournalError::open(path, source))?;
        let recording = replay(file, path)?.recording;
        recording.ok_or_else(|| JournalError::Empty { path: path.to_owned() })
    }

    /// Reads the events of a journal one by one, also while a run goes on.
    ///
    /// # Errors
    ///
    /// [`JournalError::Open`] if the journal is missing or its events cannot be opened. A journal
    /// without events has none.
    pub fn events_of(path: impl AsRef<Path>) -> Result<Events, JournalError> {
        let path = path.as_ref();
        fs::metadata(path).map_err(|source| JournalError::open(path, source))?;
        Events::open(path_beside(path))
    }

    /// Returns where the events of the journal at `path` lie, whether there are any or not.
    pub fn events_path(path: impl AsRef<Path>) -> PathBuf {
        path_beside(path.as_ref())
    }

    /// Returns the number of this process's session, for its [`Session`] and every [`RunRecord`].
    pub fn session_number(&self) -> u32 {
        self.inner.session
    }

    /// Returns where the journal is.
    pub fn path(&self) -> &Path {
        self.inner.records.path()
    }

    /// Records a run. Once this returns, the record outlives the process.
    ///
    /// # Errors
    ///
    /// [`JournalError::Write`] if the journal cannot be written, now or earlier.
    pub fn run(&self, run: &RunRecord) -> Result<(), JournalError> {
        self.append(&Line::Run(run))
    }

    /// Records the verdict on a test, which is finished with it.
    ///
    /// # Errors
    ///
    /// [`JournalError::Write`] if the journal cannot be written, now or earlier.
    pub fn test(&self, test: &TestRecord) -> Result<(), JournalError> {
        self.append(&Line::Test(test))
    }

    /// Records what this process says of itself at its end.
    ///
    /// # Errors
    ///
    /// [`JournalError::Write`] if the journal cannot be written, now or earlier.
    pub fn session(&self, session: &Session) -> Result<(), JournalError> {
        self.append(&Line::Session(session))
    }

    /// Takes the events of an attempt.
    pub fn events(&self, test: &str, run: u32, attempt: u32) -> EventSpool {
        let block = OpenBlock::new(test, run, attempt, self.inner.session);
        EventSpool::new(self.clone(), block, EventSpool::LIMIT_BYTES)
    }

    /// Waits until the disk has all that was written before the call, which then outlives a loss
    /// of power too. Does nothing if nothing was written.
    ///
    /// Nothing else here waits for the disk. A run calls this about once in
    /// [`Journal::SYNC_INTERVAL`] and at its end, away from async code (tokio's `spawn_blocking`);
    /// others write on meanwhile.
    ///
    /// # Errors
    ///
    /// [`JournalError::Write`] if the disk does not take it. After an earlier failure it still
    /// brings what was written to the disk.
    pub fn sync(&self) -> Result<(), JournalError> {
        let events = lock(&self.inner.events).clone();
        // Events first: a run whose record is on the disk has its events there.
        let synced = events.map_or(Ok(()), |events| events.sync());
        self.remember(synced.and_then(|()| self.inner.records.sync()))
    }

    pub(crate) fn append_events(&self, block: &[u8]) -> Result<(), JournalError> {
        self.intact()?;
        let file = {
            let mut events = lock(&self.inner.events);
            match &*events {
                Some(file) => Ok(Arc::clone(file)),
                None => AppendFile::open(&self.inner.events_path)
                    .map(|file| Arc::clone(events.insert(Arc::new(file)))),
            }
        };
        self.remember(file.and_then(|file| file.append(block)))
    }

    fn append(&self, line: &Line<'_>) -> Result<(), JournalError> {
        self.intact()?;
        self.remember(self.inner.records.append(&line.to_bytes()))
    }

    /// Returns the first failure again.
    pub(crate) fn intact(&self) -> Result<(), JournalError> {
        self.inner.failure.get().map_or(Ok(()), |failure| Err(failure.clone()))
    }

    /// Keeps the first failure, for all later calls.
    fn remember(&self, result: Result<(), JournalError>) -> Result<(), JournalError> {
        result.map_err(|error| self.inner.failure.get_or_init(|| error).clone())
    }

    fn begin(records: AppendFile, header: &Header) -> Result<Self, JournalError> {
        records.truncate(0)?;
        let events_path = path_beside(records.path());
        match fs::remove_file(&events_path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(JournalError::write(&events_path, error));
            }
            _ => {}
        }
        let journal = Self::new(records, 0);
        journal.append(&Line::Header(header))?;
        Ok(journal)
    }

    fn new(records: AppendFile, session: u32) -> Self {
        let events_path = path_beside(records.path());
        let inner = Inner {
            records,
            events_path,
            events: Mutex::new(None),
            session,
            failure: OnceLock::new(),
        };
        Self { inner: Arc::new(inner) }
    }
}

/// Opens a journal for this process alone.
fn open_locked(path: &Path) -> Result<AppendFile, JournalError> {
    if path.exists() {
        regular(path)?;
    }
    let file = AppendFile::open(path)?;
    file.lock()?;
    Ok(file)
}

/// Pipes, devices and folders are no journals, and opening one may never return.
fn regular(path: &Path) -> Result<(), JournalError> {
    let metadata = fs::metadata(path).map_err(|source| JournalError::open(path, source))?;
    if metadata.is_file() {
        Ok(())
    } else {
        Err(JournalError::NotAJournal { path: path.to_owned() })
    }
}

fn same_subject(path: &Path, recorded: &Header, given: &Header) -> Result<(), JournalError> {
    if recorded.suite_hash != given.suite_hash {
        let (recorded, given) = (recorded.subject(), given.subject());
        return Err(JournalError::OtherSuite { path: path.to_owned(), recorded, given });
    }
    if recorded.agent != given.agent {
        let (recorded, given) = (recorded.agent.clone(), given.agent.clone());
        return Err(JournalError::OtherAgent { path: path.to_owned(), recorded, given });
    }
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
