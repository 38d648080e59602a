//! The run of a suite as OpenTelemetry spans, sent to a collector over OTLP/HTTP.
//!
//! [`export`] makes one trace of an [`atp_journal::Recording`], whether its run just ended, was
//! interrupted, or is read back from its journal later:
//!
//! ```text
//! suite checkout                    the whole run, all of its sessions
//! └─ test t-1                       from its first run to the end of its last
//!    └─ run 1                       as recorded, with the seconds of each phase
//!       └─ attempt 1                from its start to the end of its agent
//!          └─ invoke_agent claude   the agent's own work, after its start
//! ```
//!
//! # Times
//!
//! All times are the recorded ones; nothing is as of the export. What a recording does not tell is
//! placed as follows:
//!
//! - An attempt is recorded with the time to start its agent and the time that the agent took, but
//!   not when these began. The agent stands right after the time to start it, and the attempt ends
//!   with it.
//! - A process that was killed left no record of its start. If it was the first, its runs count
//!   from the start of the whole run; else from the end of the process before it, and its runs say
//!   so: `atp.time.estimated`.
//! - A test with a verdict that never ran stands at the start of the whole run, without length. One
//!   without a verdict that never ran has no span; `atp.tests.unfinished` counts it.
//! - A figure that is no time, such as NaN, is zero seconds, and no span ends before it begins.
//!
//! # Identity
//!
//! The ids of trace and spans follow from what they stand for: suite, digest, agent and start of
//! the run, and its shard, give the trace, and a test's id and the numbers of run and attempt the
//! span. To send a recording twice, or again after it was resumed, gives the same trace, not another
//! one; shards and what is merged from them are traces of their own. If a
//! connection breaks after the collector took a batch and before it said so, that batch is sent
//! again, with the same ids.
//!
//! # What the spans say
//!
//! `service.name` is `atp`; the environment's `OTEL_RESOURCE_ATTRIBUTES` are added. Attributes
//! follow the [semantic conventions] that the spans name as their schema, where one fits
//! (`test.*`, `gen_ai.*`, `error.type`); all others begin with `atp.`, hold seconds, bytes and
//! US dollars, and `atp.schema` has the version of the records that they come from. A figure that
//! was not measured is absent. What did not pass is an error, with the recorded reason as its
//! description; an agent that answered is none, whatever was asserted of its answer.
//!
//! Sent are names, tags, figures and reasons, and at most [`MAX_TEXT_BYTES`] of each. Requests,
//! replies, events, files and configurations are no part of a recording and so never sent.
//!
//! # What it does not do
//!
//! It sets no global tracer provider and no subscriber, starts no thread, reads no journal, and
//! knows neither gRPC nor proxies nor compression. Redirects are not followed.
//!
//! [semantic conventions]: https://opentelemetry.io/docs/specs/semconv/
#![cfg_attr(docsrs, feature(doc_cfg))]

mod attributes;
mod endpoint;
mod error;
mod export;
mod gen_ai;
mod ids;
mod spans;
mod timeline;
mod trace;
mod transport;
mod tree;

pub use attributes::MAX_TEXT_BYTES;
pub use error::Error;
pub use export::{BATCH_SPANS, Exported, export};

/// The README's example, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
