//! What the crate promises, through its public names only.

#![expect(clippy::unwrap_used, reason = "clippy allows them in tests, but not in what tests share")]

mod artifact;
mod behavior;
mod composite;
mod file;
#[cfg(unix)]
mod hostile;
mod schema;
mod settings;
mod stage;
mod suites;
mod verdict;
