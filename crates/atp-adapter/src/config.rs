//! What an adapter's configuration may say, and how it is read.

mod settings;

pub use settings::Settings;

use serde_json::{Map, Value};
use std::fmt;

/// What the configuration of one kind of adapter may say.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ConfigDescription {
    /// What the adapter is for, in a sentence.
    pub about: &'static str,
    /// The keys, in the order in which people read them.
    pub fields: &'static [ConfigField],
}

/// One key of a configuration.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ConfigField {
    /// The key.
    pub name: &'static str,
    /// Another key that means the same.
    pub alias: Option<&'static str>,
    /// What it may be set to.
    pub expected: &'static str,
    /// What holds without it, as text.
    pub default: Option<&'static str>,
    /// Whether it must be there.
    pub required: bool,
    /// What it is for.
    pub about: &'static str,
}

/// A configuration that no adapter can be built from.
///
/// Never shows a value that could be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A key that the adapter does not know, but for a letter or so.
    #[error("{adapter}: unknown key {key:?}; did you mean {nearest}?")]
    MisspeltKey {
        /// The kind of the adapter.
        adapter: String,
        /// The key.
        key: String,
        /// What was probably meant.
        nearest: &'static str,
    },
    /// A value that is not what it must be, or a key that is missing.
    #[error("{adapter}: {place}: expected {expected}, found {found}")]
    Invalid {
        /// The kind of the adapter.
        adapter: String,
        /// The key, with dots and indices below it.
        place: String,
        /// What would have been accepted.
        expected: String,
        /// What was there: numbers as they stand, everything else by its kind.
        found: String,
    },
}

impl ConfigDescription {
    /// Describes a configuration.
    #[must_use]
    pub const fn new(about: &'static str, fields: &'static [ConfigField]) -> Self {
        Self { about, fields }
    }

    /// Returns the keys of `config` that no adapter of this kind reads.
    pub fn ignored<'a>(&self, config: &'a Value) -> impl Iterator<Item = &'a str> {
        let keys = config.as_object().into_iter().flat_map(Map::keys);
        keys.map(String::as_str).filter(|key| self.find(key).is_none())
    }

    fn find(&self, key: &str) -> Option<&'static ConfigField> {
        self.fields.iter().find(|field| field.name == key || field.alias == Some(key))
    }

    /// Returns the key that was probably meant by an unknown one.
    fn nearest(&self, key: &str) -> Option<&'static str> {
        let lower = key.to_lowercase();
        let distance = |name: &&str| strsim::damerau_levenshtein(&lower, name);
        let near = |name: &&str| key.len() <= 64 && distance(name) <= (key.len() / 4).max(1);
        self.fields.iter().map(|field| field.name).filter(near).min_by_key(distance)
    }
}

impl ConfigField {
    /// Describes a key that may be left out.
    #[must_use]
    pub const fn new(name: &'static str, expected: &'static str, about: &'static str) -> Self {
        Self { name, alias: None, expected, default: None, required: false, about }
    }

    /// Says that the key must be there.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Says what holds without the key.
    #[must_use]
    pub const fn or(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    /// Allows another name for the key.
    #[must_use]
    pub const fn alias(mut self, alias: &'static str) -> Self {
        self.alias = Some(alias);
        self
    }
}

/// A line for each key.
impl fmt::Display for ConfigDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.about)?;
        for field in self.fields {
            write!(f, "  {}: {}", field.name, field.expected)?;
            match (field.required, field.default) {
                (true, _) => write!(f, " (required)")?,
                (false, Some(default)) => write!(f, " ({default})")?,
                (false, None) => {}
            }
            writeln!(f, ". {}", field.about)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
