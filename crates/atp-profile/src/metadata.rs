//! What is known of a single call beyond its name.

use std::fmt::{self, Display};

/// Names and values of a single call, in the order they were given.
///
/// Usually made by [`profile!`](crate::profile!), which evaluates nothing while profiling is off.
/// At most [`Metadata::MAX_ENTRIES`] entries are kept, values are cut at
/// [`Metadata::MAX_VALUE_BYTES`]: a single call must not hold much memory.
///
/// # Examples
///
/// ```
/// use atp_profile::Metadata;
///
/// let metadata = Metadata::new().with("test_id", "test-001").with("attempt", 2);
/// assert_eq!(metadata.to_string(), "test_id=test-001, attempt=2");
/// assert_eq!(metadata.get("attempt"), Some("2"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    entries: Vec<(String, String)>,
}

impl Metadata {
    /// How many entries are kept.
    pub const MAX_ENTRIES: usize = 16;

    /// How long a value may be.
    pub const MAX_VALUE_BYTES: usize = 256;

    /// Creates metadata without entries.
    #[must_use]
    pub const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// Adds an entry, or gives the entry of that key another value.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Display) -> Self {
        let place = self.entries.iter().position(|(name, _)| name == key);
        if place.is_none() && self.entries.len() >= Self::MAX_ENTRIES {
            return self;
        }
        let mut text = Bounded(String::new());
        // An error only says that the value was cut, or that it cannot be displayed.
        if fmt::write(&mut text, format_args!("{value}")).is_err() {
            text.0.push('…');
        }
        match place {
            Some(place) => self.entries[place].1 = text.0,
            None => self.entries.push((key.to_owned(), text.0)),
        }
        self
    }

    /// Returns the value of the entry called `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.iter().find_map(|(name, value)| (name == key).then_some(value))
    }

    /// Returns the entries in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Returns whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// Shows `key=value, key=value`.
impl Display for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (key, value)) in self.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{key}={value}")?;
        }
        Ok(())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Metadata {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

/// Text that stops growing at the limit, so that a huge value is not even formatted to its end.
struct Bounded(String);

impl fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = Metadata::MAX_VALUE_BYTES.saturating_sub(self.0.len());
        let part = &text[..text.floor_char_boundary(room)];
        self.0.push_str(part);
        if part.len() == text.len() { Ok(()) } else { Err(fmt::Error) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_and_many_entries_are_cut() {
        let long = "é".repeat(1_000);
        let metadata = (0..100).fold(Metadata::new(), |m, n| m.with(&format!("key {n}"), &long));
        assert_eq!(metadata.iter().count(), Metadata::MAX_ENTRIES);
        let value = metadata.get("key 0").unwrap();
        assert!(value.ends_with("é…"), "{value}");
        assert!(value.len() <= Metadata::MAX_VALUE_BYTES + '…'.len_utf8());
    }

    #[test]
    fn a_key_stands_once_with_its_last_value() {
        let metadata = Metadata::new().with("a", 1).with("b", 2).with("a", 3);
        assert_eq!(metadata.to_string(), "a=3, b=2");
    }
}
