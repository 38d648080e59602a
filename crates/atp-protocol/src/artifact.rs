//! What an agent made.

use crate::json::{Expected, Json, trimmed};
use crate::limits;
use crate::reader::{Object, text};
use serde::Serialize;
use serde_json::value::RawValue;

/// One result of a run.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Artifact {
    /// A file in the workspace, or its content.
    File(FileArtifact),
    /// Data without a file.
    Structured(StructuredArtifact),
    /// Something that lies elsewhere.
    Reference(ReferenceArtifact),
}

/// A file in the workspace, with its content where the agent sent it along.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FileArtifact {
    /// Path below the workspace: relative, without a `..` segment.
    pub path: String,
    /// Media type.
    pub content_type: Option<String>,
    /// Size in bytes.
    pub size_bytes: Option<u64>,
    /// Hash of the content, in a form of the agent's choice.
    pub content_hash: Option<String>,
    /// The content itself.
    pub content: Option<String>,
}

/// Data without a file.
#[derive(Debug, Clone, Serialize)]
pub struct StructuredArtifact {
    /// Name, without a path separator.
    pub name: String,
    /// A JSON object, kept as the text that the agent wrote.
    pub data: Box<RawValue>,
    /// Media type.
    pub content_type: Option<String>,
}

/// Something that lies elsewhere: a path of any kind, or an address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ReferenceArtifact {
    /// Where it lies.
    pub path: String,
    /// Media type.
    pub content_type: Option<String>,
    /// Size in bytes.
    pub size_bytes: Option<u64>,
}

/// The shapes an artifact can have, as `type` names them.
enum Shape {
    File,
    Structured,
    Reference,
}

impl Artifact {
    pub(crate) const FIELDS: &'static [&'static str] =
        &["type", "path", "name", "data", "content_type", "size_bytes", "content_hash", "content"];

    pub(crate) fn read(object: &mut Object<'_, '_>) -> Option<Self> {
        let shape = match object.get("type") {
            Some(_) => object.optional("type", Shape::read)?,
            None => Shape::of(object),
        };
        match shape {
            Shape::File => FileArtifact::read(object).map(Self::File),
            Shape::Structured => StructuredArtifact::read(object).map(Self::Structured),
            Shape::Reference => ReferenceArtifact::read(object).map(Self::Reference),
        }
    }
}

impl Shape {
    fn read(json: Json<'_>) -> Result<Self, Expected> {
        match json.string().as_deref() {
            Some("file") => Ok(Self::File),
            Some("structured") => Ok(Self::Structured),
            Some("reference") => Ok(Self::Reference),
            _ => Err("file, structured or reference".into()),
        }
    }

    /// The shape of an artifact that names none: by its fields, never by whether they are valid,
    /// so that a bad file path is an error and does not turn the file into a reference.
    fn of(object: &Object<'_, '_>) -> Self {
        let has = |name| object.get(name).is_some();
        if has("data") && (has("name") || !has("path")) { Self::Structured } else { Self::File }
    }
}

impl FileArtifact {
    fn read(object: &mut Object<'_, '_>) -> Option<Self> {
        let path = object.required("path", file_path);
        let content_type = object.optional("content_type", content_type);
        let size_bytes = object.optional("size_bytes", Json::count);
        let content_hash = object.optional("content_hash", |json| {
            text(json, "a hash", limits::CONTENT_HASH_CHARS).map(Into::into)
        });
        let content = object.optional("content", |json| {
            text(json, "content", limits::CONTENT_CHARS).map(Into::into)
        });
        Some(Self { path: path?, content_type, size_bytes, content_hash, content })
    }
}

impl StructuredArtifact {
    fn read(object: &mut Object<'_, '_>) -> Option<Self> {
        let name = object.required("name", name);
        let data = object.required("data", Json::object);
        let content_type = object.optional("content_type", content_type);
        Some(Self { name: name?, data: data?.to_owned(), content_type })
    }
}

impl ReferenceArtifact {
    fn read(object: &mut Object<'_, '_>) -> Option<Self> {
        let path = object.required("path", any_path);
        let content_type = object.optional("content_type", content_type);
        let size_bytes = object.optional("size_bytes", Json::count);
        Some(Self { path: path?, content_type, size_bytes })
    }
}

fn content_type(json: Json<'_>) -> Result<String, Expected> {
    text(json, "a media type", limits::CONTENT_TYPE_CHARS).map(Into::into)
}

fn any_path(json: Json<'_>) -> Result<String, Expected> {
    let path = text(json, "a path without NUL", limits::PATH_CHARS)?;
    let path = trimmed(path);
    if path.is_empty() || path.contains('\0') {
        return Err(format!("a path without NUL of 1 to {} characters", limits::PATH_CHARS).into());
    }
    Ok(path.into())
}

fn file_path(json: Json<'_>) -> Result<String, Expected> {
    let path = any_path(json)?;
    let absolute = path.starts_with('/');
    // Agents on Windows write the other separator, and a segment is a segment with either.
    if absolute || path.split(['/', '\\']).any(|segment| segment == "..") {
        return Err("a relative path without `..`".into());
    }
    Ok(path)
}

fn name(json: Json<'_>) -> Result<String, Expected> {
    let name = text(json, "a name", limits::NAME_CHARS)?;
    let name = trimmed(name);
    if name.is_empty() || name.contains(['/', '\\', '\0']) {
        return Err(
            format!("a name without separators of 1 to {} characters", limits::NAME_CHARS).into()
        );
    }
    Ok(name.into())
}
