//! What a run of an agent test suite recorded.
//!
//! A [`Recording`] is all that is known of a run: its [`Header`], one [`RunRecord`] for each time
//! a test ran, one [`TestRecord`] for each test that is finished, and one [`Session`] for each
//! process that worked on it and ended by itself. All of it reads back from JSON as it was
//! written; a number that JSON cannot hold comes back as NaN where it must be there, and as
//! nothing where it may be missing.
//!
//! Times are in seconds, memory in bytes; what could not be measured is absent.

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
pub use spool::{EventSpool, SpoolCounts};
pub use test::{TestRecord, TestStatus};

/// The README's example, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
