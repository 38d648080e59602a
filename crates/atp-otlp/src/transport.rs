//! Requests and their repetition, over hyper.

mod connect;
mod failure;

use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::export::Exported;
use async_trait::async_trait;
use atp_async::{AttemptFailure, RetryError, RetryPolicy, retry_async};
use connect::Client;
use failure::Failure;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{CONTENT_TYPE, HeaderMap};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How often a request is repeated.
const RETRIES: u32 = 5;

/// The longest wait before the first repetition; each further one may be twice as long.
const FIRST_DELAY: Duration = Duration::from_millis(200);

/// How much of an answer is read. A collector answers with a few bytes.
const ANSWER_BYTES: usize = 64 << 10;

/// Sends the requests of one export, and knows what became of them.
#[derive(Debug, Clone)]
pub(crate) struct Transport(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    client: Client,
    endpoint: Endpoint,
    timeout: Duration,
    /// None if it is further away than the clock goes.
    ends_at: Option<Instant>,
    log: Mutex<Log>,
}

/// What the exporter of OpenTelemetry does not tell.
#[derive(Debug, Default)]
struct Log {
    requests: usize,
    failure: Option<Failure>,
    rejected: u64,
    /// The first reason for rejected spans.
    message: String,
}

impl Transport {
    pub(crate) fn new(endpoint: Endpoint, timeout: Duration) -> Result<Self, Error> {
        let client = connect::client(&endpoint)?;
        let ends_at = Instant::now().checked_add(timeout);
        let log = Mutex::default();
        Ok(Self(Arc::new(Inner { client, endpoint, timeout, ends_at, log })))
    }

    /// Returns why a request failed after so many spans were taken, if one did.
    pub(crate) fn failed(&self, sent: usize) -> Option<Error> {
        let failure = self.0.log().failure.take()?;
        Some(failure.into_error(self.0.endpoint.origin(), self.0.timeout, sent))
    }

    /// Returns what an export came to whose requests were all taken.
    pub(crate) fn finish(&self, spans: usize) -> Result<Exported, Error> {
        let mut log = self.0.log();
        if log.rejected == 0 {
            return Ok(Exported { spans, requests: log.requests });
        }
        let (rejected, message) = (log.rejected, std::mem::take(&mut log.message));
        Err(Error::Rejected { endpoint: self.0.endpoint.origin(), rejected, spans, message })
    }
}

#[async_trait]
impl HttpClient for Transport {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let policy = policy(self.0.ends_at);
        let (head, body) = request.into_parts();
        let inner = Arc::clone(&self.0);
        // Its futures borrow nothing, for the compiler cannot see of one that borrows that it may
        // move from thread to thread.
        let attempt = move || {
            let request = Request::from_parts(head.clone(), Full::new(body.clone()));
            let inner = Arc::clone(&inner);
            async move { inner.once(request).await }
        };
        retry_async(policy, attempt).await.map_err(|error| {
            let failure = last_failure(error);
            let told = failure.to_string();
            self.0.log().failure = Some(failure);
            told.into()
        })
    }
}

impl Inner {
    async fn once(&self, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, Failure> {
        self.log().requests += 1;
        let answer = self.client.request(request).await.map_err(|error| Failure::broken(&error))?;
        let (head, body) = answer.into_parts();
        if !head.status.is_success() {
            return Err(Failure::refused(head.status, &head.headers));
        }
        if media_type(&head.headers) == "text/html" {
            return Err(Failure::Page);
        }
        // Whatever becomes of the rest of the answer, the spans were taken.
        let body = Limited::new(body, ANSWER_BYTES).collect().await;
        let body = body.map_or(Bytes::new(), |body| body.to_bytes());
        self.note(&body);
        Ok(Response::from_parts(head, body))
    }

    /// Notes what a collector left out of a request that it took.
    fn note(&self, answer: &[u8]) {
        let answer = ExportTraceServiceResponse::decode(answer).unwrap_or_default();
        let Some(partial) = answer.partial_success else { return };
        let mut log = self.log();
        let rejected = u64::try_from(partial.rejected_spans).unwrap_or(0);
        if rejected > 0 && log.rejected == 0 {
            log.message = crate::attributes::cut(&partial.error_message);
        }
        log.rejected = log.rejected.saturating_add(rejected);
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When to repeat a request. None is repeated where that would end after `ends_at`, and what is
/// under way then is cut off.
fn policy(ends_at: Option<Instant>) -> RetryPolicy<Failure> {
    let policy = RetryPolicy::new(RETRIES)
        .with_delay(FIRST_DELAY)
        .when(Failure::may_pass)
        .retry_after(Failure::retry_after);
    match ends_at {
        Some(end) => policy.with_deadline(end.saturating_duration_since(Instant::now())),
        None => policy,
    }
}

/// What decided: the last try, or that it was cut off.
fn last_failure(error: RetryError<Failure>) -> Failure {
    match error.history().last().map(|attempt| &attempt.failure) {
        Some(AttemptFailure::Error(failure)) => failure.clone(),
        _ => Failure::TimedOut,
    }
}

fn media_type(headers: &HeaderMap) -> String {
    let text = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::StatusCode;

    /// How often a collector that stays busy is asked within so much time, and how long it took.
    async fn asked(seconds: u64) -> (usize, Duration) {
        let start = Instant::now();
        let busy = || async { Err(Failure::refused(StatusCode::BAD_GATEWAY, &HeaderMap::new())) };
        let policy = policy(Some(start + Duration::from_secs(seconds))).without_jitter();
        let error = retry_async::<(), _, _>(policy, busy).await.unwrap_err();
        let asked = error.attempts();
        assert!(matches!(last_failure(error), Failure::Refused { status: 502, .. }));
        (asked, start.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_collector_that_stays_busy_is_asked_six_times_or_as_often_as_there_is_time() {
        assert_eq!(asked(600).await, (6, Duration::from_millis(200 + 400 + 800 + 1600 + 3200)));
        assert_eq!(asked(2).await, (4, Duration::from_millis(200 + 400 + 800)));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_under_way_at_the_end_is_cut_off() {
        let end = Instant::now() + Duration::from_secs(3);
        let hanging = || std::future::pending::<Result<(), Failure>>();
        let error = retry_async(policy(Some(end)), hanging).await.unwrap_err();
        assert_eq!((last_failure(error), Instant::now()), (Failure::TimedOut, end));
    }
}
