//! What arrives at a collector, and what becomes of an export when none is there to take it.

#![expect(clippy::unwrap_used, reason = "clippy allows them in tests, but not in what tests share")]

mod alone;
mod collector;
mod environment;
mod failures;
mod fixture;
mod large;
mod memory;
mod spans;
mod times;
#[cfg(feature = "tls")]
mod tls;
