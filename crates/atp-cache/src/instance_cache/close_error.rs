//! What went wrong while instances were closed.

use crate::panic::message;
use std::any::Any;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// An instance that could not be closed. Its value is dropped all the same.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CloseError {
    /// The kind of the instance. Its configuration is not told: it may hold secrets.
    pub kind: String,
    /// What happened.
    pub reason: CloseFailure,
}

/// What happened to a close.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum CloseFailure {
    /// The close function returned this error.
    Failed(Arc<dyn Error + Send + Sync>),
    /// The close function panicked with this text.
    Panicked(String),
    /// It was given up after this time.
    TimedOut(Duration),
    /// The runtime that the instance was created on shut down first.
    RuntimeGone,
}

/// What [`cleanup_all`](super::InstanceCache::cleanup_all) could not close.
#[derive(Debug, Clone, Default, thiserror::Error)]
#[error("{} instances could not be closed", errors.len() as u64 + uncollected)]
#[non_exhaustive]
pub struct CleanupError {
    /// One for each, in the order in which they ended. At most 1,000 wait to be collected.
    pub errors: Vec<CloseError>,
    /// How many more failed while 1,000 were waiting.
    pub uncollected: u64,
}

impl CloseError {
    pub(super) fn new(kind: &str, reason: CloseFailure) -> Self {
        Self { kind: kind.to_owned(), reason }
    }
}

impl CloseFailure {
    pub(super) fn panicked(payload: &(dyn Any + Send)) -> Self {
        Self::Panicked(message(payload))
    }
}

impl fmt::Display for CloseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "closing an instance of `{}` ", self.kind)?;
        match &self.reason {
            CloseFailure::Failed(_) => f.write_str("failed"),
            CloseFailure::Panicked(message) => write!(f, "panicked: {message}"),
            CloseFailure::TimedOut(after) => write!(f, "was given up after {after:?}"),
            CloseFailure::RuntimeGone => f.write_str("was not possible: its runtime is gone"),
        }
    }
}

impl Error for CloseError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.reason {
            CloseFailure::Failed(source) => Some(&**source),
            _ => None,
        }
    }
}
