//! One JSON value as text, and what it can be read as.

use crate::timestamp::Timestamp;
use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// What would have been accepted instead.
pub(crate) type Expected = Cow<'static, str>;

/// How much of a text an error repeats.
const SHOWN_CHARS: usize = 40;

/// The text of one valid JSON value, borrowed from the message.
#[derive(Clone, Copy)]
pub(crate) struct Json<'a>(&'a RawValue);

impl<'a> Json<'a> {
    pub(crate) fn new(raw: &'a RawValue) -> Self {
        Self(raw)
    }

    pub(crate) fn null() -> Self {
        Self(RawValue::NULL)
    }

    pub(crate) fn text(self) -> &'a str {
        self.0.get()
    }

    /// The first byte, which alone tells the kind of a JSON value.
    fn kind(self) -> u8 {
        self.text().as_bytes().first().copied().unwrap_or(b'n')
    }

    pub(crate) fn is_null(self) -> bool {
        self.kind() == b'n'
    }

    pub(crate) fn is_object(self) -> bool {
        self.kind() == b'{'
    }

    /// A string, copied only if it holds escapes.
    pub(crate) fn string(self) -> Option<Cow<'a, str>> {
        if self.kind() != b'"' {
            return None;
        }
        let inner = self.text().get(1..self.text().len() - 1)?;
        if inner.as_bytes().contains(&b'\\') {
            // Fails on an escaped half of a surrogate pair, which no Rust string can hold.
            serde_json::from_str::<String>(self.text()).ok().map(Cow::Owned)
        } else {
            Some(Cow::Borrowed(inner))
        }
    }

    /// A number's digits, whether they come as a number or as a string.
    fn digits(self) -> Option<Cow<'a, str>> {
        match self.kind() {
            b'-' | b'0'..=b'9' => Some(Cow::Borrowed(self.text())),
            _ => self.string().map(trimmed),
        }
    }

    /// An integer from 0: `5`, `"5"`, and `5.0`, but not `5.5`.
    pub(crate) fn count(self) -> Result<u64, Expected> {
        let parse = |digits: Cow<'_, str>| {
            digits.parse().ok().or_else(|| whole(digits.parse::<f64>().ok()?))
        };
        self.digits().and_then(parse).ok_or(Cow::Borrowed("an integer from 0"))
    }

    /// A finite number from 0.
    pub(crate) fn amount(self) -> Result<f64, Expected> {
        self.digits()
            .and_then(|digits| digits.parse::<f64>().ok())
            .filter(|amount| amount.is_finite() && *amount >= 0.0)
            .ok_or(Cow::Borrowed("a finite number from 0"))
    }

    /// A moment: ISO 8601 text or seconds (or milliseconds) since 1970.
    pub(crate) fn timestamp(self) -> Result<Timestamp, Expected> {
        self.digits()
            .and_then(|text| Timestamp::parse(&text))
            .ok_or(Cow::Borrowed("an ISO 8601 timestamp or seconds since 1970"))
    }

    /// An object, left as text.
    pub(crate) fn object(self) -> Result<&'a RawValue, Expected> {
        if self.is_object() { Ok(self.0) } else { Err("an object".into()) }
    }

    /// An object with values of any kind.
    pub(crate) fn map(self) -> Result<serde_json::Map<String, serde_json::Value>, Expected> {
        serde_json::from_str(self.object()?.get())
            .map_err(|error| format!("an object that can be held ({error})").into())
    }

    /// An array: its first `limit` elements and its whole length.
    pub(crate) fn array(self, limit: usize) -> Result<(Vec<Json<'a>>, usize), Expected> {
        let array = Deserializer::deserialize_seq(
            &mut serde_json::Deserializer::from_str(self.text()),
            FirstElements { limit },
        );
        array.map_err(|_| "an array".into())
    }

    /// What an error says was found.
    pub(crate) fn describe(self) -> String {
        let text = self.text();
        match self.kind() {
            b'{' => "an object".into(),
            b'[' => "an array".into(),
            b'"' => match self.string() {
                Some(string) if at_most(&string, SHOWN_CHARS) => format!("{string:?}"),
                Some(string) => format!("a string of {} characters", string.chars().count()),
                None => "a string with half of a surrogate pair".into(),
            },
            _ if at_most(text, SHOWN_CHARS) => text.into(),
            _ => format!("a number of {} digits", text.len()),
        }
    }
}

/// The whole number that a float stands for, if it is one from 0 to 2^64.
fn whole(number: f64) -> Option<u64> {
    // The upper bound is exact: 2^64 is a float and every float below it fits.
    (number.fract() == 0.0 && (0.0..18_446_744_073_709_551_616.0).contains(&number))
        .then_some(number as u64)
}

/// The string without the white space around it, still borrowed if it was.
pub(crate) fn trimmed(string: Cow<'_, str>) -> Cow<'_, str> {
    match string {
        Cow::Borrowed(string) => Cow::Borrowed(string.trim()),
        Cow::Owned(string) if string.trim().len() == string.len() => Cow::Owned(string),
        Cow::Owned(string) => Cow::Owned(string.trim().to_owned()),
    }
}

/// Whether the text has at most `limit` characters; counts only where bytes do not tell.
pub(crate) fn at_most(text: &str, limit: usize) -> bool {
    text.len() <= limit || text.chars().nth(limit).is_none()
}

struct FirstElements {
    limit: usize,
}

impl<'de> Visitor<'de> for FirstElements {
    type Value = (Vec<Json<'de>>, usize);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut first = Vec::new();
        while first.len() < self.limit
            && let Some(element) = elements.next_element()?
        {
            first.push(element);
        }
        let mut total = first.len();
        while elements.next_element::<IgnoredAny>()?.is_some() {
            total += 1;
        }
        Ok((first, total))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Json<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&'a RawValue>::deserialize(deserializer).map(Self)
    }
}
