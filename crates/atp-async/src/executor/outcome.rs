//! What became of a task, and what that means for the others.

/// What became of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome<T, E> {
    /// It returned a value.
    Done(T),
    /// It returned an error.
    Failed(E),
    /// It panicked, with this message.
    Panicked(String),
    /// It had begun and was aborted, by the policy or with its runtime.
    Cancelled,
    /// It was never begun, because one before it had failed.
    NotStarted,
}

/// What happens to the other tasks when one fails or panics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailurePolicy {
    /// Nothing: every item runs to its end.
    #[default]
    CollectAll,
    /// No further item begins; those that run are waited for.
    StopAndDrain,
    /// No further item begins; those that run are aborted, and waited for until they are gone.
    AbortAndAwait,
}

impl<T, E> Outcome<T, E> {
    /// Returns the value, if there is one.
    pub fn done(self) -> Option<T> {
        match self {
            Self::Done(value) => Some(value),
            _ => None,
        }
    }

    /// Returns whether it returned a value.
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done(_))
    }

    /// Whether it failed by itself.
    pub(super) fn is_failure(&self) -> bool {
        matches!(self, Self::Failed(_) | Self::Panicked(_))
    }
}
