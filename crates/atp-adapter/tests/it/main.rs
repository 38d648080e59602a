//! The public behaviour of the adapters, with real processes and servers.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a helper of a test may fail as a test does")]
#![expect(clippy::print_stdout, reason = "a test that is skipped says why")]

mod builtin;
mod cache;
mod cli;
mod config;
mod container;
mod heard;
mod http;
mod hygiene;
mod leftovers;
mod server;
#[cfg(feature = "tls")]
mod tls;
