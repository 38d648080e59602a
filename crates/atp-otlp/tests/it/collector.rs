//! A collector that stands in for a real one, on loopback.

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};
use prost::Message;
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// How to answer a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reply {
    Take,
    /// Takes it with a body that is no answer of a collector.
    TakeWith(&'static [u8]),
    /// Takes it but for so many spans.
    Reject(i64, &'static str),
    Status(u16),
    /// A status with the header `Retry-After`.
    Later(u16, &'static str),
    Redirect(&'static str),
    Page,
    /// Says that it takes it, and not all of what it wanted to say.
    TakeAndBreak,
    /// Closes the connection without a word.
    Break,
    Hang,
}

/// A request, as it came.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
    pub(crate) resource_spans: Vec<ResourceSpans>,
    is_taken: bool,
}

/// Answers as it is told, and takes everything from then on. Ends with the test.
#[derive(Debug)]
pub(crate) struct Collector {
    pub(crate) endpoint: String,
    state: Arc<Mutex<State>>,
    serving: JoinHandle<()>,
}

#[derive(Debug)]
struct State {
    replies: VecDeque<Reply>,
    received: Vec<Received>,
    is_forgetful: bool,
}

impl Collector {
    pub(crate) async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let replies = replies.into_iter().collect();
        let state = State { replies, received: Vec::new(), is_forgetful: false };
        let state = Arc::new(Mutex::new(state));
        let serving = tokio::spawn(serve(listener, Arc::clone(&state)));
        Self { endpoint, state, serving }
    }

    /// Starts one that takes everything and keeps nothing.
    pub(crate) async fn forgetful() -> Self {
        let collector = Self::start([]).await;
        collector.state.lock().unwrap().is_forgetful = true;
        collector
    }

    /// All requests, those that were not taken included.
    pub(crate) fn received(&self) -> Vec<Received> {
        std::mem::take(&mut self.state.lock().unwrap().received)
    }

    /// The spans of the requests that were taken.
    pub(crate) fn spans(&self) -> Vec<Span> {
        let taken = self.received().into_iter().filter(|received| received.is_taken);
        let scopes = taken.flat_map(|received| received.resource_spans);
        scopes.flat_map(|spans| spans.scope_spans).flat_map(|scope| scope.spans).collect()
    }
}

impl Received {
    pub(crate) fn spans(&self) -> usize {
        let scopes = self.resource_spans.iter().flat_map(|spans| &spans.scope_spans);
        scopes.map(|scope| scope.spans.len()).sum()
    }

    pub(crate) fn resource(&self) -> &Resource {
        let [spans] = &self.resource_spans[..] else { panic!("one resource sends all") };
        spans.resource.as_ref().unwrap()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, state: Arc<Mutex<State>>) {
    // They end with it.
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let state = Arc::clone(&state);
        let service =
            hyper::service::service_fn(move |request| answer(request, Arc::clone(&state)));
        let connection = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service);
        connections.spawn(async move { connection.await.is_ok() });
    }
}

async fn answer(
    request: Request<Incoming>,
    state: Arc<Mutex<State>>,
) -> Result<Response<Full<Bytes>>, io::Error> {
    let (head, body) = request.into_parts();
    let bytes = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let decoded = ExportTraceServiceRequest::decode(bytes.clone()).unwrap();
    let reply = {
        let mut state = state.lock().unwrap();
        let reply = state.replies.pop_front().unwrap_or(Reply::Take);
        let received = Received {
            path: head.uri.path_and_query().unwrap().to_string(),
            headers: head.headers,
            bytes: bytes.to_vec(),
            resource_spans: decoded.resource_spans,
            is_taken: matches!(
                reply,
                Reply::Take | Reply::TakeWith(_) | Reply::Reject(..) | Reply::TakeAndBreak
            ),
        };
        if !state.is_forgetful {
            state.received.push(received);
        }
        reply
    };
    let response = Response::builder().header(CONTENT_TYPE, "application/x-protobuf");
    let response = match reply {
        Reply::Take => response.body(taken(None)),
        Reply::TakeWith(body) => response.body(Bytes::from_static(body).into()),
        Reply::Reject(rejected_spans, message) => {
            let error_message = message.to_owned();
            response.body(taken(Some(ExportTracePartialSuccess { rejected_spans, error_message })))
        }
        Reply::Status(status) => response.status(status).body("no".into()),
        Reply::Later(status, when) => {
            response.status(status).header(RETRY_AFTER, when).body("later".into())
        }
        Reply::Redirect(to) => response.status(307).header(LOCATION, to).body("there".into()),
        Reply::Page => Response::builder()
            .header(CONTENT_TYPE, "text/html; charset=utf-8")
            .body("<!doctype html><title>Log in</title>".into()),
        Reply::TakeAndBreak => response.header(CONTENT_LENGTH, "1000").body("".into()),
        Reply::Break => return Err(io::ErrorKind::ConnectionReset.into()),
        Reply::Hang => std::future::pending().await,
    };
    Ok(response.unwrap())
}

fn taken(partial_success: Option<ExportTracePartialSuccess>) -> Full<Bytes> {
    ExportTraceServiceResponse { partial_success }.encode_to_vec().into()
}
