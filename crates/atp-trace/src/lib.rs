//! Writers for the files that trace viewers read: Chrome trace events and folded stacks.
//!
//! [`ChromeTrace`] writes the JSON array of the
//! [Trace Event Format](https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU)
//! that Perfetto, speedscope and `chrome://tracing` open: complete events on the lane of a
//! thread, asynchronous operations on lanes of their own, flow arrows between them, and the names
//! of processes and threads. [`FoldedStacks`] writes one `frame;frame value` line a stack, as
//! flame graph tools read them.
//!
//! Both stream: each event is one `write_all` on the writer they were given (wrap a file in a
//! [`std::io::BufWriter`]), and nothing is kept. The only error is the writer's own.
//!
//! ```
//! use atp_trace::{ChromeTrace, Event, Track};
//! use std::time::Duration;
//!
//! let mut trace = ChromeTrace::new(Vec::new());
//! let worker = Track { process: 1, thread: 7 };
//! trace.name_process(1, "atp")?;
//! trace.name_thread(worker, "worker")?;
//! let args = [("test_id", "test-001".into()), ("attempt", 2_u64.into())];
//! trace.complete(worker, Duration::ZERO, Duration::from_millis(5), &Event::new("run").with_args(&args))?;
//! let json = String::from_utf8(trace.finish()?)?;
//! assert!(json.starts_with("[\n") && json.ends_with("\n]\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What this crate does not do: it does not read files, sort events, check that they nest, or
//! write Perfetto's binary format.

mod chrome;
mod event;
mod folded;
mod json;

pub use chrome::ChromeTrace;
pub use event::{Arg, Event, Track};
pub use folded::FoldedStacks;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
