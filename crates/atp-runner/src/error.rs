//! Why a suite cannot be run, or not to its end.

use atp_journal::{JournalError, Recording};
use std::error::Error;
use std::sync::Arc;

/// Why a suite cannot be run, or not to its end.
///
/// That an agent fails is no error of this kind: it is in the record of its run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A number that can only hang or do nothing.
    #[error("{what} is 0, it must be above")]
    Zero {
        /// The option.
        what: &'static str,
    },
    /// A number that could only fill the memory.
    #[error("{what} is {value}, it must be at most {max}")]
    TooLarge {
        /// The option.
        what: &'static str,
        /// What was given.
        value: u32,
        /// The highest that works.
        max: u32,
    },
    /// The rate cannot be kept.
    #[error("the rate cannot be kept")]
    Rate(#[source] atp_async::ConfigError),
    /// No test has this identifier.
    #[error("the suite has no test {id:?}")]
    UnknownTest {
        /// What was asked for.
        id: String,
    },
    /// What was recorded before belongs to another suite or agent.
    #[error("the recording is of {found}, not of {expected}")]
    OtherRecording {
        /// What this runner runs.
        expected: String,
        /// What was recorded.
        found: String,
    },
    /// The folder for workspaces cannot be used.
    #[error("workspaces cannot be kept in {}: {reason}", path.display())]
    KeepWorkspaces {
        /// The folder.
        path: std::path::PathBuf,
        /// What the system said.
        reason: String,
    },
    /// What happened cannot be written down any more, so that the runs were stopped.
    #[error("the runs were stopped, for the journal cannot be written")]
    Journal {
        /// What went wrong.
        #[source]
        source: JournalError,
        /// What happened until then, also what could not be written.
        recording: Box<Recording>,
    },
    /// A shared rate cannot be kept any more, so that the runs were stopped as if the caller had.
    /// What has no verdict is done by a run that goes on with the journal.
    #[error("the runs were stopped, for the shared rate cannot be kept")]
    RateLost {
        /// What went wrong.
        #[source]
        source: Arc<dyn Error + Send + Sync>,
        /// What happened until then.
        recording: Box<Recording>,
    },
}
