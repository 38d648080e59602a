//! One request and its reply.

use super::connect::Connections;
use super::records::{Form, Records};
use super::target::Target;
use crate::error::Failure;
use crate::process::Bounds;
use crate::redact::excerpt;
use crate::reply::{self, EXCERPT_CHARS};
use crate::secrets::Secrets;
use crate::sink::EventFeed;
use crate::watch::Watch;
use atp_protocol::{EventType, PartialEvent, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION,
    RETRY_AFTER,
};
use hyper::{Method, StatusCode};
use std::time::{Duration, SystemTime};
use tokio::time::timeout;

const REDIRECTS: usize = 5;

/// How long the body of a refusal is waited for: the status alone tells most.
const REFUSAL_TIME: Duration = Duration::from_secs(1);

/// The forms of a reply that are understood, those of the original's agents first.
const FORMS: &str = "text/event-stream, application/x-ndjson, application/json";

/// One request and its reply, as far as it came.
#[derive(Debug)]
pub(super) struct Exchange<'a> {
    feed: EventFeed<'a>,
    task_id: &'a str,
    bounds: Bounds,
    secrets: &'a Secrets,
    response: Option<Response>,
}

type Reply = hyper::Response<Incoming>;

impl<'a> Exchange<'a> {
    pub(super) fn new(
        feed: EventFeed<'a>,
        task_id: &'a str,
        bounds: Bounds,
        secrets: &'a Secrets,
    ) -> Self {
        Self { feed, task_id, bounds, secrets, response: None }
    }

    pub(super) fn feed(&self) -> &EventFeed<'a> {
        &self.feed
    }

    /// Posts `body` and reads the reply to its end, or to the response in it.
    pub(super) async fn run(
        &mut self,
        connections: &Connections,
        target: &Target,
        headers: &HeaderMap,
        body: String,
        watch: &mut Watch,
    ) -> Result<Response, Failure> {
        let body = Bytes::from(body);
        let reply = watch.over(follow(connections, target, headers, Method::POST, body)).await??;
        watch.sign_of_life();
        if !reply.status().is_success() {
            return Err(refusal(reply, self.secrets, watch).await?);
        }
        if let Some(encoding) = encoding(reply.headers()) {
            let reason = format!("the reply is encoded as {encoding}, which was not asked for");
            return Err(Failure::Other(reason));
        }
        let origin = target.origin();
        match form(reply.headers()) {
            Some(form) => self.stream(form, reply.into_body(), &origin, watch).await,
            None => {
                let limit = self.bounds.response_bytes;
                let mut text = Vec::new();
                let mut body = reply.into_body();
                while let Some(bytes) = next(&mut body, &origin, watch).await? {
                    text.extend_from_slice(&bytes);
                    if text.len() > limit {
                        return Err(too_large("response", limit));
                    }
                }
                if text.trim_ascii().is_empty() {
                    return Err(Failure::NoResponse { stderr: String::new() });
                }
                reply::response(&text, self.task_id, self.secrets)
            }
        }
    }

    /// Reads records until one is the response.
    async fn stream(
        &mut self,
        form: Form,
        mut body: Incoming,
        origin: &str,
        watch: &mut Watch,
    ) -> Result<Response, Failure> {
        let mut records = Records::new(form);
        let limit = self.bounds.response_bytes;
        while let Some(bytes) = next(&mut body, origin, watch).await? {
            records.push(&bytes, |name, data| self.record(name, data))?;
            if let Some(response) = self.response.take() {
                rest(body, watch.limits().drain).await;
                return Ok(response);
            }
            if records.held_bytes() > limit {
                return Err(too_large("record", limit));
            }
        }
        records.finish(|name, data| self.record(name, data))?;
        self.response.take().ok_or(Failure::NoResponse { stderr: String::new() })
    }

    /// Takes a record: what is named a response or is one is the response, all else an event.
    fn record(&mut self, name: &str, data: &[u8]) -> Result<(), Failure> {
        if self.response.is_some() {
            return Ok(());
        }
        if name == "response" {
            self.response = Some(reply::response(data, self.task_id, self.secrets)?);
            return Ok(());
        }
        if data.len() <= self.feed.limit_bytes()
            && let Ok(mut event) = PartialEvent::parse(data)
        {
            event.event_type = event.event_type.or_else(|| event_type(name));
            self.feed.valid(event, data);
            return Ok(());
        }
        match Response::parse(data) {
            Ok(response) => {
                self.response = Some(reply::accept(response, self.task_id, self.secrets)?);
            }
            // No event either, and the feed says why.
            Err(_) => drop(self.feed.line(data)),
        }
        Ok(())
    }
}

/// Reads what little may follow the response, so that the connection can be used again.
async fn rest(mut body: Incoming, drain: Duration) {
    let rest = async { while let Some(Ok(_)) = body.frame().await {} };
    // A server that goes on loses the connection, which is all that is left of the run.
    let _ended = timeout(drain, rest).await.is_ok();
}

