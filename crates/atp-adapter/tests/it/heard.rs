//! A sink that keeps what it hears.

use atp_adapter::{
    Adapter, AdapterError, Answer, EventSink, Failure, Run, RunLimits, lazy_adapter_registry,
};
use atp_protocol::{Error, Event, Request};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// What came of a run's events.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) events: Vec<Event<'static>>,
    pub(crate) lines: Vec<Vec<u8>>,
    pub(crate) invalid: Vec<(Vec<u8>, Error)>,
}

impl EventSink for Heard {
    fn event(&mut self, event: Event<'_>, line: &[u8]) {
        self.events.push(event.into_owned());
        self.lines.push(line.to_vec());
    }

    fn invalid(&mut self, line: &[u8], reason: &Error) {
        self.invalid.push((line.to_vec(), reason.clone()));
    }
}

impl Heard {
    pub(crate) fn sequences(&self) -> Vec<u64> {
        self.events.iter().map(|event| event.sequence).collect()
    }
}

pub(crate) fn adapter(kind: &str, config: &Value) -> Arc<dyn Adapter> {
    let (builder, _) = lazy_adapter_registry().get(kind).unwrap();
    builder.build(config).unwrap()
}

pub(crate) fn request() -> Request {
    Request::new("task-1", "do it")
}

/// Limits that a test of a good agent never comes near.
pub(crate) fn limits() -> RunLimits {
    RunLimits::new().with_timeout(Some(Duration::from_secs(60)))
}

/// Limits for agents that never end by themselves.
pub(crate) fn short(timeout_ms: u64) -> RunLimits {
    let timeout = Some(Duration::from_millis(timeout_ms));
    RunLimits::new().with_timeout(timeout).with_grace(Duration::from_millis(200))
}

pub(crate) async fn execute(
    adapter: &dyn Adapter,
    request: &Request,
    limits: RunLimits,
) -> (Result<Answer, AdapterError>, Heard) {
    let mut heard = Heard::default();
    let run = Run::new(request).with_limits(limits);
    let result = adapter.execute(run, &mut heard).await;
    (result, heard)
}

pub(crate) fn failure(result: Result<Answer, AdapterError>) -> Failure {
    result.expect_err("the run was to fail").failure
}
