//! Why a message is refused, and where in it.

use crate::limits;
use std::borrow::Cow;
use std::fmt;

/// The kind of message that an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Message {
    /// From the platform to the agent.
    Request,
    /// From the agent, while it works.
    Event,
    /// From the agent, once.
    Response,
}

/// Why a message is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is longer than its kind of message may be.
    #[error("{message} of {bytes} bytes is longer than {limit_bytes}")]
    TooLong {
        /// What was parsed.
        message: Message,
        /// Length of the text.
        bytes: usize,
        /// The largest length accepted.
        limit_bytes: usize,
    },
    /// The bytes are not UTF-8.
    #[error("{message} is not UTF-8 at byte {offset}")]
    NotUtf8 {
        /// What was parsed.
        message: Message,
        /// Position of the first bad byte, counted from 0.
        offset: usize,
    },
    /// The text is not one JSON value (RFC 8259: no NaN, no comments).
    #[error("{message} is not JSON: {reason}")]
    NotJson {
        /// What was parsed.
        message: Message,
        /// What the JSON parser said, with line and column.
        reason: String,
    },
    /// The JSON does not describe a message of its kind.
    #[error("{message} is invalid: {problems}")]
    Invalid {
        /// What was parsed.
        message: Message,
        /// All problems found, at least one.
        problems: Problems,
    },
}

/// One value that is not what it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where the value is, as a JSONPath (RFC 9535), for example `$.artifacts[3].path`.
    pub path: String,
    /// What would have been accepted.
    pub expected: Cow<'static, str>,
    /// What was there: short scalars as they stand, anything else by its kind and size, and
    /// `nothing` for an absent field. Environment values never appear.
    pub found: String,
}

/// The problems of one message, in the order of its fields.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Problems {
    listed: Vec<Problem>,
    unlisted: usize,
}

impl Message {
    /// How long a message from outside may be. A request is the platform's own.
    pub(crate) fn limit_bytes(self) -> Option<usize> {
        match self {
            Self::Request => None,
            Self::Event => Some(limits::EVENT_LINE_BYTES),
            Self::Response => Some(limits::RESPONSE_BYTES),
        }
    }
}

impl Problems {
    /// Returns the problems, at most [`limits::PROBLEMS`] of them.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.listed.iter()
    }

    /// Returns the same, for who must not show everything that was found.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Problem> {
        self.listed.iter_mut()
    }

    /// Returns how many problems there were, also beyond those listed.
    pub fn total(&self) -> usize {
        self.listed.len() + self.unlisted
    }

    pub(crate) fn push(&mut self, problem: impl FnOnce() -> Problem) {
        if self.listed.len() < limits::PROBLEMS {
            self.listed.push(problem());
        } else {
            self.unlisted += 1;
        }
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Request => "request",
            Self::Event => "event",
            Self::Response => "response",
        })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, found {}", self.path, self.expected, self.found)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.listed.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{problem}")?;
        }
        match self.unlisted {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}