/// Returns the failure that a status is, with the beginning of what the server said.
async fn refusal(reply: Reply, secrets: &Secrets, watch: &mut Watch) -> Result<Failure, Failure> {
    const READ_BYTES: usize = 16 << 10;
    let status = reply.status().as_u16();
    let retry_after = retry_after(reply.headers());
    let is_readable = encoding(reply.headers()).is_none();
    let (mut text, mut body) = (Vec::new(), reply.into_body());
    let read = async {
        while is_readable
            && text.len() < READ_BYTES
            && let Some(Ok(frame)) = body.frame().await
        {
            text.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
        }
    };
    // A server that does not go on has refused all the same.
    let _whole = watch.over(timeout(REFUSAL_TIME, read)).await?.is_ok();
    let body = excerpt(&text, EXCERPT_CHARS, secrets);
    Ok(Failure::Status { status, body, retry_after })
}

/// Asks with GET whether a server is there.
pub(super) async fn is_there(
    connections: &Connections,
    target: &Target,
    headers: &HeaderMap,
) -> Result<(), Failure> {
    let reply = follow(connections, target, headers, Method::GET, Bytes::new()).await?;
    match reply.status().as_u16() {
        status @ 500.. => {
            let retry_after = retry_after(reply.headers());
            Err(Failure::Status { status, body: String::new(), retry_after })
        }
        _ => Ok(()),
    }
}

/// Sends a request and follows redirects. The configured headers go to the configured server only.
async fn follow(
    connections: &Connections,
    target: &Target,
    headers: &HeaderMap,
    mut method: Method,
    mut body: Bytes,
) -> Result<Reply, Failure> {
    let mut current = target.clone();
    for _ in 0..=REDIRECTS {
        let broken = |reason: String| Failure::Connection { endpoint: current.origin(), reason };
        let uri = current.uri().map_err(|error| broken(error.to_string()))?;
        let mut request = hyper::Request::new(Full::new(body.clone()));
        *request.uri_mut() = uri;
        *request.method_mut() = method.clone();
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static(FORMS));
        request.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if method == Method::POST {
            let json = HeaderValue::from_static("application/json");
            request.headers_mut().insert(CONTENT_TYPE, json);
        }
        if current.origin() == target.origin() {
            request.headers_mut().extend(headers.clone());
        }
        let reply = connections.send(&current, request).await?;
        let location = reply.headers().get(LOCATION).filter(|_| reply.status().is_redirection());
        let Some(location) = location else { return Ok(reply) };
        let next = location.to_str().ok().map(|location| current.join(location));
        let next = next.unwrap_or(Err("an http or https address"));
        let next =
            next.map_err(|expected| broken(format!("in a redirect, expected {expected}")))?;
        // As browsers do: these say that the request is done, and where its result is.
        if let StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND | StatusCode::SEE_OTHER =
            reply.status()
        {
            method = Method::GET;
            body = Bytes::new();
        }
        current = next;
    }
    let reason = format!("more than {REDIRECTS} redirects");
    Err(Failure::Connection { endpoint: target.origin(), reason })
}

/// Returns the next bytes of a body.
async fn next(
    body: &mut Incoming,
    origin: &str,
    watch: &mut Watch,
) -> Result<Option<Bytes>, Failure> {
    loop {
        let Some(frame) = watch.over(body.frame()).await? else { return Ok(None) };
        let frame = frame.map_err(|error| Failure::Connection {
            endpoint: origin.to_owned(),
            reason: format!("the reply broke off: {error}"),
        })?;
        watch.sign_of_life();
        if let Ok(bytes) = frame.into_data() {
            return Ok(Some(bytes));
        }
    }
}

fn form(headers: &HeaderMap) -> Option<Form> {
    let content_type = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let media_type = content_type.split(';').next()?.trim().to_ascii_lowercase();
    match media_type.as_str() {
        "text/event-stream" => Some(Form::Sse),
        "application/x-ndjson"
        | "application/ndjson"
        | "application/jsonl"
        | "application/x-jsonlines" => Some(Form::Lines),
        _ => None,
    }
}

/// How a body is encoded that cannot be read as it is.
fn encoding(headers: &HeaderMap) -> Option<String> {
    let encoding = String::from_utf8_lossy(headers.get(CONTENT_ENCODING)?.as_bytes());
    let encoding = encoding.trim().to_ascii_lowercase();
    (!encoding.is_empty() && encoding != "identity").then_some(encoding)
}

/// What the name of a server-sent event says about its type.
fn event_type(name: &str) -> Option<EventType> {
    match name {
        "tool_call" => Some(EventType::ToolCall),
        "llm_request" => Some(EventType::LlmRequest),
        "reasoning" => Some(EventType::Reasoning),
        "error" => Some(EventType::Error),
        "progress" => Some(EventType::Progress),
        _ => None,
    }
}

/// When the server wants to be asked again: seconds or a date (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}

fn too_large(what: &'static str, limit_bytes: usize) -> Failure {
    Failure::TooLarge { what, limit_bytes }
}
