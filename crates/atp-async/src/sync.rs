//! Where the atomics come from: the one seam for loom.

#[cfg(atp_loom)]
pub(crate) use loom::sync::atomic::{AtomicU64, Ordering};
#[cfg(not(atp_loom))]
pub(crate) use std::sync::atomic::{AtomicU64, Ordering};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks for plain data that is whole between any two statements: a panic elsewhere in the
/// holder's thread does not make it wrong, so it must not fail the others.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
