//! The behaviour of the crate as its users see it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod corpus;
mod files;
mod filter;
mod own_corpus;
mod robustness;
mod rules;
mod variables;
mod yaml;
