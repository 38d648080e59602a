//! What a caller sees of a runner: agents that do as they like, and what is recorded of it.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "clippy allows them in tests, but not in what tests share")]

mod actor;
mod events;
mod faults;
mod ledger;
mod limits;
mod resume;
mod retry;
mod schedule;
mod stage;
mod storms;
mod verdicts;
mod workspaces;
