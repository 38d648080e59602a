//! Why a shared limiter granted nothing.

use std::time::Duration;

/// Why a [`SharedRateLimiter`](crate::SharedRateLimiter) granted nothing.
///
/// No message holds the password of the server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SharedRateError {
    /// The server could not be reached or gave no usable answer, and the policy is
    /// [`OutagePolicy::Closed`](crate::OutagePolicy::Closed).
    #[error("the rate limit server at {server} is not available: {reason}")]
    Outage {
        /// Host and port, or the path of the socket.
        server: String,
        /// What was tried and what came of it.
        reason: String,
    },
    /// The server is there and refuses: the password is wrong, something is not permitted, or the
    /// key is in use for something else. It is an error under either policy, because somebody
    /// has to change a setting.
    #[error("the rate limit server at {server} refuses: {reason}")]
    Refused {
        /// Host and port, or the path of the socket.
        server: String,
        /// What it said.
        reason: String,
    },
    /// The wait is longer than the caller allows.
    #[error("no token within {timeout:?}")]
    TooLong {
        /// What was allowed.
        timeout: Duration,
    },
}
