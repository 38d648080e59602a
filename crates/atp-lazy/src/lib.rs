//! Pay at first use, once, and know what it cost.
//!
//! [`SingleFlight`] runs one load a key however many threads and tasks ask for it at the same
//! time. Unlike the cells of the standard library it never hangs on itself: a load that comes
//! to wait for itself, on one thread or through several threads and tasks, gets
//! [`InitError::Cycle`], which names the way round. A load that failed, panicked or was
//! cancelled leaves nothing poisoned.
//!
//! What this crate does not see: code that a load moves to a thread or task of its own making is
//! no longer part of the load, so a cycle that closes there is not found.

mod context;
mod error;
mod flight;
mod single_flight;

pub use error::{CyclePath, InitError};
pub use flight::Flight;
pub use single_flight::{Leader, SingleFlight};

/// The example of the README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
