//! Ways to reach an agent, behind one trait, none of which leaves a process behind.
//!
//! An [`Adapter`] sends a request to an agent, hands on its events while it works, and returns
//! its answer. [`lazy_adapter_registry`] knows how to build each kind and what its configuration
//! may say; [`adapter_cache`] keeps the adapters that were built:
//!
//! - `cli`, a program: request on stdin, response on stdout, events as lines of JSON on stderr;
//! - `container`, the same in docker or podman, with limits;
//! - `http`, a server that replies with JSON, server-sent events or NDJSON;
//! - `builtin:echo` and `builtin:script`, in process, for demonstrations and tests.
//!
//! ```
//! use atp_adapter::{EventSink, Failure, Run, RunLimits, adapter_cache};
//! use atp_protocol::{Error, Event, Request};
//! use serde_json::json;
//! use std::time::Duration;
//!
//! struct Printed;
//!
//! impl EventSink for Printed {
//!     fn event(&mut self, event: Event<'_>, _line: &[u8]) {
//!         println!("{}: {}", event.sequence, event.payload);
//!     }
//!
//!     fn invalid(&mut self, _line: &[u8], reason: &Error) {
//!         println!("{reason}");
//!     }
//! }
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # runtime.block_on(async {
//! let script = r#"echo '{"payload": {"message": "thinking"}}' >&2; sleep 60 & sleep 60"#;
//! let config = json!({"command": "sh -c", "args": [script]});
//! let agent = adapter_cache().get_or_create("cli", &config).await?;
//!
//! let request = Request::new("run-1", "Write a haiku.");
//! let limits = RunLimits::new().with_timeout(Some(Duration::from_millis(300)));
//! let error = agent.execute(Run::new(&request).with_limits(limits), &mut Printed).await.unwrap_err();
//! assert!(matches!(error.failure, Failure::Timeout { .. }));
//! // The event is there, and no process is.
//! assert_eq!((error.measured.events, error.measured.remaining), (1, 0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How an agent that is a program ends
//!
//! It leads a process group of its own. When it has ended, or has to (its time is up, it was
//! silent for too long, it writes beyond a bound, the caller stops it), all processes of the group
//! get SIGTERM, and SIGKILL when the time of grace is over. On Linux so do those that left the
//! group: what an agent starts has a mark of the run in its environment, and `/proc` shows it.
//! [`Measured::ended`] tells how many there were and [`Measured::remaining`] that none is left.
//! Where the system lets this process make control groups (version 2), each run has one as well,
//! from which no process of it can get away by what it clears, leaves or detaches from. Elsewhere
//! one that clears its environment as well escapes; a program that calls [`adopt_orphans`] at its
//! start keeps such processes in sight and ends them with [`end_orphans`].
//!
//! Of a program that was killed itself, control groups with living agents may be left. The first
//! run of the next program in the same place ends them.
//!
//! Pipes are served together and read until their end, but not longer than [`RunLimits::drain`]
//! once the agent has ended. An agent that answered keeps its answer when a child of its goes on,
//! whatever that writes behind it; the answer is [leaky](Measured::leaky).
//!
//! A run that is dropped kills the agent at once and reaps it in a task of the runtime.
//!
//! # What this crate does not do
//!
//! It is for Unix only, and empty elsewhere. It retries nothing, keeps no events and limits no
//! rate; it checks events one by one and not their order. It needs a tokio runtime with I/O and
//! time, and panics without one. A control group only ends what is in it: an agent's memory and CPU
//! time are limited in a container only.
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

mod process;
mod redact;
mod reply;
mod run_settings;
mod secrets;
mod watch;

pub use adapter::{Adapter, BoxFuture, Retry, Run, RunLimits};
pub use answer::{Answer, Measured};
pub use cache::{AdapterCache, adapter_cache};
pub use cli::Cli;
pub use config::{ConfigDescription, ConfigError, ConfigField, Settings};
pub use container::Container;
pub use error::{AdapterError, ExitReason, Failure, TimeoutKind};
pub use http::Http;
pub use process::{adopt_orphans, end_orphans};
pub use registry::{AdapterBuilder, AdapterRegistry, BuildError, lazy_adapter_registry};
pub use sink::{EventFeed, EventSink};
pub use tokio_util::sync::CancellationToken;

/// The README's example, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
