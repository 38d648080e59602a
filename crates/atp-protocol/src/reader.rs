//! Reads the fields of an object and notes every problem with its path.

use crate::error::{Error, Message, Problem, Problems};
use crate::json::{Expected, Json};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// No object of the protocol has more fields.
const MAX_FIELDS: usize = 10;

/// Where a value is within its message. Written out only when there is a problem.
#[derive(Clone, Copy)]
enum Path<'p> {
    Root,
    Field(&'p Path<'p>, &'p str),
    Element(&'p Path<'p>, usize),
}

/// The known fields of one object; what else it holds was skipped.
pub(crate) struct Object<'a, 'p> {
    names: &'static [&'static str],
    values: [Option<Json<'a>>; MAX_FIELDS],
    path: Path<'p>,
    problems: &'p mut Problems,
}

/// Parses a whole message: one object with fields called `names`, read by `read`.
///
/// `read` returns nothing only after a problem was noted.
pub(crate) fn parse_message<'a, T>(
    message: Message,
    bytes: &'a [u8],
    names: &'static [&'static str],
    read: impl FnOnce(&mut Object<'a, '_>) -> Option<T>,
) -> Result<T, Error> {
    if let Some(limit_bytes) = message.limit_bytes().filter(|limit| bytes.len() > *limit) {
        return Err(Error::TooLong { message, bytes: bytes.len(), limit_bytes });
    }
    let not_json = |error: serde_json::Error| Error::NotJson { message, reason: error.to_string() };
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Error::NotUtf8 { message, offset: error.valid_up_to() })?;
    let mut problems = Problems::default();
    let value = if text.trim_ascii_start().starts_with('{') {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let values = Fields { names }.deserialize(&mut deserializer).map_err(not_json)?;
        deserializer.end().map_err(not_json)?;
        read(&mut Object { names, values, path: Path::Root, problems: &mut problems })
    } else {
        let json = Json::new(serde_json::from_str::<&RawValue>(text).map_err(not_json)?);
        problems.push(|| Path::Root.problem("an object".into(), json.describe()));
        None
    };
    match value {
        Some(value) if problems.total() == 0 => Ok(value),
        _ => Err(Error::Invalid { message, problems }),
    }
}

impl<'a> Object<'a, '_> {
    /// A field that may be absent or null.
    pub(crate) fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Json<'a>) -> Result<T, Expected>,
    ) -> Option<T> {
        let json = self.get(name)?;
        match read(json) {
            Ok(value) => Some(value),
            Err(expected) => self.note(name, expected, || json.describe()),
        }
    }

    /// A field that must be there.
    pub(crate) fn required<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Json<'a>) -> Result<T, Expected>,
    ) -> Option<T> {
        if self.get(name).is_some() {
            return self.optional(name, read);
        }
        // What reading null expected is what is missing.
        match read(Json::null()) {
            Ok(value) => Some(value),
            Err(expected) => self.note(name, expected, || "nothing".into()),
        }
    }

    /// A field that holds an object with fields called `names`; nothing if it is absent or null.
    pub(crate) fn nested<T>(
        &mut self,
        name: &'static str,
        names: &'static [&'static str],
        read: impl FnOnce(&mut Object<'a, '_>) -> Option<T>,
    ) -> Option<T> {
        let json = self.get(name)?;
        let path = Path::Field(&self.path, name);
        read_object(json, names, path, self.problems, read)
    }

    /// A field that holds an array of at most `limit` such objects; empty if absent or null.
    pub(crate) fn objects<T>(
        &mut self,
        name: &'static str,
        limit: usize,
        names: &'static [&'static str],
        mut read: impl FnMut(&mut Object<'a, '_>) -> Option<T>,
    ) -> Vec<T> {
        let Some(elements) = self.elements(name, limit) else { return Vec::new() };
        let field = Path::Field(&self.path, name);
        let objects = elements.into_iter().enumerate().filter_map(|(index, json)| {
            let path = Path::Element(&field, index);
            read_object(json, names, path, self.problems, &mut read)
        });
        objects.collect()
    }

    /// A field that holds an array of at most `limit` values; nothing if absent or null.
    pub(crate) fn values<T>(
        &mut self,
        name: &'static str,
        limit: usize,
        read: impl Fn(Json<'a>) -> Result<T, Expected>,
    ) -> Option<Vec<T>> {
        let elements = self.elements(name, limit)?;
        let field = Path::Field(&self.path, name);
        let mut values = Vec::with_capacity(elements.len());
        for (index, json) in elements.into_iter().enumerate() {
            match read(json) {
                Ok(value) => values.push(value),
                Err(expected) => {
                    let path = Path::Element(&field, index);
                    self.problems.push(|| path.problem(expected, json.describe()));
                }
            }
        }
        Some(values)
    }

    /// Notes a problem with the field `name`, or with one key of the object it holds.
    pub(crate) fn note_key(&mut self, name: &str, key: Option<&str>, problem: (Expected, String)) {
        let field = Path::Field(&self.path, name);
        let path = key.map_or(field, |key| Path::Field(&field, key));
        self.problems.push(|| path.problem(problem.0, problem.1));
    }

    /// Notes that a field must be something else.
    pub(crate) fn note<T>(
        &mut self,
        name: &str,
        expected: Expected,
        found: impl FnOnce() -> String,
    ) -> Option<T> {
        let path = Path::Field(&self.path, name);
        self.problems.push(|| path.problem(expected, found()));
        None
    }

    /// The value of a field that is there and not null.
    pub(crate) fn get(&self, name: &str) -> Option<Json<'a>> {
        let position = self.names.iter().position(|known| *known == name)?;
        self.values[position].filter(|json| !json.is_null())
    }

    fn elements(&mut self, name: &'static str, limit: usize) -> Option<Vec<Json<'a>>> {
        let (elements, total) = self.optional(name, |json| json.array(limit))?;
        if total > limit {
            let expected = format!("at most {limit} elements").into();
            return self.note(name, expected, || format!("{total}"));
        }
        Some(elements)
    }
}

