//! The agent that does nothing.

use crate::adapter::{Adapter, BoxFuture, Run};
use crate::answer::{Answer, Measured};
use crate::config::{ConfigDescription, ConfigError, Settings};
use crate::error::AdapterError;
use crate::sink::EventSink;
use atp_protocol::{Artifact, FileArtifact, Response, Status};
use serde_json::Value;

/// Completes every task at once, with the description of the task as the file `echo.txt`.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Echo;

impl Echo {
    pub(crate) const CONFIG: ConfigDescription =
        ConfigDescription::new("Completes every task at once, in process.", &[]);

    pub(crate) fn from_config(config: &Value) -> Result<Self, ConfigError> {
        Settings::new("builtin:echo", &Self::CONFIG, config)?;
        Ok(Self)
    }
}

impl Adapter for Echo {
    fn execute<'a>(
        &'a self,
        run: Run<'a>,
        _events: &'a mut dyn EventSink,
    ) -> BoxFuture<'a, Result<Answer, AdapterError>> {
        let request = run.request;
        let mut response = Response::new(&*request.task_id, Status::Completed);
        response.artifacts.push(Artifact::File(FileArtifact {
            path: "echo.txt".into(),
            content_type: Some("text/plain".into()),
            size_bytes: Some(request.task.description.len() as u64),
            content: Some(request.task.description.clone()),
            ..FileArtifact::default()
        }));
        Box::pin(std::future::ready(Ok(Answer::new(response, Measured::default()))))
    }

    fn health_check(&self) -> BoxFuture<'_, Result<(), AdapterError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}
