//! What a file or an artifact holds.

use atp_protocol::StructuredArtifact;
use serde_json::ser::{Formatter, Serializer};
use std::borrow::Cow;
use std::io;

/// Bytes to search or to parse.
pub(crate) struct Content<'e> {
    pub(crate) bytes: Cow<'e, [u8]>,
    /// Whether these are only the beginning.
    pub(crate) is_cut: bool,
}

impl<'e> Content<'e> {
    pub(crate) fn of_text(text: &'e str) -> Self {
        Self { bytes: Cow::Borrowed(text.as_bytes()), is_cut: false }
    }

    /// The data of an artifact, written the way suites expect it.
    pub(crate) fn of_data(artifact: &'e StructuredArtifact) -> Self {
        let text = artifact.data.get();
        let bytes = spaced(text).map_or(Cow::Borrowed(text.as_bytes()), Cow::Owned);
        Self { bytes, is_cut: false }
    }

    /// What to add to a message that says something is missing here.
    pub(crate) fn caveat(&self) -> &'static str {
        if self.is_cut { " (only the first 16 MiB were read)" } else { "" }
    }
}

/// JSON on one line, with a space behind each colon and comma and no needless escapes, whatever
/// spacing the agent chose. None for what serde_json cannot take in, such as numbers beyond a
/// double or 128 levels.
fn spaced(json: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(json.len() + json.len() / 8);
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let mut serializer = Serializer::with_formatter(&mut bytes, Spaced);
    serde_transcode::transcode(&mut deserializer, &mut serializer).ok()?;
    Some(bytes)
}

struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: io::Write + ?Sized>(
        &mut self,
        to: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if first { Ok(()) } else { to.write_all(b", ") }
    }

    fn begin_object_key<W: io::Write + ?Sized>(
        &mut self,
        to: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if first { Ok(()) } else { to.write_all(b", ") }
    }

    fn begin_object_value<W: io::Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        to.write_all(b": ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_has_one_spacing_and_its_own_order() {
        let text = spaced("{ \"b\":1,\n\"a\" : [ 1,2.50,\"\\u0436\\n\" ], \"n\": null}").unwrap();
        let expected = "{\"b\": 1, \"a\": [1, 2.5, \"\u{436}\\n\"], \"n\": null}";
        assert_eq!(String::from_utf8(text).unwrap(), expected);
    }

    #[test]
    fn what_cannot_be_taken_in_is_left_as_it_is() {
        assert_eq!(spaced("{\"a\": 1e999}"), None);
        assert_eq!(spaced(&format!("{}{}", "[".repeat(200), "]".repeat(200))), None);
    }
}
