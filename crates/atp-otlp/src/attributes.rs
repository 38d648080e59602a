//! What a span says, in a bounded number of bytes.

use opentelemetry::{Array, KeyValue, StringValue, Value};

/// How much of a text is sent, in bytes; what is longer ends with an ellipsis.
pub const MAX_TEXT_BYTES: usize = 1024;

/// How many texts of a list are sent.
const MAX_TEXTS: usize = 32;

/// The attributes of one span. What was not measured is left out.
#[derive(Debug, Default)]
pub(crate) struct Attributes(Vec<KeyValue>);

impl Attributes {
    pub(crate) fn text(self, key: &'static str, text: &str) -> Self {
        self.with(key, cut(text))
    }

    pub(crate) fn texts(self, key: &'static str, texts: &[String]) -> Self {
        let texts = texts.iter().take(MAX_TEXTS).map(|text| StringValue::from(cut(text)));
        self.with(key, Value::Array(Array::String(texts.collect())))
    }

    pub(crate) fn flag(self, key: &'static str, flag: bool) -> Self {
        self.with(key, flag)
    }

    pub(crate) fn count(self, key: &'static str, count: impl Into<Option<u64>>) -> Self {
        match count.into() {
            Some(count) => self.with(key, i64::try_from(count).unwrap_or(i64::MAX)),
            None => self,
        }
    }

    pub(crate) fn number(self, key: &'static str, number: impl Into<Option<f64>>) -> Self {
        match number.into().filter(|number| number.is_finite()) {
            Some(number) => self.with(key, number),
            None => self,
        }
    }

    pub(crate) fn into_vec(self) -> Vec<KeyValue> {
        self.0
    }

    fn with(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.0.push(KeyValue::new(key, value));
        self
    }
}

/// Returns the beginning of `text` in at most [`MAX_TEXT_BYTES`].
pub(crate) fn cut(text: &str) -> String {
    const ELLIPSIS: char = '…';
    if text.len() <= MAX_TEXT_BYTES {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(MAX_TEXT_BYTES - ELLIPSIS.len_utf8());
    let mut beginning = text[..end].to_owned();
    beginning.push(ELLIPSIS);
    beginning
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_two_characters() {
        for text in ["x", "ä", "€", "𝄞"].map(|char| char.repeat(MAX_TEXT_BYTES)) {
            let cut = cut(&text);
            assert!(cut.len() <= MAX_TEXT_BYTES, "{}", cut.len());
            assert!(cut.len() > MAX_TEXT_BYTES - 4 || !text.starts_with('x'));
            assert!(cut.strip_suffix('…').is_none_or(|beginning| text.starts_with(beginning)));
        }
        assert_eq!(cut(&"x".repeat(MAX_TEXT_BYTES)), "x".repeat(MAX_TEXT_BYTES));
        assert!(cut(&"x".repeat(MAX_TEXT_BYTES + 1)).ends_with("x…"));
    }

    #[test]
    fn what_was_not_measured_is_left_out() {
        let attributes = Attributes::default()
            .count("absent", None)
            .number("absent", None)
            .number("nan", f64::NAN)
            .number("infinite", Some(f64::INFINITY))
            .count("zero", 0)
            .count("many", u64::MAX);
        let expected = [KeyValue::new("zero", 0), KeyValue::new("many", i64::MAX)];
        assert_eq!(attributes.into_vec(), expected);
    }

    #[test]
    fn lists_are_bounded() {
        let texts = vec!["tag".to_owned(); 10 * MAX_TEXTS];
        let [attribute] = &Attributes::default().texts("tags", &texts).into_vec()[..] else {
            panic!("one list is one attribute");
        };
        let Value::Array(Array::String(texts)) = &attribute.value else { panic!("not a list") };
        assert_eq!(texts.len(), MAX_TEXTS);
    }
}
