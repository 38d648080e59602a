//! Runs the tests of a suite against an agent, in parallel, and accounts for every second.
//!
//! A [`Runner`] gives each run a slot, a workspace and a time limit, hands it to the
//! [adapter](atp_adapter::Adapter) of its [`Agent`], evaluates what comes back, tries again what
//! did not pass, and writes everything to a [`Journal`](atp_journal::Journal), from which a run
//! that was interrupted or killed goes on. What it returns is the
//! [`Recording`](atp_journal::Recording) that reports are made from.
//!
//! ```
//! use atp_adapter::{CancellationToken, adapter_cache};
//! use atp_journal::{Journal, Recording, TestStatus};
//! use atp_runner::{Agent, RunOptions, Runner};
//! use atp_suite::{Environment, load_str};
//! use serde_json::json;
//! use std::{path::Path, sync::Arc};
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # let folder = tempfile::tempdir()?;
//! # runtime.block_on(async {
//! let suite = load_str("
//! test_suite: demo
//! tests:
//!   - id: echo
//!     name: Repeats what it hears
//!     task: {description: Hello}
//!     assertions: [{type: contains, config: {path: echo.txt, pattern: Hello}}]
//! ", &Environment::new())?;
//!
//! let adapter = adapter_cache().get_or_create("builtin:echo", &json!({})).await?;
//! let options = RunOptions::new().with_parallel(4).with_retries(Some(1));
//! let agent = Agent::cached("echo", adapter);
//! let runner = Runner::new(Arc::new(suite), Path::new("."), agent, options)?;
//!
//! let header = runner.header();
//! let journal = Journal::create(folder.path().join("demo.jsonl"), &header)?;
//! let stop = CancellationToken::new();
//! let recording = runner.run(journal, Recording::new(header), stop, &()).await?;
//! assert_eq!(recording.tests[0].status, TestStatus::Passed);
//!
//! // Every second from the start of the session is somewhere.
//! let run = &recording.runs[0];
//! assert!((run.ledger.total() - run.finished_seconds).abs() < 1e-6);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Order, slots and waits
//!
//! Runs begin in the order of the suite, as soon as a slot is free and the rate limit allows it,
//! without a barrier between tests. A run that waits for its retry holds no slot. In its ledger,
//! every second since the start of the session has one place: the lack of a slot (`queue`), the
//! rate limit, which keeps up those behind it as well (`limiter`), the wait before a retry, the
//! phases of its attempts, and `other`. So the total is the time at which it finished. Writing its
//! own record comes after that; the session's wall and CPU time hold it.
//!
//! [`Runner::take_shard`] leaves out what other machines run, and puts the longest first.
//!
//! # What is tried again
//!
//! An attempt that did not pass is followed by another while retries are left: at once after a
//! wrong or missing answer, a crash, a timeout or a panic of the adapter; after a growing random
//! wait of up to 300 s, and never before the server's Retry-After, if the agent could not be
//! reached. A `retry_delay_seconds` of the adapter takes the place of these waits. What cannot go
//! better is not tried again: a request beyond the protocol, a program that is not there, a
//! forbidden address, a workspace that cannot be made.
//!
//! # Workspaces
//!
//! Each attempt of an agent that could use one has a new folder for the user alone, with a copy
//! of the test's fixture. It is removed after evaluation, unless workspaces are kept; then files
//! that the answer brought along are written into it, too. Agents of the kinds `builtin:` have
//! one only for a fixture, or to keep files in. Nothing else is written but the journal. What a
//! session left that was killed is removed at the end of the next one.
//!
//! # What this crate does not do
//!
//! It is for Unix only, and empty elsewhere. It knows no signals, prints nothing and sums nothing
//! up: that is for the program and its report. It runs one agent at a time, so that tests for
//! several are left out.
#![cfg(unix)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod agent;
mod error;
mod observer;
mod options;
mod pace;
mod runner;
mod shard;

// A session: what is to be done, the loop that has it done, and what is written down.
mod digest;
mod plan;
mod session;
mod shared;
mod tally;
mod verdict;

// A run: its slot, its attempts, and what becomes of each.
mod attempt;
mod ended;
mod outcome;
mod request;
mod sink;
mod slots;
mod spent;
mod trial;
mod workspace;

// How the session itself fares.
mod ideal;
mod machine;
mod vitals;
mod watchdog;

pub use agent::Agent;
#[cfg(feature = "redis")]
#[cfg_attr(docsrs, doc(cfg(feature = "redis")))]
pub use atp_async::OutagePolicy;
pub use error::RunError;
pub use observer::Observer;
pub use options::RunOptions;
#[cfg(feature = "redis")]
#[cfg_attr(docsrs, doc(cfg(feature = "redis")))]
pub use pace::SharedRate;
pub use runner::Runner;
pub use shard::{Shard, ShardError, ShardPlan};

/// The README's example, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
