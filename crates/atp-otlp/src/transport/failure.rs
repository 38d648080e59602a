//! What becomes of a request that is not taken.

use crate::error::Error as ExportError;
use hyper::StatusCode;
use hyper::header::{HeaderMap, RETRY_AFTER};
use hyper_util::client::legacy;
use std::error::Error;
use std::iter;
use std::time::{Duration, SystemTime};

/// Why a request was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failure {
    #[error("status {status}")]
    Refused { status: u16, retry_after: Option<Duration> },
    #[error("{0}")]
    Broken(String),
    #[error("a web page")]
    Page,
    #[error("the time is over")]
    TimedOut,
}

impl Failure {
    pub(super) fn refused(status: StatusCode, headers: &HeaderMap) -> Self {
        Self::Refused { status: status.as_u16(), retry_after: retry_after(headers) }
    }

    /// Tells the causes, for the error itself says no more than that it is one.
    pub(super) fn broken(error: &legacy::Error) -> Self {
        let causes: Vec<_> = causes(error).map(ToString::to_string).collect();
        Self::Broken(if causes.is_empty() { error.to_string() } else { causes.join(": ") })
    }

    /// Whether the same request may be taken later. The statuses are those that OTLP names.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Refused { status, .. } => matches!(status, 429 | 502 | 503 | 504),
            Self::Broken(_) => true,
            Self::Page | Self::TimedOut => false,
        }
    }

    /// How long the collector wants to be left alone.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    pub(super) fn into_error(
        self,
        endpoint: String,
        timeout: Duration,
        sent: usize,
    ) -> ExportError {
        match self {
            Self::Refused { status, .. } => ExportError::Status { endpoint, status, sent },
            Self::Broken(reason) => ExportError::Unreachable { endpoint, reason, sent },
            Self::Page => ExportError::NoCollector { endpoint },
            Self::TimedOut => ExportError::Timeout { endpoint, timeout, sent },
        }
    }
}

fn causes(error: &dyn Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    iter::successors(error.source(), |cause: &&(dyn Error + 'static)| (*cause).source())
}

/// Seconds or a date (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, retry_after: &str) -> Failure {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, retry_after.parse().unwrap());
        Failure::refused(StatusCode::from_u16(status).unwrap(), &headers)
    }

    #[test]
    fn only_what_otlp_calls_passing_is_repeated() {
        let statuses = 300..600;
        let repeated: Vec<_> = statuses.filter(|status| refused(*status, "").may_pass()).collect();
        assert_eq!(repeated, [429, 502, 503, 504]);
    }

    #[test]
    fn a_collector_may_say_when_in_two_forms() {
        for (text, expected) in [
            ("0", Some(0)),
            (" 120 ", Some(120)),
            ("Wed, 21 Oct 2015 07:28:00 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
            ("", None),
        ] {
            let expected = expected.map(Duration::from_secs);
            assert_eq!(refused(503, text).retry_after(), expected, "{text:?}");
        }
    }
}
