//! What the crate promises, seen from outside. All of it in paused time or none at all, but for
//! what waits for a real server.
#![expect(clippy::unwrap_used, reason = "a helper of a test may fail as a test does")]

mod adaptive;
mod batch;
mod chunk;
mod cut;
mod deadline;
mod executor;
mod factory;
mod gather;
#[cfg(feature = "governor")]
mod keyed;
mod pool;
mod pool_cancel;
mod rate;
mod rate_window;
mod retry;
#[cfg(feature = "redis")]
mod shared_rate;
mod spawned;
mod stream;
