//! Ways to reach an agent, behind one trait.
//!
//! An [`Adapter`] sends a request to an agent, hands on its events while it works, and returns
//! its answer. [`lazy_adapter_registry`] knows how to build each kind and what its configuration
//! may say; [`adapter_cache`] keeps the adapters that were built.
//!
//! Unix only.
#![cfg(unix)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod adapter;
mod answer;
mod error;
mod sink;

mod config;
mod registry;

mod cache;

pub mod builtin;
mod cli;
mod container;
mod http;

mod common;
mod process;
mod redact;
mod reply;
mod watch;

pub use adapter::{Adapter, BoxFuture, Retry, Run, RunLimits};
pub use answer::{Answer, Measured};
pub use cache::{AdapterCache, adapter_cache};
pub use cli::Cli;
pub use config::{ConfigDescription, ConfigError, ConfigField, Settings};
pub use container::Container;
pub use error::{AdapterError, ExitReason, Failure, TimeoutKind};
pub use http::Http;
pub use process::adopt_orphans;
pub use registry::{AdapterBuilder, AdapterRegistry, BuildError, lazy_adapter_registry};
pub use sink::{EventFeed, EventSink};
pub use tokio_util::sync::CancellationToken;
