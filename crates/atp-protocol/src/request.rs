//! What the platform asks an agent to do.

use crate::error::{Error, Message};
use crate::json::{Expected, Json, at_most, trimmed};
use crate::limits;
use crate::reader::{Object, parse_message, text};
use crate::version::Version;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What the platform sends, once, at the start of a run.
///
/// # Examples
///
/// ```
/// use atp_protocol::Request;
///
/// let mut request = Request::new("run-1", "Write a haiku.");
/// request.constraints.insert("max_steps".into(), 5.into());
/// let line = request.to_json()?;
/// assert_eq!(Request::parse(&line)?, request);
///
/// let error = Request::new("run 1", "").to_json().unwrap_err();
/// assert!(error.to_string().contains("$.task_id"));
/// # Ok::<(), atp_protocol::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Request {
    /// The protocol's version.
    pub version: Version,
    /// Identifier of the run's task: 1 to 128 ASCII letters, digits, `_` and `-`.
    pub task_id: String,
    /// The task itself.
    pub task: Task,
    /// Limits the agent is asked to keep, such as `max_steps`.
    pub constraints: Map<String, Value>,
    /// Where the agent works.
    pub context: Option<Context>,
    /// What travels along without a meaning to the agent, at most 50 keys.
    pub metadata: Option<Map<String, Value>>,
}

/// What is to be done.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Task {
    /// The instruction, 1 to 100,000 characters.
    pub description: String,
    /// Input besides the instruction.
    pub input_data: Option<Map<String, Value>>,
    /// Relative paths of the files that are to be made.
    pub expected_artifacts: Option<Vec<String>>,
}

/// Where an agent works.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Context {
    /// Address of a server of tools, http or https.
    pub tools_endpoint: Option<String>,
    /// Directory the agent may write to.
    pub workspace_path: Option<String>,
    /// Environment variables, at most 100.
    pub environment: Option<BTreeMap<String, String>>,
}

impl Request {
    const FIELDS: &'static [&'static str] =
        &["version", "task_id", "task", "constraints", "context", "metadata"];

    /// Creates a request with a description and nothing else. What it holds is checked by
    /// [`Request::to_json`].
    pub fn new(task_id: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            version: Version::default(),
            task_id: task_id.into(),
            task: Task { description: description.into(), ..Task::default() },
            constraints: Map::new(),
            context: None,
            metadata: None,
        }
    }

    /// Parses a request, as an agent does.
    ///
    /// # Errors
    ///
    /// [`Error`] for text that is not JSON and anything in it that the protocol does not allow.
    pub fn parse(text: &(impl AsRef<[u8]> + ?Sized)) -> Result<Self, Error> {
        parse_message(Message::Request, text.as_ref(), Self::FIELDS, Self::read)
    }

    /// Returns the request as one line of JSON, without a line end.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] where a field is beyond its limit: what was written is read back as the
    /// agent will read it.
    pub fn to_json(&self) -> Result<String, Error> {
        let json = serde_json::to_string(self).map_err(|error| Error::NotJson {
            message: Message::Request,
            reason: error.to_string(),
        })?;
        Self::parse(&json)?;
        Ok(json)
    }

    fn read(object: &mut Object<'_, '_>) -> Option<Self> {
        let version = object.optional("version", Version::read).unwrap_or_default();
        let task_id = object.required("task_id", task_id);
        let task = match object.get("task") {
            Some(_) => object.nested("task", Task::FIELDS, Task::read),
            None => object.note("task", "an object".into(), || "nothing".into()),
        };
        let constraints = object.optional("constraints", Json::map).unwrap_or_default();
        let context = object.nested("context", Context::FIELDS, Context::read);
        let metadata = object.optional("metadata", metadata);
        let (task_id, task) = (task_id?, task?);
        Some(Self { version, task_id, task, constraints, context, metadata })
    }
}

impl Task {
    const FIELDS: &'static [&'static str] = &["description", "input_data", "expected_artifacts"];

    fn read(object: &mut Object<'_, '_>) -> Option<Self> {
        let description = object.required("description", description);
        let input_data = object.optional("input_data", Json::map);
        let expected_artifacts = object.values("expected_artifacts", usize::MAX, artifact_path);
        Some(Self { description: description?, input_data, expected_artifacts })
    }
}

