//! Why spans did not arrive.

use std::time::Duration;

/// Why not all spans were taken.
///
/// An endpoint is shown as scheme, host and port, so that what may be secret in it is not repeated.
/// `sent` is how many spans the collector took before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The endpoint is no address that spans can be sent to. Nothing was sent.
    #[error("the OTLP endpoint is not {expected}")]
    Endpoint {
        /// What it should have been.
        expected: &'static str,
    },
    /// The collector refused, or was busy each time.
    #[error("{endpoint} answered with status {status} after {sent} spans")]
    Status {
        /// Where the spans were sent.
        endpoint: String,
        /// The status of the last answer.
        status: u16,
        /// Spans that were taken before.
        sent: usize,
    },
    /// No connection came about, or it broke each time.
    #[error("{endpoint} could not be reached after {sent} spans: {reason}")]
    Unreachable {
        /// Where the spans were sent.
        endpoint: String,
        /// What the last connection failed with.
        reason: String,
        /// Spans that were taken before.
        sent: usize,
    },
    /// The time was over.
    #[error("{endpoint} took {sent} spans within {timeout:?} and not all of them")]
    Timeout {
        /// Where the spans were sent.
        endpoint: String,
        /// The time for the whole export.
        timeout: Duration,
        /// Spans that were taken before.
        sent: usize,
    },
    /// Something else than a collector answered: a page for people, as web servers do.
    #[error("{endpoint} answered with a web page, so it is no OTLP collector")]
    NoCollector {
        /// Where the spans were sent.
        endpoint: String,
    },
    /// The collector took the requests but not all spans in them.
    #[error("{endpoint} rejected {rejected} of {spans} spans: {message}")]
    Rejected {
        /// Where the spans were sent.
        endpoint: String,
        /// Spans that it left out.
        rejected: u64,
        /// Spans that were sent.
        spans: usize,
        /// The first reason that it gave, cut.
        message: String,
    },
    /// The exporter failed by itself, before it came to send.
    #[error("the spans could not be exported after {sent} of them: {reason}")]
    Exporter {
        /// What it says.
        reason: String,
        /// Spans that were taken before.
        sent: usize,
    },
}
