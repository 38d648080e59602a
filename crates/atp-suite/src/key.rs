//! Keys: text, and what else people write there.

use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IgnoredAny, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};

use crate::node::Text;
use crate::parse::Builder;
use crate::scalar;

/// A key as it was read.
pub(crate) enum Key {
    Text(Text),
    /// What it is instead, for a message.
    Other(String),
}

impl Key {
    pub(crate) fn text<'t>(&'t self, source: &'t str) -> &'t str {
        match self {
            Self::Text(text) => text.get(source),
            Self::Other(kind) => kind,
        }
    }
}

/// Reads a key.
pub(crate) struct KeySeed<'b, 't> {
    pub(crate) builder: &'b mut Builder<'t>,
}

impl<'de> DeserializeSeed<'de> for KeySeed<'_, 'de> {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for KeySeed<'_, 'de> {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<Key, E> {
        // The tree only points at the key, but the model will have a copy for each alias.
        self.builder.spend_weight(text.len())?;
        let source = self.builder.source;
        let key = Text::borrowed(text, source);
        match key.offset().and_then(|at| scalar::number_left_as_text(text, &source[..at])) {
            Some(_) => Ok(Key::Other(text.to_owned())),
            None => Ok(Key::Text(key)),
        }
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Key, E> {
        self.builder.spend_weight(text.len())?;
        Ok(Key::Text(Text::Copy(text.into())))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Key, E> {
        Ok(Key::Other("null".into()))
    }

    fn visit_bool<E: serde::de::Error>(self, flag: bool) -> Result<Key, E> {
        Ok(Key::Other(flag.to_string()))
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Key, E> {
        Ok(Key::Other(number.to_string()))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Key, E> {
        Ok(Key::Other(number.to_string()))
    }

    fn visit_i128<E: serde::de::Error>(self, number: i128) -> Result<Key, E> {
        Ok(Key::Other(number.to_string()))
    }

    fn visit_u128<E: serde::de::Error>(self, number: u128) -> Result<Key, E> {
        Ok(Key::Other(number.to_string()))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Key, E> {
        Ok(Key::Other(number.to_string()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Key, A::Error> {
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Key::Other("a list".into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Key, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Key::Other("a mapping".into()))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<Key, A::Error> {
        let (_, content) = tagged.variant::<IgnoredAny>()?;
        content.newtype_variant::<IgnoredAny>()?;
        Ok(Key::Other("a value with a tag".into()))
    }
}
