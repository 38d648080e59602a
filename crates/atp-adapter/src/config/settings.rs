//! Reads a configuration by its description.

use super::{ConfigDescription, ConfigError};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::time::Duration;

/// A configuration whose keys are known to be right, with its values still to be read.
///
/// A key that nothing is known of is passed over: suites hold settings for more than the adapter.
/// One that is all but a known key is a mistake.
///
/// Numbers and truth values may come as text, as they do where a suite filled them in from the
/// environment. Null is the same as nothing.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    adapter: &'a str,
    description: &'a ConfigDescription,
    map: &'a Map<String, Value>,
}

impl<'a> Settings<'a> {
    /// Begins to read `config` for the kind `adapter`.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if it is no object, has a misspelt key or a key under two names, or lacks a
    /// required one.
    pub fn new(
        adapter: &'a str,
        description: &'a ConfigDescription,
        config: &'a Value,
    ) -> Result<Self, ConfigError> {
        let Value::Object(map) = config else {
            return Err(ConfigError::Invalid {
                adapter: adapter.into(),
                place: "the configuration".into(),
                expected: "an object".into(),
                found: kind(config),
            });
        };
        let settings = Self { adapter, description, map };
        for key in map.keys() {
            let Some(field) = description.find(key) else {
                match description.nearest(key) {
                    Some(nearest) => return Err(settings.misspelt(key, nearest)),
                    None => continue,
                }
            };
            if field.alias == Some(key) && map.contains_key(field.name) {
                let found = format!("{} as well", field.name);
                return Err(settings.invalid(key, "one of the two names", found));
            }
        }
        for field in description.fields.iter().filter(|field| field.required) {
            if settings.get(field.name).is_none() {
                return Err(settings.invalid(field.name, field.expected, "nothing".into()));
            }
        }
        Ok(settings)
    }

    /// Returns the value of a key, unless it is absent or null.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&'a Value> {
        let field = self.description.find(key)?;
        let value = self.map.get(field.name).or_else(|| self.map.get(field.alias?))?;
        Some(value).filter(|value| !value.is_null())
    }

    /// Reads text.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Invalid`] for anything else.
    pub fn text(&self, key: &str) -> Result<Option<&'a str>, ConfigError> {
        self.read(key, Value::as_str)
    }

    /// Reads true or false.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Invalid`] for anything else.
    pub fn flag(&self, key: &str) -> Result<Option<bool>, ConfigError> {
        self.read(key, |value| value.as_bool().or_else(|| value.as_str()?.trim().parse().ok()))
    }

    /// Reads a number of seconds above zero, with or without a fraction.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Invalid`] for anything else.
    pub fn seconds(&self, key: &str) -> Result<Option<Duration>, ConfigError> {
        self.read(key, |value| {
            let seconds = Duration::try_from_secs_f64(number(value)?).ok()?;
            (!seconds.is_zero()).then_some(seconds)
        })
    }

    /// Reads a number of seconds from zero.
    pub(crate) fn pause(&self, key: &str) -> Result<Option<Duration>, ConfigError> {
        self.read(key, |value| Duration::try_from_secs_f64(number(value)?).ok())
    }

    /// Reads a finite number.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Invalid`] for anything else.
    pub fn number(&self, key: &str) -> Result<Option<f64>, ConfigError> {
        self.read(key, number)
    }

    /// Reads an integer from `least` to `most`.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Invalid`] for anything else.
    pub fn count(&self, key: &str, least: u64, most: u64) -> Result<Option<u64>, ConfigError> {
        self.read(key, |value| {
            let count = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())?;
            (least..=most).contains(&count).then_some(count)
        })
    }

    /// Reads a list of text.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Invalid`] for anything else, with the index of the element.
    pub fn texts(&self, key: &str) -> Result<Vec<String>, ConfigError> {
        let Some(list) = self.read(key, Value::as_array)? else { return Ok(Vec::new()) };
        let text = |(index, value): (usize, &Value)| match value.as_str() {
            Some(text) => Ok(text.to_owned()),
            None => Err(self.invalid(&format!("{key}[{index}]"), "text", kind(value))),
        };
        list.iter().enumerate().map(text).collect()
    }

    /// Reads an object of text; numbers and truth values in it count as what they are written as.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Invalid`] for anything else, with the key of the value.
    pub fn table(&self, key: &str) -> Result<BTreeMap<String, String>, ConfigError> {
        let Some(table) = self.read(key, Value::as_object)? else { return Ok(BTreeMap::new()) };
        let entry = |(name, value): (&String, &Value)| match value {
            Value::String(text) => Ok((name.clone(), text.clone())),
            Value::Number(_) | Value::Bool(_) => Ok((name.clone(), value.to_string())),
            _ => Err(self.invalid(&format!("{key}.{name}"), "text", kind(value))),
        };
        table.iter().map(entry).collect()
    }

    /// Reads the environment of an agent: names without `=` and values, neither with NUL.
    pub(crate) fn variables(&self, key: &str) -> Result<BTreeMap<String, String>, ConfigError> {
        let table = self.table(key)?;
        for (name, value) in &table {
            let place = format!("{key}.{name}");
            if name.is_empty() || name.contains(['=', '\0']) {
                return Err(self.invalid(&place, "a name without `=`", "another name".into()));
            }
            if value.contains('\0') {
                return Err(self.invalid(&place, "text without NUL", "text with NUL".into()));
            }
        }
        Ok(table)
    }

    /// Returns the error for a value at `place` that is not what it must be.
    #[must_use]
    pub fn invalid(&self, place: &str, expected: &str, found: String) -> ConfigError {
        let (adapter, place) = (self.adapter.into(), place.into());
        ConfigError::Invalid { adapter, place, expected: expected.into(), found }
    }

    /// Reads a value with `read`, which returns nothing for one that does not fit the description.
    pub(crate) fn read<T>(
        &self,
        key: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        match read(value) {
            Some(read) => Ok(Some(read)),
            None => {
                let expected = self.description.find(key).map_or("", |field| field.expected);
                Err(self.invalid(key, expected, kind(value)))
            }
        }
    }

    fn misspelt(&self, key: &str, nearest: &'static str) -> ConfigError {
        ConfigError::MisspeltKey { adapter: self.adapter.into(), key: key.into(), nearest }
    }
}

/// Shows keys and no value.
impl std::fmt::Debug for Settings<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let keys: Vec<_> = self.map.keys().collect();
        f.debug_struct("Settings").field("adapter", &self.adapter).field("keys", &keys).finish()
    }
}

fn number(value: &Value) -> Option<f64> {
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    number.is_finite().then_some(number)
}

/// What an error says was found, which never shows text: it may be a secret.
fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => format!("text of {} characters", text.chars().count()),
        Value::Array(_) => "a list".into(),
        Value::Object(_) => "an object".into(),
    }
}