fn read_object<'a, T>(
    json: Json<'a>,
    names: &'static [&'static str],
    path: Path<'_>,
    problems: &mut Problems,
    read: impl FnOnce(&mut Object<'a, '_>) -> Option<T>,
) -> Option<T> {
    let mut deserializer = serde_json::Deserializer::from_str(json.text());
    let fields = Fields { names };
    match fields.deserialize(&mut deserializer) {
        Ok(values) => read(&mut Object { names, values, path, problems }),
        Err(_) => {
            problems.push(|| path.problem("an object".into(), json.describe()));
            None
        }
    }
}

impl Path<'_> {
    fn problem(&self, expected: Expected, found: String) -> Problem {
        Problem { path: self.to_string(), expected, found }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_word = |name: &str| {
            !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        match self {
            Self::Root => f.write_str("$"),
            Self::Field(parent, name) if is_word(name) => write!(f, "{parent}.{name:.64}"),
            Self::Field(parent, name) => write!(f, "{parent}[{:?}]", format!("{name:.64}")),
            Self::Element(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// Collects the values of known names; of two equal keys the last one stays.
struct Fields {
    names: &'static [&'static str],
}

impl<'de> DeserializeSeed<'de> for Fields {
    type Value = [Option<Json<'de>>; MAX_FIELDS];

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Fields {
    type Value = [Option<Json<'de>>; MAX_FIELDS];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        debug_assert!(self.names.len() <= MAX_FIELDS, "a field would never be read");
        let mut values = [None; MAX_FIELDS];
        while let Some(position) = map.next_key_seed(Name { names: self.names })? {
            match position.and_then(|position| values.get_mut(position)) {
                Some(value) => *value = Some(map.next_value()?),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(values)
    }
}

/// Reads a key as its position among the known names.
struct Name {
    names: &'static [&'static str],
}

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        // Bytes, for a key with half of a surrogate pair is no `str` and still only an unknown key.
        deserializer.deserialize_bytes(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_bytes<E>(self, key: &[u8]) -> Result<Self::Value, E> {
        Ok(self.names.iter().position(|name| name.as_bytes() == key))
    }
}

/// A string of at most `most` characters, which an error calls `what`.
pub(crate) fn text<'a>(
    json: Json<'a>,
    what: &'static str,
    most: usize,
) -> Result<Cow<'a, str>, Expected> {
    json.string()
        .filter(|string| crate::json::at_most(string, most))
        .ok_or_else(|| format!("{what} of at most {most} characters").into())
}
