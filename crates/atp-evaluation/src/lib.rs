//! Assertions of agent tests: what a run left behind, checked and judged.
//!
//! [`evaluate`] looks at what an agent answered, did and wrote, and turns each assertion of a test
//! into an [`Evaluation`](atp_scoring::Evaluation); what it cannot evaluate becomes a
//! [`SkippedAssertion`] with the reason. [`judge`] makes a [`Verdict`] of the findings, of the
//! score and of the limits that hold for every test. [`config_problems`] says beforehand which
//! assertions make no sense.
//!
//! ```
//! use atp_evaluation::{Activity, Evidence, evaluate, judge};
//! use atp_protocol::{Event, Response, Timestamp};
//! use atp_suite::{Environment, load_str};
//!
//! let suite = load_str("
//! test_suite: demo
//! tests:
//!   - id: greet
//!     name: Greets
//!     task: {description: Write a greeting}
//!     assertions:
//!       - {type: contains, config: {path: hello.txt, pattern: '^Hello', regex: true}}
//!       - {type: must_use_tools, config: {tools: [write_file]}}
//! ", &Environment::new())?;
//!
//! let mut activity = Activity::new();
//! let line = br#"{"task_id": "1", "sequence": 0, "event_type": "tool_call",
//!                 "payload": {"tool": "write_file"}}"#;
//! activity.observe(&Event::parse(line, Timestamp::now())?);
//! let response = Response::parse(r#"{"task_id": "1", "status": "completed",
//!     "artifacts": [{"type": "file", "path": "hello.txt", "content": "Hello!"}]}"#)?;
//!
//! let test = &suite.tests[0];
//! let evidence =
//!     Evidence { test, response: Some(&response), workspace: None, activity: &activity };
//! let verdict = judge(&evidence, &evaluate(&evidence));
//! assert_eq!((verdict.passed, verdict.score), (true, Some(100.0)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A run's files are its own workspace with the files of its response laid over it, as if the
//! agent had written those last. Paths of assertions are relative and stay within it, links
//! included; only regular files are opened, at most [`limits::CONTENT_BYTES`] of each are read,
//! and the directory that the process works in plays no part. A workspace is expected to hold
//! still: the agent's processes have ended.
//!
//! Evaluating reads files where [`Evidence::reads_files`] says so, and then it blocks: call it on
//! a thread that may, such as that of `spawn_blocking`. Otherwise it only takes processor time.
//! Nothing here panics on what an agent sends or a suite says.
//!
//! What this crate does not do: it asks no model, runs no command, and repeats no run.

mod activity;
mod evaluate;
mod evidence;
pub mod limits;
mod verdict;

// From the text of an assertion to a rule.
mod comparison;
mod config;
mod kind;
mod pattern;
mod rule;
mod schema;

// The rules.
mod artifact;
mod behavior;
mod composite;
mod file;
mod sections;
mod truth;

// What rules look at, and what they say.
mod content;
mod finding;
mod inner_path;
mod output;
mod resolve;
mod workspace;

pub use activity::Activity;
pub use config::ConfigProblem;
pub use evaluate::{config_problems, evaluate};
pub use evidence::{Evidence, Findings, SkipCause, SkippedAssertion};
pub use verdict::{Verdict, judge};

/// The README's example, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
