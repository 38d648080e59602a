//! Values that no message may show.

use atp_protocol::Error;
use memchr::memmem;
use std::borrow::Cow;

/// Shorter values are not masked: they would be found in every other word.
const LEAST_CHARS: usize = 6;

const MASK: &[u8] = b"***";

/// Values that no message may show, each as it is and as JSON writes it.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Secrets {
    /// The longest first, so that of one in another nothing is left.
    values: Vec<Vec<u8>>,
}

impl Secrets {
    /// Hides a value; one of several lines line by line, because messages cut between lines.
    pub(crate) fn hide(&mut self, value: &str) {
        for line in value.lines().map(str::trim) {
            if line.chars().count() < LEAST_CHARS {
                continue;
            }
            let json = serde_json::Value::from(line).to_string();
            let json = json.trim_matches('"').as_bytes();
            self.values.extend([line.as_bytes(), json].map(<[u8]>::to_vec));
        }
        self.values.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        self.values.dedup();
    }

    /// Masks every secret in `text`.
    pub(crate) fn mask<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        let mut masked = Cow::Borrowed(text);
        for value in &self.values {
            let finder = memmem::Finder::new(value);
            if finder.find(&masked).is_none() {
                continue;
            }
            let mut shown = Vec::with_capacity(masked.len());
            let mut end = 0;
            for at in finder.find_iter(&masked) {
                shown.extend_from_slice(&masked[end..at]);
                shown.extend_from_slice(MASK);
                end = at + value.len();
            }
            shown.extend_from_slice(&masked[end..]);
            masked = Cow::Owned(shown);
        }
        masked
    }

    /// Masks every secret in text that is shown to people.
    pub(crate) fn mask_text(&self, text: &mut String) {
        if let Cow::Owned(masked) = self.mask(text.as_bytes()) {
            *text = String::from_utf8_lossy(&masked).into_owned();
        }
    }

    /// Masks every secret in what an error says was found.
    pub(crate) fn mask_error(&self, mut error: Error) -> Error {
        if let Error::Invalid { problems, .. } = &mut error {
            problems.iter_mut().for_each(|problem| self.mask_text(&mut problem.found));
        }
        error
    }

    /// Returns at most the first `bytes` bytes of `text`, without a part of a secret at the end.
    pub(crate) fn head<'t>(&self, text: &'t [u8], bytes: usize) -> &'t [u8] {
        match text.get(..bytes) {
            Some(head) if head.len() < text.len() => self.before_cut(head),
            _ => text,
        }
    }

    /// Leaves out a part of a secret at the end of text that was cut there.
    pub(crate) fn before_cut<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        let is_part = |at: &usize| self.values.iter().any(|value| value.starts_with(&text[*at..]));
        let from = text.len().saturating_sub(self.longest());
        let end = (from..text.len()).find(is_part).unwrap_or(text.len());
        &text[..end]
    }

    /// Leaves out a part of a secret at the beginning of text that was cut there.
    pub(crate) fn behind_cut<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        let is_part = |end: &usize| self.values.iter().any(|value| value.ends_with(&text[..*end]));
        let most = text.len().min(self.longest());
        let start = (1..=most).rev().find(is_part).unwrap_or(0);
        &text[start..]
    }

    fn longest(&self) -> usize {
        self.values.first().map_or(0, Vec::len)
    }
}

impl<'v> FromIterator<&'v str> for Secrets {
    fn from_iter<I: IntoIterator<Item = &'v str>>(values: I) -> Self {
        let mut secrets = Self::default();
        values.into_iter().for_each(|value| secrets.hide(value));
        secrets
    }
}

/// Shows how many there are.
impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({})", self.values.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(values: &[&str], text: &str) -> String {
        let mut text = text.to_owned();
        values.iter().copied().collect::<Secrets>().mask_text(&mut text);
        text
    }

    #[test]
    fn of_a_secret_in_another_nothing_is_left() {
        assert_eq!(masked(&["abcdef", "abcdefghijkl"], "abcdefghijkl abcdef!"), "*** ***!");
        assert_eq!(masked(&["short", ""], "short"), "short");
    }

    #[test]
    fn lines_and_json_forms_are_hidden() {
        let key = "-----BEGIN KEY-----\r\nMIIEvQ\n-----END KEY-----\n";
        assert_eq!(masked(&[key], "MIIEvQ"), "***");
        assert_eq!(masked(&[key], &serde_json::json!(key).to_string()), r#""***\r\n***\n***\n""#);
        let quoted = r#"pass"word\1"#;
        assert_eq!(masked(&[quoted], &serde_json::json!([quoted]).to_string()), r#"["***"]"#);
    }

    #[test]
    fn a_part_of_a_secret_at_a_cut_is_left_out() {
        let secrets = Secrets::from_iter(["hunter22"]);
        assert_eq!(secrets.before_cut(b"it is hunter2"), b"it is ");
        assert_eq!(secrets.before_cut(b"it is hunter22."), b"it is hunter22.");
        assert_eq!(secrets.behind_cut(b"unter22 it was"), b" it was");
        assert_eq!(secrets.head(b"it is hunter22 and", 10), b"it is ");
        assert_eq!(secrets.head(b"it is hunter2", 100), b"it is hunter2");
    }
}
