//! Why a value that was asked for is not there.

use crate::context::{self, Node};
use crate::form::BoxError;
use std::any::Any;
use std::error::Error;
use std::fmt;
use std::io;
use std::process::ExitStatus;
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

impl InitError {
    /// Returns what a failed initialiser is told as: a cycle that it passes on stays a cycle.
    pub(crate) fn failed(node: &Node, source: BoxError) -> Self {
        let own = source.downcast_ref().or_else(|| match source.downcast_ref()? {
            RegistryError::Init(error) => Some(error),
            _ => None,
        });
        match own {
            Some(Self::Cycle(path)) => Self::Cycle(path.clone()),
            _ => Self::Failed { name: node.name().to_owned(), source: Arc::from(source) },
        }
    }

    /// Returns what a panicked initialiser is told as: a panic with a cycle is that cycle.
    pub(crate) fn panicked(node: &Node, payload: &(dyn Any + Send)) -> Self {
        match node.raised() {
            Some(path) => Self::Cycle(path.clone()),
            None => {
                Self::Panicked { name: node.name().to_owned(), message: panic_message(payload) }
            }
        }
    }

    /// Returns the message with that of the initialiser's own error.
    pub(crate) fn full_text(&self) -> String {
        match self {
            Self::Failed { source, .. } => format!("{self}: {source}"),
            _ => self.to_string(),
        }
    }

    #[cold]
    #[track_caller]
    pub(crate) fn raise(&self) -> ! {
        if let Self::Cycle(path) = self {
            context::note_raised(path);
        }
        panic!("{}", self.full_text())
    }
}

/// A key that a [`DeferredRegistry`](crate::DeferredRegistry) gave no value for, or did not take.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// Nobody registered the key.
    #[error("unknown key in {registry}: {key}; {}", known_keys(nearest.as_deref(), known))]
    UnknownKey {
        /// The name of the registry.
        registry: &'static str,
        /// The key that was asked for.
        key: String,
        /// The known key that it is most likely a slip of.
        nearest: Option<String>,
        /// All known keys, in the order of their registration; the message shows the first 20.
        known: Vec<String>,
    },
    /// The key was there before; `replace` gives it a new maker.
    #[error("key registered twice in {registry}: {key}")]
    AlreadyRegistered {
        /// The name of the registry.
        registry: &'static str,
        /// The key.
        key: String,
    },
    /// The value could not be made.
    #[error(transparent)]
    Init(InitError),
}

/// A start-up that could not be measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MeasureError {
    /// There is no median of no runs.
    #[error("a measurement needs at least one iteration")]
    NoIterations,
    /// The command did not start, or could not be waited for.
    #[error("`{program}` could not be run")]
    Run {
        /// The program; its arguments and environment are not shown.
        program: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The command ended, but not with success.
    #[error("`{program}` ended with {status} in run {run}, warm-up included")]
    Failed {
        /// The program.
        program: String,
        /// How it ended.
        status: ExitStatus,
        /// Which run this was, counted from 1.
        run: usize,
    },
}

fn known_keys(nearest: Option<&str>, known: &[String]) -> String {
    const SHOWN: usize = 20;
    let question = nearest.map(|name| format!("did you mean {name}? ")).unwrap_or_default();
    let names = known[..known.len().min(SHOWN)].join(", ");
    match known.len().checked_sub(SHOWN) {
        _ if known.is_empty() => "no keys are registered".to_owned(),
        Some(more @ 1..) => format!("{question}known keys: {names} and {more} more"),
        _ => format!("{question}known keys: {names}"),
    }
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
fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a value that is not text").to_owned()
}
