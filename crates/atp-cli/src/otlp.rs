//! The spans of a run, sent to a collector.

use crate::report_files::ReportedRun;
#[cfg(feature = "otlp")]
use crate::{chain, say};
use clap::Args;
#[cfg(feature = "otlp")]
use std::time::Duration;

/// How long a collector may take for the spans of one suite.
#[cfg(feature = "otlp")]
const TIMEOUT: Duration = Duration::from_secs(30);

/// Where spans are sent.
#[derive(Args)]
#[command(next_help_heading = "Reports")]
pub(crate) struct Collector {
    /// Sends the run as OpenTelemetry spans to this collector, over OTLP/HTTP, such as
    /// `http://localhost:4318`. OTEL_EXPORTER_OTLP_HEADERS holds the headers to send along.
    #[cfg(feature = "otlp")]
    #[arg(long, value_name = "ENDPOINT", value_parser = endpoint)]
    otlp: Option<String>,
}

#[cfg(feature = "otlp")]
impl Collector {
    /// Whether spans are to be sent.
    pub(crate) fn is_asked(&self) -> bool {
        self.otlp.is_some()
    }

    /// Sends the spans of all runs, if that was asked for. Says what went wrong, and returns
    /// whether nothing did.
    pub(crate) async fn send(&self, runs: &[ReportedRun]) -> bool {
        let Some(endpoint) = &self.otlp else { return true };
        let mut is_whole = true;
        for run in runs {
            if let Err(error) = atp_otlp::export(&run.recording, endpoint, TIMEOUT).await {
                say(format_args!("atp: the spans were not all sent: {}", chain(&error)));
                is_whole = false;
            }
        }
        is_whole
    }
}

/// Without the feature there is no such option.
#[cfg(not(feature = "otlp"))]
impl Collector {
    pub(crate) fn is_asked(&self) -> bool {
        false
    }

    pub(crate) async fn send(&self, _runs: &[ReportedRun]) -> bool {
        true
    }
}

/// What can be told of an address before anything runs. It is not repeated: it may hold a password.
#[cfg(feature = "otlp")]
fn endpoint(text: &str) -> Result<String, &'static str> {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    match rest {
        Some(host) if !host.is_empty() => Ok(text.to_owned()),
        _ => Err("expected http://host:port or https://host:port"),
    }
}
