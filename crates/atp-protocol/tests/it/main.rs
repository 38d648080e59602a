//! The wire format: what is accepted, what is refused, and how a refusal reads.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails its test by panicking")]

mod any_bytes;
mod artifacts;
mod events;
mod metrics;
mod order;
mod requests;
mod responses;

use atp_protocol::{Error, Timestamp};

/// Any moment will do where the line has one of its own.
pub(crate) const NOON: &str = "2024-05-06T12:00:00Z";

pub(crate) fn noon() -> Timestamp {
    Timestamp::parse(NOON).unwrap()
}

/// The problems of a message that was refused, as `path: expected, found`.
pub(crate) fn problems<T: std::fmt::Debug>(result: Result<T, Error>) -> Vec<String> {
    match result {
        Err(Error::Invalid { problems, .. }) => problems.iter().map(ToString::to_string).collect(),
        other => panic!("not refused for its content: {other:?}"),
    }
}
