//! What goes wrong with a journal.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A journal that cannot be written, read or gone on with.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The file cannot be opened or made.
    #[error("cannot open {path}")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Arc<io::Error>,
    },
    /// The file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Arc<io::Error>,
    },
    /// The file cannot be written, for example because the disk is full. All that was written
    /// before is still there. Once this has happened, every later call returns it again.
    #[error("cannot write to {path}; what it holds already is kept")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Arc<io::Error>,
    },
    /// Another process writes to it.
    #[error("{path} is in use by another run")]
    Locked {
        /// The journal.
        path: PathBuf,
    },
    /// There is something else at that path. It was not touched.
    #[error("{path} is no journal")]
    NotAJournal {
        /// The file.
        path: PathBuf,
    },
    /// The process that made it came to nothing.
    #[error("{path} is empty: nothing was recorded")]
    Empty {
        /// The journal.
        path: PathBuf,
    },
    /// A line before the last is damaged.
    #[error("{path}:{line}: damaged: {reason}")]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// It was written by a newer version.
    #[error("{path} has schema {found}, and this version reads schemas up to {supported}")]
    NewerSchema {
        /// The journal.
        path: PathBuf,
        /// The schema it has.
        found: u32,
        /// The newest that can be read.
        supported: u32,
    },
    /// The suite is not what it was when the journal was begun.
    #[error("{path} is of suite {recorded}, not of {given}: the suite has changed or is another")]
    OtherSuite {
        /// The journal.
        path: PathBuf,
        /// Name and digest of the suite in the journal.
        recorded: String,
        /// Name and digest of the suite to go on with.
        given: String,
    },
    /// The journal is about another agent.
    #[error("{path} is of agent {recorded:?}, not of {given:?}")]
    OtherAgent {
        /// The journal.
        path: PathBuf,
        /// The agent in the journal.
        recorded: String,
        /// The agent to go on with.
        given: String,
    },
}

impl JournalError {
    pub(crate) fn open(path: &Path, source: io::Error) -> Self {
        Self::Open { path: path.to_owned(), source: Arc::new(source) }
    }

    pub(crate) fn read(path: &Path, source: io::Error) -> Self {
        Self::Read { path: path.to_owned(), source: Arc::new(source) }
    }

    pub(crate) fn write(path: &Path, source: io::Error) -> Self {
        Self::Write { path: path.to_owned(), source: Arc::new(source) }
    }

    pub(crate) fn corrupt(path: &Path, line: u64, reason: impl ToString) -> Self {
        // What is parsed is one line, so that the parser's own line number says nothing.
        let reason = reason.to_string().replace("at line 1 column", "at column");
        Self::Corrupt { path: path.to_owned(), line, reason }
    }
}
