//! Why a cache could not give what was asked for.

use atp_lazy::InitError;
use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A load or a creation that gave no value.
///
/// Cheap to clone: everybody who waited for one load gets the same error with the same cause.
/// An error is never cached, so the next call tries again.
// Display and source are written out: the derive would hand out the `Arc` around a cause as the
// cause, and a caller could then not downcast it to the loader's own error.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum CacheError {
    /// The file could not be read.
    Read {
        /// The file, as the caller named it.
        path: PathBuf,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// The loader refused what the file holds.
    Load {
        /// The file, as the caller named it.
        path: PathBuf,
        /// What the loader returned.
        source: Arc<dyn Error + Send + Sync>,
    },
    /// The creator of an instance failed.
    Create {
        /// The kind of the instance. Its configuration is not told: it may hold secrets.
        kind: String,
        /// What the creator returned.
        source: Arc<dyn Error + Send + Sync>,
    },
    /// The loader or creator panicked. The panic went no further.
    Panicked {
        /// The file or the kind.
        what: String,
        /// The text of the panic.
        message: String,
    },
    /// The load came to wait for itself, directly or through other loads.
    Cycle {
        /// The loads along the ring, as `a -> b -> a`.
        ring: String,
    },
    /// The runtime that was to run the load shut down first.
    Cancelled {
        /// The file or the kind.
        what: String,
    },
}

impl CacheError {
    pub(crate) fn read(path: &Path, source: io::Error) -> Self {
        Self::Read { path: path.to_owned(), source: Arc::new(source) }
    }

    pub(crate) fn load(path: &Path, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Load { path: path.to_owned(), source: Arc::from(source.into()) }
    }

    pub(crate) fn create(kind: &str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Create { kind: kind.to_owned(), source: Arc::from(source.into()) }
    }

    pub(crate) fn cancelled(what: impl fmt::Display) -> Self {
        Self::Cancelled { what: what.to_string() }
    }

    /// Returns the error of a flight that ended without an outcome of its own.
    pub(crate) fn ended(what: impl fmt::Display, error: InitError) -> Self {
        match error {
            InitError::Cycle(ring) => Self::Cycle { ring: ring.to_string() },
            InitError::Panicked { message, .. } => {
                Self::Panicked { what: what.to_string(), message }
            }
            _ => Self::cancelled(what),
        }
    }

    /// Returns the cause as the type that the loader or creator returned, or as
    /// [`io::Error`] for a file that could not be read.
    #[must_use]
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        self.source()?.downcast_ref()
    }
}

impl fmt::Display for CacheError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { path, .. } => write!(f, "cannot read {}", path.display()),
            Self::Load { path, .. } => write!(f, "cannot load {}", path.display()),
            Self::Create { kind, .. } => write!(f, "cannot create an instance of `{kind}`"),
            Self::Panicked { what, message } => write!(f, "loading {what} panicked: {message}"),
            Self::Cycle { ring } => write!(f, "loading waits for itself: {ring}"),
            Self::Cancelled { what } => write!(f, "the runtime shut down while loading {what}"),
        }
    }
}

impl Error for CacheError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Read { source, .. } => Some(&**source),
            Self::Load { source, .. } | Self::Create { source, .. } => Some(&**source),
            Self::Panicked { .. } | Self::Cycle { .. } | Self::Cancelled { .. } => None,
        }
    }
}
