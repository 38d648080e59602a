//! Why a run gave no answer.

use crate::answer::Measured;
use atp_protocol::TaskIdMismatch;
use std::error::Error;
use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

/// A run without an answer, and what it took all the same.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AdapterError {
    /// What went wrong.
    pub failure: Failure,
    /// What the run took.
    pub measured: Measured,
}

/// What went wrong in a run.
///
/// Text of the agent's in it is an excerpt, without the values of its configured environment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The request is beyond what the protocol allows; the agent was not started.
    #[error("the request cannot be sent")]
    Request(#[source] atp_protocol::Error),
    /// The program, or the runtime of the container, is not there, or may not be executed.
    #[error("{program} is not found{}", looked_for(program))]
    NotFound {
        /// What was to be started.
        program: String,
    },
    /// The agent could not be started or reached, or the way to it broke.
    #[error("cannot reach {endpoint}: {reason}")]
    Connection {
        /// The program, or scheme, host and port.
        endpoint: String,
        /// What the system said.
        reason: String,
    },
    /// The configuration does not allow the address, or what is to be mounted.
    #[error("{what} is not allowed: {reason}")]
    Blocked {
        /// The host of the address, or the path.
        what: String,
        /// Why it is not allowed.
        reason: String,
    },
    /// Time ran out, and the agent was ended.
    #[error("{kind} after {} s", after.as_secs_f64())]
    Timeout {
        /// Which time.
        kind: TimeoutKind,
        /// The limit.
        after: Duration,
    },
    /// The caller stopped the run, and the agent was ended.
    #[error("stopped by the caller")]
    Stopped,
    /// The process ended with something else than success.
    #[error("the agent {status}{}", said(stderr))]
    Exit {
        /// How it ended.
        status: ExitReason,
        /// The end of what it wrote to stderr besides events.
        stderr: String,
    },
    /// The server refused.
    #[error("the agent answered with status {status}{}", said(body))]
    Status {
        /// The HTTP status.
        status: u16,
        /// The beginning of the body.
        body: String,
        /// When the server wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// The agent ended well and answered nothing.
    #[error("the agent ended without a response{}", said(stderr))]
    NoResponse {
        /// The end of what it wrote to stderr besides events.
        stderr: String,
    },
    /// What the agent answered is no response.
    #[error("the agent's {reason}{}", said(excerpt))]
    Response {
        /// What is wrong with it. It is told first and not as the source: where there is room for
        /// a line only, it is what must be seen.
        reason: atp_protocol::Error,
        /// The beginning of it.
        excerpt: String,
    },
    /// The response belongs to another task.
    #[error(transparent)]
    ForeignTask(TaskIdMismatch),
    /// The agent wrote more than the bound.
    #[error("the {what} is longer than {limit_bytes} bytes")]
    TooLarge {
        /// What grew.
        what: &'static str,
        /// The bound.
        limit_bytes: usize,
    },
    /// An adapter of the user's has a reason of its own.
    #[error("{0}")]
    Other(String),
}

/// Which time ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimeoutKind {
    /// That of the whole run.
    Total,
    /// That without a sign of life.
    Idle,
}

/// How a process ended that did not end well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExitReason {
    /// It returned this code.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
}

impl ExitReason {
    pub(crate) fn of(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Code(code),
            (None, signal) => Self::Signal(signal.unwrap_or_default()),
        }
    }
}

impl AdapterError {
    /// Creates an error of a run that took `measured`.
    pub fn new(failure: Failure, measured: Measured) -> Self {
        Self { failure, measured }
    }
}

impl Failure {
    /// Tells whether another attempt has a chance: the agent could not be reached, or its server
    /// was busy or broken (408, 425, 429 and all from 500).
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connection { .. } => true,
            Self::Status { status, .. } => matches!(status, 408 | 425 | 429 | 500..),
            _ => false,
        }
    }
}

impl From<Failure> for AdapterError {
    fn from(failure: Failure) -> Self {
        Self::new(failure, Measured::default())
    }
}

impl fmt::Display for AdapterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.failure.fmt(f)
    }
}

impl Error for AdapterError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.failure.source()
    }
}

impl fmt::Display for TimeoutKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Total => "timed out",
            Self::Idle => "timed out without a sign of life",
        })
    }
}

impl fmt::Display for ExitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exited with code {code}"),
            Self::Signal(signal) => write!(f, "was ended by signal {signal}"),
        }
    }
}

/// Where a program was looked for.
fn looked_for(program: &str) -> &'static str {
    if program.contains('/') { ", or may not be executed" } else { " on the PATH" }
}

/// What the agent said, behind a colon; nothing if it said nothing.
fn said(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(": {text}") }
}
