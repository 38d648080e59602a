//! One export, from the first batch to the last.

use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::trace::Trace;
use crate::transport::Transport;
use atp_journal::Recording;
use opentelemetry::KeyValue;
use opentelemetry_otlp::{
    Protocol, RetryPolicy, SpanExporter as OtlpExporter, WithExportConfig, WithHttpConfig,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanExporter;
use opentelemetry_semantic_conventions::SCHEMA_URL;
use opentelemetry_semantic_conventions::resource::SERVICE_VERSION;
use std::time::Duration;

/// How many spans a request has at most, as many as the batches of the OpenTelemetry SDKs.
pub const BATCH_SPANS: usize = 512;

/// What an export came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exported {
    /// Spans that the collector took.
    pub spans: usize,
    /// Requests that this took, repeated ones included.
    pub requests: usize,
}

/// Sends a recording to a collector as one trace.
///
/// `endpoint` is what `OTEL_EXPORTER_OTLP_ENDPOINT` would hold, such as `http://localhost:4318`:
/// `/v1/traces` is added to it unless it ends so. Spans go there as protobuf over HTTP/1.1, one
/// batch of [`BATCH_SPANS`] after the other. No more than one batch is in memory, besides an index
/// of the tests and runs. `https` needs the feature `tls`, and trusts what the system trusts.
///
/// A request that is answered with 429, 502, 503 or 504, or whose connection fails or breaks, is
/// repeated up to five times: after the time that the answer asks for, else after 0.2 s at most,
/// then twice that, and so on. Nothing else is repeated. All of it together takes at most
/// `timeout`; it ends at once where that leaves no time for another try.
///
/// The headers in `OTEL_EXPORTER_OTLP_HEADERS` and `OTEL_EXPORTER_OTLP_TRACES_HEADERS` are sent
/// along, which is the place for credentials.
///
/// To drop the future ends it; the collector keeps the batches that it took.
///
/// # Errors
///
/// [`Error`], at the first batch that the collector does not take. What it left out of those that
/// it took, it left out for good, so that [`Error::Rejected`] comes after the last batch.
///
/// # Panics
///
/// If it is not called within a tokio runtime with I/O and time.
pub async fn export(
    recording: &Recording,
    endpoint: &str,
    timeout: Duration,
) -> Result<Exported, Error> {
    let endpoint = Endpoint::parse(endpoint)?;
    let transport = Transport::new(endpoint.clone(), timeout)?;
    let mut exporter = OtlpExporter::builder()
        .with_http()
        .with_http_client(transport.clone())
        .with_endpoint(endpoint.address())
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(timeout)
        // Ours knows the time that is left, and does not block the thread.
        .with_retry_policy(RetryPolicy::disabled())
        .build()
        .map_err(|error| Error::Exporter { reason: error.to_string(), sent: 0 })?;
    exporter.set_resource(&resource());
    let trace = Trace::new(recording);
    let mut spans = trace.spans();
    let mut sent = 0;
    loop {
        let batch: Vec<_> = spans.by_ref().take(BATCH_SPANS).collect();
        let size = batch.len();
        if size == 0 {
            return transport.finish(sent);
        }
        if let Err(error) = exporter.export(batch).await {
            return Err(transport
                .failed(sent)
                .unwrap_or_else(|| Error::Exporter { reason: error.to_string(), sent }));
        }
        sent += size;
    }
}

/// What sends the spans: this platform, in this version.
fn resource() -> Resource {
    Resource::builder()
        .with_service_name("atp")
        .with_schema_url([KeyValue::new(SERVICE_VERSION, env!("CARGO_PKG_VERSION"))], SCHEMA_URL)
        .build()
}
