//! Checks, and the words in them.

use atp_scoring::{Check, Score};
use std::borrow::Cow;

/// Characters that a message repeats of what somebody else wrote.
const SHOWN_CHARS: usize = 120;

/// A check that holds.
pub(crate) fn holds(name: &str, message: impl Into<String>) -> Check {
    Check::new(name, true, Score::ONE).with_message(message)
}

/// A check that does not hold, with what was expected and what was found instead.
pub(crate) fn fails(
    name: &str,
    message: impl Into<String>,
    expected: impl Into<serde_json::Value>,
    found: impl Into<serde_json::Value>,
) -> Check {
    let details = [("expected", expected.into()), ("found", found.into())];
    let details = details.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    Check::new(name, false, Score::ZERO).with_message(message).with_details(details)
}

/// Text of somebody else's as a message shows it: cut, on one line, and without the control
/// characters that a terminal would obey.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    let text = cut(text, SHOWN_CHARS);
    if !text.contains(char::is_control) {
        return text;
    }
    let mut plain = String::with_capacity(text.len() + 16);
    for sign in text.chars() {
        if sign.is_control() { plain.extend(sign.escape_default()) } else { plain.push(sign) }
    }
    plain.into()
}

/// The first `chars` characters of a text, and an ellipsis if there are more.
pub(crate) fn cut(text: &str, chars: usize) -> Cow<'_, str> {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

/// The first few of many names, and how many more there are.
pub(crate) fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    const SHOWN: usize = 8;
    let mut names = names.into_iter();
    let shown: Vec<_> = names.by_ref().take(SHOWN).map(shown).collect();
    match names.count() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// A number of things, in words that fit one and many.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_stay_on_one_line_and_short() {
        assert_eq!(shown("a\u{1b}[2J\nb\u{e9}"), "a\\u{1b}[2J\\nb\u{e9}");
        assert_eq!(shown(&"\u{e9}".repeat(500)).chars().count(), SHOWN_CHARS + 1);
    }

    #[test]
    fn long_lists_are_cut() {
        assert_eq!(listed(["a", "b"]), "a, b");
        assert_eq!(listed(["x"; 10]), "x, x, x, x, x, x, x, x and 2 more");
        assert_eq!(listed([]), "");
    }
}
