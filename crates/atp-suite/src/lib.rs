//! Test suites for agents: read from YAML, checked in one pass, and handed on as a typed model.
//!
//! [`load_file`], [`load_str`] and [`load_dir`] give a [`TestSuite`] for which every rule of
//! the format holds, or a [`SuiteError`] with *all* that is wrong, each problem with its line,
//! column and path. [`SuiteDocument`] is the same in two steps, parsed once and expanded for
//! one [`Environment`] after the other. A [`TagFilter`] selects tests.
//!
//! ```
//! use atp_suite::{Environment, load_str};
//!
//! let suite = load_str("
//! test_suite: smoke
//! defaults:
//!   constraints: {max_steps: 20}
//! tests:
//!   - id: hello
//!     name: Says hello
//!     task: {description: 'Write a greeting for ${WHO:the world}'}
//!     assertions: [{type: artifact_exists, config: {path: hello.txt}}]
//! ", &Environment::process())?;
//! assert_eq!(suite.tests[0].constraints.max_steps, Some(20));
//!
//! let error = load_str("test_suite: smoke\ntests: [{id: a, naem: A}]\n", &Environment::new());
//! println!("{}", error.unwrap_err().render());
//! # Ok::<(), atp_suite::SuiteError>(())
//! ```
//!
//! No bytes make it panic, and what a file may cost is bounded: [`MAX_FILE_BYTES`],
//! [`MAX_DEPTH`], [`MAX_PROBLEMS`], [`MAX_VARIABLE_BYTES`], and what aliases may expand to
//! (64 times the file and 1 MiB, each value counting 32 bytes and its text). Time grows
//! linearly with the file. So does memory: less than ten bytes for each byte of an ordinary
//! suite while it is loaded, at the very worst 400 and 4 MiB. Positions are worked out only once
//! something is wrong.
//!
//! What this crate does not do: it runs nothing, keeps nothing (that is for a cache), resolves
//! no path of a task, and does not know which adapters or assertions exist.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod environment;
mod model;
#[cfg(feature = "mem-size")]
mod size;
mod teamwork;
mod value;

// Loading: a file is read (load, document), parsed (parse and what it uses) and checked (schema).
mod anchors;
mod document;
mod expand;
mod key;
mod limits;
mod load;
mod merge;
mod node;
mod parse;
mod pieces;
mod read;
mod rules;
mod scalar;
mod schema;
mod syntax;
mod tags;
mod variable;

// What is wrong: findings are located and become problems, which are rendered.
mod describe;
mod finding;
mod locate;
mod path;
mod problem;
mod render;
mod suggest;

mod filter;

pub use document::SuiteDocument;
pub use environment::Environment;
pub use filter::TagFilter;
pub use limits::{MAX_DEPTH, MAX_FILE_BYTES, MAX_PROBLEMS, MAX_VARIABLE_BYTES};
pub use load::{LoadedFile, load_dir, load_file, load_str, suite_files};
pub use model::{
    AgentConfig, Assertion, Constraints, Defaults, ScoringWeights, Task, TestCase, TestSuite,
};
pub use problem::{Problem, ProblemKind, SuiteError};
pub use render::Rendered;
pub use teamwork::{
    CollaborationConfig, ComparisonConfig, ContextAccumulation, HandoffConfig, HandoffTrigger,
    Mode, TerminationCondition,
};
pub use value::{Map, Value};
pub use variable::Variable;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