impl Context {
    const FIELDS: &'static [&'static str] = &["tools_endpoint", "workspace_path", "environment"];

    fn read(object: &mut Object<'_, '_>) -> Option<Self> {
        Some(Self {
            tools_endpoint: object.optional("tools_endpoint", endpoint).flatten(),
            workspace_path: object.optional("workspace_path", workspace_path).flatten(),
            environment: read_environment(object),
        })
    }
}

fn task_id(json: Json<'_>) -> Result<String, Expected> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    json.string()
        .map(trimmed)
        .filter(|id| (1..=limits::TASK_ID_CHARS).contains(&id.len()) && id.bytes().all(is_allowed))
        .map(Into::into)
        .ok_or_else(|| {
            format!("1 to {} letters, digits, `_` and `-`", limits::TASK_ID_CHARS).into()
        })
}

fn description(json: Json<'_>) -> Result<String, Expected> {
    json.string()
        .filter(|text| !text.is_empty() && at_most(text, limits::DESCRIPTION_CHARS))
        .map(Into::into)
        .ok_or_else(|| format!("text of 1 to {} characters", limits::DESCRIPTION_CHARS).into())
}

fn metadata(json: Json<'_>) -> Result<Map<String, Value>, Expected> {
    let metadata = json.map()?;
    if metadata.len() > limits::METADATA_KEYS {
        return Err(format!("an object of at most {} keys", limits::METADATA_KEYS).into());
    }
    Ok(metadata)
}

fn artifact_path(json: Json<'_>) -> Result<String, Expected> {
    let path = text(json, "a relative path", limits::PATH_CHARS)?;
    let path = trimmed(path);
    if path.is_empty() || path.contains("..") || path.starts_with(['/', '~']) {
        return Err("a relative path without `..`".into());
    }
    Ok(path.into())
}

/// An address with a host; a blank one counts as none.
fn endpoint(json: Json<'_>) -> Result<Option<String>, Expected> {
    let expected = || Expected::Borrowed("an http or https address");
    let address = trimmed(json.string().ok_or_else(expected)?);
    if address.is_empty() {
        return Ok(None);
    }
    let host = address.strip_prefix("http://").or_else(|| address.strip_prefix("https://"));
    match host {
        Some(host) if !host.is_empty() && !host.starts_with('/') => Ok(Some(address.into())),
        _ => Err(expected()),
    }
}

/// A path without NUL; a blank one counts as none.
fn workspace_path(json: Json<'_>) -> Result<Option<String>, Expected> {
    let path = json.string().map(trimmed);
    path.filter(|path| at_most(path, limits::PATH_CHARS) && !path.contains('\0'))
        .map(|path| (!path.is_empty()).then(|| path.into()))
        .ok_or_else(|| {
            format!("a path without NUL of at most {} characters", limits::PATH_CHARS).into()
        })
}

/// Names like those of C, values without NUL. No value is repeated in a problem: it may be a
/// secret.
fn read_environment(object: &mut Object<'_, '_>) -> Option<BTreeMap<String, String>> {
    const FIELD: &str = "environment";
    if !object.get(FIELD)?.is_object() {
        return object.note(FIELD, "an object".into(), || "another kind".into());
    }
    let map = object.optional(FIELD, Json::map)?;
    if map.len() > limits::ENVIRONMENT_VARIABLES {
        let expected = format!("at most {} variables", limits::ENVIRONMENT_VARIABLES).into();
        return object.note(FIELD, expected, || format!("{}", map.len()));
    }
    let mut environment = BTreeMap::new();
    for (name, value) in map {
        if !is_variable_name(&name) {
            let found = if at_most(&name, 40) { format!("{name:?}") } else { "a long name".into() };
            let expected = "names of letters, digits and `_` that start with no digit";
            object.note_key(FIELD, None, (expected.into(), found));
        }
        match value {
            Value::String(value) if !value.contains('\0') => drop(environment.insert(name, value)),
            Value::String(_) => {
                object.note_key(FIELD, Some(&name), ("text without NUL".into(), "NUL".into()));
            }
            _ => object.note_key(FIELD, Some(&name), ("text".into(), "another kind".into())),
        }
    }
    Some(environment)
}

fn is_variable_name(name: &str) -> bool {
    !name.starts_with(|first: char| first.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
