//! Files read back with readers that are not ours.
#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod chrome;
mod folded;
