//! What an adapter's configuration may say, and how it is read.

mod settings;

pub use settings::Settings;

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
    /// A key that the adapter does not know.
    #[error("{adapter}: unknown key {key:?}{}; known keys: {}", meant(*nearest), known.join(", "))]
    UnknownKey {
        /// The kind of the adapter.
        adapter: String,
        /// The key.
        key: String,
        /// What was probably meant.
        nearest: Option<&'static str>,
        /// All keys there are.
        known: Vec<&'static str>,
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

    fn find(&self, key: &str) -> Option<&'static ConfigField> {
        self.fields.iter().find(|field| field.name == key || field.alias == Some(key))
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

fn meant(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; did you mean {name}?")).unwrap_or_default()
}

#[cfg(test)]
mod tests;
