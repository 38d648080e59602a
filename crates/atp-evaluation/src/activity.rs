//! What an agent reported while it worked, in bounded memory.

use crate::finding::cut;
use crate::limits::{ERROR_MESSAGES, TOOL_NAME_BYTES, TOOL_NAMES};
use atp_protocol::{Event, EventType};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

/// Characters kept of the message of an error.
const MESSAGE_CHARS: usize = 200;

/// The events of one run, folded one by one as they come.
///
/// It holds a counter for each type of event, one for each of the first
/// [`TOOL_NAMES`] names of tools, and the first [`ERROR_MESSAGES`] messages of errors: at most a
/// few hundred kilobytes, however many events there are. Calls of further tools are counted in
/// [`uncounted_tool_calls`](Self::uncounted_tool_calls).
///
/// Only the payloads of tool calls and errors are looked into, and only as far as their `tool` or
/// `message`: the first entry of that name counts.
#[derive(Debug, Clone, Default)]
pub struct Activity {
    counts: [u64; 5],
    tools: HashMap<Box<str>, u64>,
    unnamed_tool_calls: u64,
    uncounted_tool_calls: u64,
    error_messages: Vec<String>,
}

impl Activity {
    /// Creates an activity without events.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an event.
    pub fn observe(&mut self, event: &Event<'_>) {
        self.counts[place(event.event_type)] += 1;
        match event.event_type {
            EventType::ToolCall => self.observe_tool(text_in(&event.payload, "tool")),
            EventType::Error if self.error_messages.len() < ERROR_MESSAGES => {
                let message = text_in(&event.payload, "message");
                let message = message.as_deref().unwrap_or("an error without a message");
                self.error_messages.push(cut(message, MESSAGE_CHARS).into_owned());
            }
            _ => {}
        }
    }

    /// Returns the number of all events.
    pub fn events(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Returns the number of events of one type.
    pub fn count(&self, event_type: EventType) -> u64 {
        self.counts[place(event_type)]
    }

    /// Returns how often tools were called, named or not.
    pub fn tool_calls(&self) -> u64 {
        self.count(EventType::ToolCall)
    }

    /// Returns how often a tool was called. 0 proves nothing while there are
    /// [`uncounted_tool_calls`](Self::uncounted_tool_calls).
    pub fn calls_of(&self, tool: &str) -> u64 {
        self.tools.get(tool).copied().unwrap_or(0)
    }

    /// Returns the tools that were called and how often, in no particular order.
    pub fn tools(&self) -> impl ExactSizeIterator<Item = (&str, u64)> {
        self.tools.iter().map(|(name, calls)| (&**name, *calls))
    }

    /// Returns the calls of tools whose names were not kept, because there were
    /// [`TOOL_NAMES`] others or the name is longer than [`TOOL_NAME_BYTES`].
    pub fn uncounted_tool_calls(&self) -> u64 {
        self.uncounted_tool_calls
    }

    /// Returns the calls that name no tool.
    pub fn unnamed_tool_calls(&self) -> u64 {
        self.unnamed_tool_calls
    }

    /// Returns the messages of the first errors.
    pub fn error_messages(&self) -> &[String] {
        &self.error_messages
    }

    fn observe_tool(&mut self, name: Option<Cow<'_, str>>) {
        let Some(name) = name.filter(|name| !name.is_empty()) else {
            self.unnamed_tool_calls += 1;
            return;
        };
        if let Some(calls) = self.tools.get_mut(&*name) {
            *calls += 1;
        } else if self.tools.len() < TOOL_NAMES && name.len() <= TOOL_NAME_BYTES {
            self.tools.insert(name.into_owned().into_boxed_str(), 1);
        } else {
            self.uncounted_tool_calls += 1;
        }
    }
}

fn place(event_type: EventType) -> usize {
    match event_type {
        EventType::ToolCall => 0,
        EventType::LlmRequest => 1,
        EventType::Reasoning => 2,
        EventType::Error => 3,
        EventType::Progress => 4,
    }
}

/// Returns the text of the first entry called `key`.
fn text_in<'p>(payload: &'p RawValue, key: &str) -> Option<Cow<'p, str>> {
    let mut found = None;
    let mut deserializer = serde_json::Deserializer::from_str(payload.get());
    // Reading ends at the entry, wherever that is, and serde_json calls the rest an error. There
    // is nothing else that could be wrong: the payload is an object that was parsed before.
    let entry = FirstEntry { key, found: &mut found };
    deserializer.deserialize_map(entry).ok();
    serde_json::from_str::<Text<'p>>(found?.get()).ok().map(|text| text.0)
}

/// Puts the first entry called `key` where it was asked to.
struct FirstEntry<'k, 'f, 'p> {
    key: &'k str,
    found: &'f mut Option<&'p RawValue>,
}

impl<'p> Visitor<'p> for FirstEntry<'_, '_, 'p> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'p>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Text<'p>>()? {
            if key.0 == self.key {
                *self.found = Some(map.next_value()?);
                break;
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

/// Text that is borrowed where it has no escapes.
struct Text<'p>(Cow<'p, str>);

impl<'p> Deserialize<'p> for Text<'p> {
    fn deserialize<D: Deserializer<'p>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor)
    }
}

struct TextVisitor;

impl<'p> Visitor<'p> for TextVisitor {
    type Value = Text<'p>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'p str) -> Result<Text<'p>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text<'p>, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }
}

#[cfg(test)]
mod tests;
