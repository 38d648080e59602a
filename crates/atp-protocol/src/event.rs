//! What an agent reports while it works.

use crate::error::Error;
use crate::json::{Expected, Json};
use crate::partial::PartialEvent;
use crate::timestamp::Timestamp;
use crate::version::Version;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// What an event tells about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EventType {
    /// A tool was called.
    ToolCall,
    /// A model was asked.
    LlmRequest,
    /// The agent thought.
    Reasoning,
    /// Something went wrong.
    Error,
    /// The agent came further.
    Progress,
}

/// One report of an agent, borrowed from the line it came in.
#[derive(Debug, Clone, Serialize)]
pub struct Event<'a> {
    /// The protocol's version.
    pub version: Version,
    /// Identifier of the task, not blank.
    pub task_id: Cow<'a, str>,
    /// When it happened.
    pub timestamp: Timestamp,
    /// Position in the agent's sequence of events.
    pub sequence: u64,
    /// What it tells about.
    pub event_type: EventType,
    /// A JSON object, as the text that the agent wrote. It is free in form and not looked into.
    pub payload: Cow<'a, RawValue>,
}

impl<'a> Event<'a> {
    /// Parses a line that holds a complete event; one without a timestamp happened at `received`.
    ///
    /// See [`PartialEvent`] for agents that leave out more.
    ///
    /// # Errors
    ///
    /// [`Error`] for more than [`EVENT_LINE_BYTES`](crate::limits::EVENT_LINE_BYTES), text that is
    /// not JSON, and anything missing or not allowed by the protocol.
    pub fn parse(
        line: &'a (impl AsRef<[u8]> + ?Sized),
        received: Timestamp,
    ) -> Result<Self, Error> {
        PartialEvent::parse(line)?.require(received)
    }

    /// Reads the payload as a type of the caller's.
    ///
    /// # Errors
    ///
    /// That of serde_json, for a payload of another form.
    pub fn payload_as<T: Deserialize<'a>>(&'a self) -> serde_json::Result<T> {
        serde_json::from_str(self.payload.get())
    }

    /// Copies what is borrowed, so that the event outlives its line.
    #[must_use]
    pub fn into_owned(self) -> Event<'static> {
        Event {
            task_id: Cow::Owned(self.task_id.into_owned()),
            payload: Cow::Owned(self.payload.into_owned()),
            ..self
        }
    }
}

impl EventType {
    pub(crate) fn read(json: Json<'_>) -> Result<Self, Expected> {
        match json.string().as_deref() {
            Some("tool_call") => Ok(Self::ToolCall),
            Some("llm_request") => Ok(Self::LlmRequest),
            Some("reasoning") => Ok(Self::Reasoning),
            Some("error") => Ok(Self::Error),
            Some("progress") => Ok(Self::Progress),
            _ => Err("tool_call, llm_request, reasoning, error or progress".into()),
        }
    }
}
