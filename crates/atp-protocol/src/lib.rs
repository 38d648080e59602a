//! What an agent test platform and an agent say to each other, version 1.0.
//!
//! The platform sends one [`Request`], the agent reports [`Event`]s while it works and ends with
//! one [`Response`]. Parsing checks every limit of [`limits`] and reports all problems of a
//! message at once, each with the JSON path of the value and what was expected there.
//!
//! ```
//! use atp_protocol::{Error, Event, Timestamp};
//!
//! let line = br#"{"task_id": "run-1", "sequence": 0, "event_type": "progress", "payload": {}}"#;
//! let event = Event::parse(line, Timestamp::now())?;
//! assert_eq!(event.task_id, "run-1");
//!
//! let line = br#"{"task_id": " ", "sequence": -1, "event_type": "progress", "payload": []}"#;
//! let Err(Error::Invalid { problems, .. }) = Event::parse(line, Timestamp::now()) else { panic!() };
//! let paths: Vec<_> = problems.iter().map(|problem| problem.path.as_str()).collect();
//! assert_eq!(paths, ["$.task_id", "$.sequence", "$.payload"]);
//! # Ok::<(), Error>(())
//! ```
//!
//! On the wire, unknown fields are ignored, of two equal keys the last counts, optional fields are
//! written as null and read as null or absent, and an absent `version` means 1.0. Numbers may
//! come as strings. An event borrows from its line: only strings with escapes are copied.
//!
//! What this crate does not do: it reads no stream, keeps no events, and looks into no payload.
//! Nothing here panics on bytes from outside. An event or a response takes at most a small
//! constant more memory than its text; a request may take a multiple of it, for its free objects
//! are parsed.

mod artifact;
mod error;
mod event;
mod json;
pub mod limits;
mod metrics;
mod order;
mod partial;
mod reader;
mod request;
mod response;
mod timestamp;
mod version;

pub use artifact::{Artifact, FileArtifact, ReferenceArtifact, StructuredArtifact};
pub use error::{Error, Message, Problem, Problems};
pub use event::{Event, EventType};
pub use metrics::Metrics;
pub use order::{EventOrder, OrderError};
pub use partial::{EventDefaults, PartialEvent};
pub use request::{Context, Request, Task};
pub use response::{Response, Status, TaskIdMismatch};
pub use timestamp::Timestamp;
pub use version::Version;

/// The README's example, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
