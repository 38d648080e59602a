//! Plain scalars that are numbers here and text to the YAML library.

use crate::node::Node;

/// Reads a scalar that the library left as text but this format takes for a number: `017` is
/// seventeen, and `1e400` infinite.
///
/// `before` is what precedes the scalar in the file: a quoted one, or one tagged, is text.
pub(crate) fn number_left_as_text(text: &str, before: &str) -> Option<Node> {
    let number = from_digits(text)?;
    if before.ends_with(['"', '\'']) || is_tagged(before) { None } else { Some(number) }
}

/// Reads a number or boolean from the text of a variable.
pub(crate) fn from_variable(text: &str) -> Option<Node> {
    match text.trim() {
        "true" => Some(Node::Bool(true)),
        "false" => Some(Node::Bool(false)),
        number => from_digits(number),
    }
}

/// Reads decimal digits with sign, point and exponent, and nothing else that Rust's own
/// parsers would take, such as "inf".
fn from_digits(text: &str) -> Option<Node> {
    let numeric = |byte: u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
    if !text.bytes().all(numeric) {
        return None;
    }
    if let Ok(number) = text.parse() {
        return Some(Node::Int(number));
    }
    if let Ok(number) = text.parse() {
        return Some(Node::UInt(number));
    }
    text.parse().ok().map(Node::Float)
}

/// True if the word before the scalar is a tag: `!!str 017`.
fn is_tagged(before: &str) -> bool {
    let word_end = before.trim_end_matches([' ', '\t']);
    let word = || word_end.rsplit([' ', '\t', '\n', '\r']).next();
    word_end.len() < before.len() && word().is_some_and(|word| word.starts_with('!'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_zeros_are_decimal_and_long_exponents_infinite() {
        assert_eq!(number_left_as_text("017", "a: "), Some(Node::Int(17)));
        assert_eq!(number_left_as_text("-08", "a: "), Some(Node::Int(-8)));
        assert_eq!(number_left_as_text("1e400", "[1, "), Some(Node::Float(f64::INFINITY)));
    }

    #[test]
    fn quoted_and_tagged_scalars_stay_text() {
        assert_eq!(number_left_as_text("017", "a: '"), None);
        assert_eq!(number_left_as_text("017", "a: \""), None);
        assert_eq!(number_left_as_text("017", "a: !!str "), None);
        for text in ["2026-01-01", "1.2.3", "1_000", "0xzz", "1e", "127.0.0.1", "5 steps", "."] {
            assert_eq!(number_left_as_text(text, "a: "), None, "{text}");
        }
    }

    #[test]
    fn a_variable_may_hold_a_number_or_a_boolean() {
        assert_eq!(from_variable("5"), Some(Node::Int(5)));
        assert_eq!(from_variable(" 0.5 "), Some(Node::Float(0.5)));
        assert_eq!(from_variable("true"), Some(Node::Bool(true)));
        for text in ["", "tv", "inf", "nan", "yes", "5 steps"] {
            assert_eq!(from_variable(text), None, "{text}");
        }
    }
}
