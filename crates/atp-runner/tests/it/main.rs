//! What a caller sees of a runner: agents that do as they like, and what is recorded of it.
#![cfg(unix)]

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
