//! Where in a file of settings something stands.

use toml::Spanned;

/// Returns the line of a value, counted from 1, for the beginning of a message.
pub(super) fn line_of<T>(text: &str, value: &Spanned<T>) -> String {
    let before = text.get(..value.span().start).unwrap_or(text);
    format!("line {}", 1 + before.matches('\n').count())
}
