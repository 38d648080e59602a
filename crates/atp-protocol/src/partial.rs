//! Events that leave out what the platform knows.

use crate::error::{Error, Message, Problem, Problems};
use crate::event::{Event, EventType};
use crate::json::{Expected, Json, trimmed};
use crate::reader::{Object, parse_message};
use crate::timestamp::Timestamp;
use crate::version::Version;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// An event whose fields are valid as far as they are there.
#[derive(Debug, Clone)]
pub struct PartialEvent<'a> {
    /// The protocol's version; 1.0 where the line has none.
    pub version: Version,
    /// Identifier of the task.
    pub task_id: Option<Cow<'a, str>>,
    /// When it happened.
    pub timestamp: Option<Timestamp>,
    /// Position in the agent's sequence of events.
    pub sequence: Option<u64>,
    /// What it tells about.
    pub event_type: Option<EventType>,
    /// A JSON object, as text. This no one but the agent can know, so it must be there.
    pub payload: &'a RawValue,
}

/// What the platform fills in for the events of one run.
#[derive(Debug, Clone)]
pub struct EventDefaults<'a> {
    task_id: &'a str,
    next_sequence: u64,
}

impl<'a> EventDefaults<'a> {
    /// Creates the defaults of a run: its task, sequence numbers from 0, and progress as the type.
    pub fn new(task_id: &'a str) -> Self {
        Self { task_id, next_sequence: 0 }
    }
}

impl<'a> PartialEvent<'a> {
    const FIELDS: &'static [&'static str] =
        &["version", "task_id", "timestamp", "sequence", "event_type", "payload"];

    /// Parses a line. Only its payload must be there.
    ///
    /// # Errors
    ///
    /// [`Error`] for more than [`EVENT_LINE_BYTES`](crate::limits::EVENT_LINE_BYTES), text that is
    /// not JSON, and anything in it that the protocol does not allow.
    pub fn parse(line: &'a (impl AsRef<[u8]> + ?Sized)) -> Result<Self, Error> {
        parse_message(Message::Event, line.as_ref(), Self::FIELDS, Self::read)
    }

    /// Fills in what is missing.
    ///
    /// A missing sequence number follows the highest one seen, a missing timestamp is `received`.
    pub fn complete<'d: 'a>(
        self,
        defaults: &mut EventDefaults<'d>,
        received: Timestamp,
    ) -> Event<'a> {
        let sequence = self.sequence.unwrap_or(defaults.next_sequence);
        defaults.next_sequence = defaults.next_sequence.max(sequence.saturating_add(1));
        Event {
            version: self.version,
            task_id: self.task_id.unwrap_or(Cow::Borrowed(defaults.task_id)),
            timestamp: self.timestamp.unwrap_or(received),
            sequence,
            event_type: self.event_type.unwrap_or(EventType::Progress),
            payload: Cow::Borrowed(self.payload),
        }
    }

    /// Takes the event as it is, provided that only the timestamp is missing.
    pub(crate) fn require(self, received: Timestamp) -> Result<Event<'a>, Error> {
        let mut problems = Problems::default();
        let mut missing = |path: &str, expected: &'static str| {
            let path = path.to_owned();
            problems.push(|| Problem { path, expected: expected.into(), found: "nothing".into() });
        };
        if self.task_id.is_none() {
            missing("$.task_id", "an identifier");
        }
        if self.sequence.is_none() {
            missing("$.sequence", "an integer from 0");
        }
        if self.event_type.is_none() {
            missing("$.event_type", "the type of the event");
        }
        match (self.task_id, self.sequence, self.event_type) {
            (Some(task_id), Some(sequence), Some(event_type)) => Ok(Event {
                version: self.version,
                task_id,
                timestamp: self.timestamp.unwrap_or(received),
                sequence,
                event_type,
                payload: Cow::Borrowed(self.payload),
            }),
            _ => Err(Error::Invalid { message: Message::Event, problems }),
        }
    }

    fn read(object: &mut Object<'a, '_>) -> Option<Self> {
        let version = object.optional("version", Version::read).unwrap_or_default();
        let task_id = object.optional("task_id", task_id);
        let timestamp = object.optional("timestamp", Json::timestamp);
        let sequence = object.optional("sequence", Json::count);
        let event_type = object.optional("event_type", EventType::read);
        let payload = object.required("payload", Json::object)?;
        Some(Self { version, task_id, timestamp, sequence, event_type, payload })
    }
}

fn task_id(json: Json<'_>) -> Result<Cow<'_, str>, Expected> {
    json.string()
        .map(trimmed)
        .filter(|id| !id.is_empty())
        .ok_or(Expected::Borrowed("an identifier"))
}
