//! Makes an agent test platform fast, and shows that it is.
//!
//! The facade: each section below re-exports one sub-crate, at the root by name and as a module
//! of its own. There is no logic here.
#![cfg_attr(docsrs, feature(doc_cfg))]

/// The guide's snippets, compiled and run as doc tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide.md")]
mod guide {}
