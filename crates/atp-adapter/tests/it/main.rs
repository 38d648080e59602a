//! The public behaviour of the adapters, with real processes and servers.
#![cfg(unix)]

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
