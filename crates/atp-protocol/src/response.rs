//! The agent's answer.

use crate::artifact::Artifact;
use crate::error::{Error, Message};
use crate::json::{Expected, Json, trimmed};
use crate::limits;
use crate::metrics::Metrics;
use crate::reader::{Object, parse_message, text};
use crate::version::Version;
use serde::Serialize;

/// How a run ended, in the agent's view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The task is done.
    Completed,
    /// The task could not be done.
    Failed,
    /// Time ran out.
    Timeout,
    /// The run was ended from outside.
    Cancelled,
    /// Part of the task is done.
    Partial,
}

/// What an agent answers, once.
///
/// # Examples
///
/// ```
/// use atp_protocol::{Response, Status};
///
/// let line = br#"{"task_id": "run-1", "status": "completed", "metrics": {"total_steps": "5"}}"#;
/// let response = Response::parse(line)?;
/// assert_eq!(response.status, Status::Completed);
/// assert_eq!(response.metrics.as_ref().and_then(|metrics| metrics.total_steps), Some(5));
/// assert!(response.check_task_id("run-2").is_err());
/// # Ok::<(), atp_protocol::Error>(())
/// ```
#[derive(Debug, Clone, Serialize)]
pub struct Response {
    /// The protocol's version.
    pub version: Version,
    /// Identifier of the task, repeated from the request.
    pub task_id: String,
    /// How the run ended.
    pub status: Status,
    /// What was made.
    pub artifacts: Vec<Artifact>,
    /// What it cost.
    pub metrics: Option<Metrics>,
    /// What went wrong.
    pub error: Option<String>,
    /// Identifier of a trace kept elsewhere.
    pub trace_id: Option<String>,
}

/// A response answers another task than the one that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the response is for task {found:?}, not for {expected:?}")]
#[non_exhaustive]
pub struct TaskIdMismatch {
    /// The request's task.
    pub expected: String,
    /// The response's task.
    pub found: String,
}

impl Response {
    const FIELDS: &'static [&'static str] =
        &["version", "task_id", "status", "artifacts", "metrics", "error", "trace_id"];

    /// Creates a response without artifacts, metrics, error or trace.
    pub fn new(task_id: impl Into<String>, status: Status) -> Self {
        Self {
            version: Version::default(),
            task_id: task_id.into(),
            status,
            artifacts: Vec::new(),
            metrics: None,
            error: None,
            trace_id: None,
        }
    }

    /// Parses a whole response.
    ///
    /// An artifact without a `type` is structured data if it has `data` and either a `name` or no
    /// `path`, and a file otherwise.
    ///
    /// # Errors
    ///
    /// [`Error`] for more than [`limits::RESPONSE_BYTES`], text that is not JSON, and anything in
    /// it that the protocol does not allow.
    pub fn parse(text: &(impl AsRef<[u8]> + ?Sized)) -> Result<Self, Error> {
        parse_message(Message::Response, text.as_ref(), Self::FIELDS, Self::read)
    }

    /// Checks that this answers the task of the request.
    ///
    /// # Errors
    ///
    /// [`TaskIdMismatch`] if it does not; white space around either identifier is no difference.
    pub fn check_task_id(&self, requested: &str) -> Result<(), TaskIdMismatch> {
        let requested = requested.trim();
        if self.task_id.trim() == requested {
            Ok(())
        } else {
            Err(TaskIdMismatch { expected: requested.into(), found: self.task_id.clone() })
        }
    }

    fn read(object: &mut Object<'_, '_>) -> Option<Self> {
        let version = object.optional("version", Version::read).unwrap_or_default();
        let task_id = object.required("task_id", task_id);
        let status = object.required("status", Status::read);
        let artifacts =
            object.objects("artifacts", limits::ARTIFACTS, Artifact::FIELDS, Artifact::read);
        let metrics = object.nested("metrics", Metrics::FIELDS, Metrics::read);
        let error = object
            .optional("error", |json| text(json, "text", limits::ERROR_CHARS).map(Into::into));
        let trace_id = object.optional("trace_id", |json| {
            text(json, "an identifier", limits::TRACE_ID_CHARS).map(Into::into)
        });
        let (task_id, status) = (task_id?, status?);
        Some(Self { version, task_id, status, artifacts, metrics, error, trace_id })
    }
}

impl Status {
    fn read(json: Json<'_>) -> Result<Self, Expected> {
        match json.string().as_deref() {
            Some("completed") => Ok(Self::Completed),
            Some("failed") => Ok(Self::Failed),
            Some("timeout") => Ok(Self::Timeout),
            Some("cancelled") => Ok(Self::Cancelled),
            Some("partial") => Ok(Self::Partial),
            _ => Err("completed, failed, timeout, cancelled or partial".into()),
        }
    }
}

fn task_id(json: Json<'_>) -> Result<String, Expected> {
    let id = json.string().map(trimmed);
    id.filter(|id| !id.is_empty() && crate::json::at_most(id, limits::TASK_ID_CHARS))
        .map(Into::into)
        .ok_or_else(|| format!("an identifier of 1 to {} characters", limits::TASK_ID_CHARS).into())
}
