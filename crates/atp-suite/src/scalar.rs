//! Plain scalars that are numbers here and text to the YAML library.

use crate::node::Node;

/// Reads a scalar that the library left as text but this format takes for a number: `017` is
/// seventeen, `100_000` a hundred thousand, and `1e400` infinite.
///
/// `before` is what precedes the scalar in the file: a quoted one, or one tagged, is text.
pub(crate) fn number_left_as_text(text: &str, before: &str) -> Option<Node> {
    // Most text is told from a number by how it begins.
    let digits = text.trim_start_matches(['+', '-', '.']);
    if !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let number = if digits.contains('_') { from_groups(text) } else { from_digits(text) }?;
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

/// Reads a number whose digits are put in groups by underscores. An exponent has none.
fn from_groups(text: &str) -> Option<Node> {
    let unsigned = text.trim_start_matches(['+', '-']);
    let radix = match unsigned.get(..2) {
        Some("0x") => 16,
        Some("0o") => 8,
        Some("0b") => 2,
        _ => {
            let exponent = text.find(['e', 'E']).map(|at| &text[at..]);
            let grouped = exponent.is_some_and(|exponent| exponent.contains('_'));
            return if grouped { None } else { from_digits(&text.replace('_', "")) };
        }
    };
    let sign = match text.len() - unsigned.len() {
        0 => "",
        1 => &text[..1],
        _ => return None,
    };
    let digits = unsigned[2..].replace('_', "");
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let digits = format!("{sign}{digits}");
    let number = i128::from_str_radix(&digits, radix).ok()?;
    let whole = i64::try_from(number).map(Node::Int);
    Some(whole.or_else(|_| number.try_into().map(Node::UInt)).unwrap_or(Node::Float(number as f64)))
}

/// True if a tag precedes the scalar, alone or with an anchor: `!!str 017`.
fn is_tagged(before: &str) -> bool {
    let space = [' ', '\t', '\n', '\r'];
    let mut rest = before;
    loop {
        let end = rest.trim_end_matches(space);
        if end.len() == rest.len() {
            return false;
        }
        let word = end.rsplit(space).next().unwrap_or_default();
        match word.bytes().next() {
            Some(b'!') => return true,
            Some(b'&') => rest = &end[..end.len() - word.len()],
            _ => return false,
        }
    }
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
    fn underscores_put_digits_in_groups() {
        for (text, number) in [
            ("1_000", Node::Int(1_000)),
            ("-1_0_", Node::Int(-10)),
            ("0_17", Node::Int(17)),
            ("0x1_F", Node::Int(31)),
            ("-0b1_1", Node::Int(-3)),
            ("0xffff_ffff_ffff_ffff", Node::UInt(u64::MAX)),
            ("10_000_000_000_000_000_000", Node::UInt(10_000_000_000_000_000_000)),
            ("1_0.2_5e1", Node::Float(102.5)),
            (".2_5", Node::Float(0.25)),
        ] {
            assert_eq!(number_left_as_text(text, "a: "), Some(number), "{text}");
        }
        for text in
            ["_1", "1e1_0", "0x_", "0xz_1", "1_a", "1_0_steps", "--1_0", "+-0x1_0", "0x+1_0"]
        {
            assert_eq!(number_left_as_text(text, "a: "), None, "{text}");
        }
    }

    #[test]
    fn quoted_and_tagged_scalars_stay_text() {
        assert_eq!(number_left_as_text("017", "a: '"), None);
        assert_eq!(number_left_as_text("017", "a: \""), None);
        for tagged in ["!!str ", "!!str &b ", "&b !!str ", "!!str\n  ", "!!str\t&b\r\n\t"] {
            assert_eq!(number_left_as_text("017", &format!("a: {tagged}")), None, "{tagged:?}");
        }
        for plain in ["&b ", "\n  ", "&b\n  ", "!!str b, c: "] {
            let number = number_left_as_text("017", &format!("a: {plain}"));
            assert_eq!(number, Some(Node::Int(17)), "{plain:?}");
        }
        for text in ["2026-01-01", "1.2.3", "0xzz", "1e", "127.0.0.1", "5 steps", "."] {
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
