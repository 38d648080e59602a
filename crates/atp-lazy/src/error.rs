//! Why a value that was asked for is not there.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// An initialisation, or the load of a flight, that gave no value.
///
/// Cheap to clone, because everybody who waited for one attempt gets the same error. The next
/// call after it starts a new attempt: nothing stays poisoned.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum InitError {
    /// The value needs itself, directly or through others.
    #[error("initialisation cycle: {0}")]
    Cycle(CyclePath),
    /// The initialiser panicked; the panic hook has already printed it.
    #[error("initialisation of `{name}` panicked: {message}")]
    Panicked {
        /// What was being initialised.
        name: String,
        /// The text the initialiser panicked with.
        message: String,
    },
    /// The initialiser returned an error.
    #[error("initialisation of `{name}` failed")]
    Failed {
        /// What was being initialised.
        name: String,
        /// What the initialiser returned, shared by all who waited.
        source: Arc<dyn Error + Send + Sync>,
    },
    /// The task that ran the load was dropped before it was done.
    #[error("initialisation of `{name}` was cancelled")]
    Cancelled {
        /// What was being initialised.
        name: String,
    },
}

/// The names along a ring of initialisations; prints as `a -> b -> a`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CyclePath(Vec<String>);

impl CyclePath {
    pub(crate) fn new(names: Vec<String>) -> Self {
        Self(names)
    }

    /// Returns the names in the order in which each needs the next; the first is also the last.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Display for CyclePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" -> "))
    }
}

/// Returns the text that a panic was raised with.
pub(crate) fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a value that is not text").to_owned()
}
