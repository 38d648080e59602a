//! The atomics whose ordering matters, so that a model checker can take their place.

#[cfg(atp_loom)]
pub(crate) use loom::sync::atomic::{AtomicU64, Ordering, fence};
#[cfg(not(atp_loom))]
pub(crate) use std::sync::atomic::{AtomicU64, Ordering, fence};
