//! What a run gave, and what it took.

use atp_protocol::Response;
use std::time::Duration;

/// A valid response to the request, and what the run took.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Answer {
    /// What the agent answered, without secrets in the error that it tells of.
    pub response: Response,
    /// What the run took.
    pub measured: Measured,
    /// The end of what the agent wrote to stderr besides events, without secrets; empty for
    /// agents that are no process.
    pub stderr: String,
}

/// What a run took, whether it gave an answer or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Measured {
    /// The time to start the process. Zero where there is none to start.
    pub spawn: Duration,
    /// The agent's own time, from there to its end or to the end of its reply.
    pub agent: Duration,
    /// The time to end what the agent left, and to make sure that nothing is left.
    pub cleanup: Duration,
    /// CPU time, user and system, of the process and of those descendants that were waited for.
    pub cpu: Option<Duration>,
    /// The largest resident set of any one of these processes.
    pub peak_rss_bytes: Option<u64>,
    /// Valid events that went to the sink.
    pub events: u64,
    /// Lines that were no valid event.
    pub invalid_events: u64,
    /// Whether the agent ended while processes that it had started went on.
    pub leaky: bool,
    /// How many processes were found when the agent had ended or was to end, besides itself, and
    /// were ended. Elsewhere than on Linux a whole group counts as one.
    pub ended: u32,
    /// How many processes could not be ended, itself included. Anything but zero is a fault worth
    /// a look.
    pub remaining: u32,
}

impl Answer {
    /// Creates an answer of an agent that is no process.
    pub fn new(response: Response, measured: Measured) -> Self {
        Self { response, measured, stderr: String::new() }
    }
}
