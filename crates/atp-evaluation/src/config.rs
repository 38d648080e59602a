//! Settings of an assertion, read key by key.

use crate::finding::{listed, shown};
use atp_suite::{Map, Value};

/// A setting of an assertion that makes no sense, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
#[non_exhaustive]
pub struct ConfigProblem {
    /// Its place within the test, such as `assertions[2].config.pattern`.
    pub path: String,
    /// What is wrong with it.
    pub message: String,
}

/// The settings of one assertion.
pub(crate) struct Settings<'a> {
    map: Option<&'a Map>,
    /// Where they stand within the test.
    path: String,
}

impl<'a> Settings<'a> {
    pub(crate) fn new(map: &'a Map, path: String) -> Self {
        Self { map: Some(map), path }
    }

    /// No settings at all.
    pub(crate) fn none(path: String) -> Self {
        Self { map: None, path }
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Refuses keys that nothing reads: a misspelt one would change what is asserted. Only a
    /// `description` may stand beside the known ones.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), ConfigProblem> {
        let foreign = |key: &str| key != "description" && !known.contains(&key);
        match self.map.into_iter().flat_map(Map::iter).find(|(key, _)| foreign(key)) {
            None => Ok(()),
            Some((key, _)) if known.is_empty() => {
                Err(self.problem(&shown(key), "no settings are expected here"))
            }
            Some((key, _)) => {
                let known = listed(known.iter().copied());
                Err(self.problem(&shown(key), format!("no such setting; there are: {known}")))
            }
        }
    }

    /// What is wrong with one of the settings.
    pub(crate) fn problem(&self, key: &str, message: impl Into<String>) -> ConfigProblem {
        ConfigProblem { path: format!("{}.{key}", self.path), message: message.into() }
    }

    /// What is wrong with all of them together.
    pub(crate) fn problem_as_a_whole(&self, message: impl Into<String>) -> ConfigProblem {
        ConfigProblem { path: self.path.clone(), message: message.into() }
    }

    /// A value that is there. Null is not.
    pub(crate) fn value(&self, key: &str) -> Option<&'a Value> {
        self.map?.get(key).filter(|value| !matches!(value, Value::Null))
    }

    /// Text that is not empty.
    pub(crate) fn text(&self, key: &str) -> Result<Option<&'a str>, ConfigProblem> {
        let Some(value) = self.value(key) else { return Ok(None) };
        match value.as_str() {
            Some("") => Err(self.problem(key, "must not be empty")),
            Some(text) => Ok(Some(text)),
            None => Err(self.unexpected(key, "text", value)),
        }
    }

    pub(crate) fn required_text(&self, key: &str) -> Result<&'a str, ConfigProblem> {
        self.text(key)?.ok_or_else(|| self.missing(key, "text"))
    }

    /// A boolean, which may come as text where a variable stands for it.
    pub(crate) fn flag(&self, key: &str) -> Result<Option<bool>, ConfigProblem> {
        let Some(value) = self.value(key) else { return Ok(None) };
        match (value.as_bool(), value.as_str()) {
            (Some(flag), _) => Ok(Some(flag)),
            (None, Some("true")) => Ok(Some(true)),
            (None, Some("false")) => Ok(Some(false)),
            _ => Err(self.unexpected(key, "true or false", value)),
        }
    }

    /// A whole number from 0, which may come as text where a variable stands for it.
    pub(crate) fn count(&self, key: &str) -> Result<Option<u64>, ConfigProblem> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let number = match value {
            Value::UInt(number) => Some(*number),
            Value::String(text) => text.trim().parse().ok(),
            other => other.as_i64().and_then(|number| u64::try_from(number).ok()),
        };
        let expected = "a whole number from 0";
        number.map(Some).ok_or_else(|| self.unexpected(key, expected, value))
    }

    /// A number from 0 to 1, which may come as text where a variable stands for it.
    pub(crate) fn required_share(&self, key: &str) -> Result<f64, ConfigProblem> {
        let expected = "a number from 0 to 1";
        let Some(value) = self.value(key) else { return Err(self.missing(key, expected)) };
        let number = match value {
            Value::String(text) => text.trim().parse().ok(),
            other => other.as_f64(),
        };
        let share = number.filter(|number| (0.0..=1.0).contains(number));
        share.ok_or_else(|| self.unexpected(key, expected, value))
    }

    /// A list of text that is not blank; a single text is a list of one.
    pub(crate) fn texts(&self, key: &str) -> Result<Option<Vec<&'a str>>, ConfigProblem> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let list = match value {
            Value::List(list) => list.as_slice(),
            single => std::slice::from_ref(single),
        };
        let texts = list.iter().map(|item| item.as_str().filter(|text| !text.trim().is_empty()));
        match texts.collect::<Option<Vec<_>>>() {
            Some(texts) => Ok(Some(texts)),
            None => Err(self.unexpected(key, "a list of text", value)),
        }
    }

    pub(crate) fn missing(&self, key: &str, expected: &str) -> ConfigProblem {
        self.problem(key, format!("is missing; expected {expected}"))
    }

    pub(crate) fn unexpected(&self, key: &str, expected: &str, found: &Value) -> ConfigProblem {
        self.problem(key, format!("expected {expected}, found {}", described(found)))
    }
}

fn described(value: &Value) -> String {
    match value {
        Value::Null => "nothing".into(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::UInt(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::String(text) => format!("{:?}", shown(text)),
        Value::List(list) => format!("a list of {}", list.len()),
        Value::Map(map) => format!("a mapping of {}", map.len()),
    }
}
