//! What content is searched for.

use crate::config::{ConfigProblem, Settings};
use crate::finding::shown;
use memchr::memmem::Finder;
use regex::bytes::Regex;
use std::fmt;

/// Text, or a regular expression.
///
/// Both are looked for in bytes, so that content need not be UTF-8, and in time linear in them.
pub(crate) enum Pattern<'a> {
    Text(&'a str, Box<Finder<'a>>),
    Regex(&'a str, Box<Regex>),
}

impl<'a> Pattern<'a> {
    /// Reads `pattern` and `regex`.
    pub(crate) fn parse(settings: &Settings<'a>) -> Result<Self, ConfigProblem> {
        let pattern = settings.required_text("pattern")?;
        if !settings.flag("regex")?.unwrap_or(false) {
            return Ok(Self::Text(pattern, Box::new(Finder::new(pattern))));
        }
        match Regex::new(pattern) {
            Ok(regex) => Ok(Self::Regex(pattern, Box::new(regex))),
            Err(error) => {
                let message = format!("not a regular expression: {}", one_line(&error));
                Err(settings.problem("pattern", message))
            }
        }
    }

    /// Returns whether it occurs anywhere.
    ///
    /// Suites were written for an engine whose `$` also matches before a final line end.
    pub(crate) fn occurs_in(&self, content: &[u8]) -> bool {
        match self {
            Self::Text(_, finder) => finder.find(content).is_some(),
            Self::Regex(_, regex) => {
                regex.is_match(content)
                    || content.strip_suffix(b"\n").is_some_and(|content| regex.is_match(content))
            }
        }
    }
}

impl fmt::Display for Pattern<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text, _) => write!(f, "{:?}", shown(text)),
            Self::Regex(pattern, _) => write!(f, "/{}/", shown(pattern)),
        }
    }
}

/// The last line of what the regex library says: those before it draw the pattern.
fn one_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let line = text.lines().last().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regex(pattern: &str) -> Pattern<'_> {
        Pattern::Regex(pattern, Box::new(Regex::new(pattern).unwrap()))
    }

    #[test]
    fn the_end_is_also_before_a_final_line_end() {
        assert!(regex("done$").occurs_in(b"all done\n"));
        assert!(regex("done$").occurs_in(b"all done"));
        assert!(!regex("done$").occurs_in(b"done \n"));
        assert!(!regex("^b").occurs_in(b"a\nb\n"));
    }

    #[test]
    fn content_need_not_be_utf_8() {
        assert!(regex("ж+.end").occurs_in("\u{436}\u{436}-end".as_bytes()));
        assert!(regex("head").occurs_in(b"\xff\xfe head \xff"));
        let text = Pattern::Text("head", Box::new(Finder::new("head")));
        assert!(text.occurs_in(b"\xff\xfe head \xff"));
    }

    #[test]
    fn catastrophic_patterns_are_linear() {
        let content = vec![b'a'; 1 << 20];
        assert!(!regex("(a+)+b").occurs_in(&content));
        assert!(!regex("(a|aa)+c$").occurs_in(&content));
    }
}
