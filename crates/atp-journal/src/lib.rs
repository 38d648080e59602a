//! What a run of an agent test suite recorded, in files that outlive its process.
//!
//! A [`Recording`] is all that is known of a run: its [`Header`], one [`RunRecord`] for each time
//! a test ran, one [`TestRecord`] for each test that is finished, and one [`Session`] for each
//! process that worked on it and ended by itself. Times are in seconds, memory in bytes, and what
//! could not be measured is absent.
//!
//! A [`Journal`] is the file that it comes from, one JSON line a record:
//!
//! ```text
//! {"kind":"header","schema":1,"suite":"smoke", ...}
//! {"kind":"run","test":"greets","run":1,"status":"passed", ...}
//! {"kind":"test","test":"greets","status":"passed", ...}
//! {"kind":"session","number":0,"wall_seconds":0.52, ...}
//! ```
//!
//! Beside it, in `<journal>.events.jsonl`, lie the events that the agents reported, as an
//! [`EventSpool`] took them: a line that names the attempt and says how many events and bytes
//! follow, and then those events, one a line.
//!
//! # What survives what
//!
//! A record or a block is handed to the system with one write, so that it outlives the process
//! from then on, `kill -9` included. [`Journal::sync`] makes it outlive a loss of power; a run
//! calls that about once in [`Journal::SYNC_INTERVAL`] and at its end. What a process left half
//! written is passed over by readers and cut off by [`Journal::resume`].
//!
//! All of it reads back as it was written. A number that JSON cannot hold comes back as NaN where
//! there must be one, and as nothing where there need be none.
//!
//! What this crate does not do: it runs and judges nothing, starts no thread, and waits for a disk
//! only in [`Journal::sync`].

mod append;
mod block;
mod error;
mod events;
mod header;
mod journal;
mod ledger;
mod line;
mod merge;
mod recording;
mod replay;
mod run;
mod seconds;
mod session;
mod shard;
mod spool;
mod test;

pub use error::JournalError;
pub use events::{Events, RecordedEvent};
pub use header::{Header, PlannedTest, SCHEMA};
pub use journal::Journal;
pub use ledger::Ledger;
pub use merge::MergeError;
pub use recording::Recording;
pub use run::{AttemptRecord, RunRecord, RunStatus, SkippedAssertion};
pub use session::Session;
pub use shard::ShardRecord;
pub use spool::{EventSpool, SpoolCounts};
pub use test::{TestRecord, TestStatus};

/// The README's example, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
