//! What people open after a run of an agent test suite.
//!
//! All of it is made from the [`Recording`](atp_journal::Recording) of a run, whether the run just
//! ended, was interrupted, or is read back from its journal later.
//!
//! [`Report`] is the run as one value: its JSON is for programs and does not change within a
//! [`SCHEMA`]; everything else is for people. [`Report::summary`] writes the last lines of a
//! terminal, [`markdown`] what a pull request shows, [`junit`] what CI systems read, [`trace`]
//! what Perfetto opens, [`html`] one page that needs no network. [`Comparison`] tells what changed
//! between two reports, and what is only noise.
//!
//! ```
//! use atp_journal::{Header, PlannedTest, Recording, RunRecord, RunStatus, TestRecord, TestStatus};
//! use atp_report::{Report, Verdict};
//!
//! let mut header = Header::new("checkout", "hash", "claude", "cli");
//! header.tests = vec![PlannedTest::new("t-1", "pays"), PlannedTest::new("t-2", "refunds")];
//! let mut recording = Recording::new(header);
//! recording.runs.push(RunRecord::new("t-1", 1, RunStatus::Passed));
//! recording.tests.push(TestRecord::new("t-1", TestStatus::Passed));
//!
//! let report = Report::new(&recording);
//! assert_eq!(report.verdict(), Verdict::Interrupted);
//! assert_eq!((report.summary.passed, report.summary.unfinished), (1, 1));
//! assert_eq!(report.overhead.per_test_percent, None, "what was not measured is not zero");
//!
//! let mut text = Vec::new();
//! report.summary(&mut text)?;
//! assert!(text.starts_with(b"INTERRUPTED: 1 of 2 tests"));
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Names and messages of suites and agents are foreign text. In every format they stay text: they
//! forge no line, drive no terminal, open no tag and mention nobody.
//!
//! What this crate does not do: it runs nothing, judges nothing, opens no file and no connection.

mod axis;
mod compare;
mod digest;
mod error;
mod findings;
pub mod html;
pub mod junit;
pub mod markdown;
mod observed;
mod outcome;
mod overhead;
mod report;
mod slot;
mod status;
mod summary;
mod text;
pub mod trace;

pub use compare::{
    Change, Comparison, ComparisonVerdict, LEAST_RATIO, LEAST_SECONDS, OutcomeChange, RatioChange,
    SuiteComparison, SuitesComparison, TestChange,
};
pub use error::ReportError;
pub use findings::Finding;
pub use observed::Observed;
pub use outcome::{RunReport, Summary, TestReport};
pub use overhead::{BUDGET_PERCENT, Bottleneck, Overhead, TimeSpent};
pub use report::{Report, SCHEMA, Verdict};
pub use summary::SUMMARY_LINES;

/// The README's example, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
