//! Where in a document one is: `tests[3].constraints.max_steps`.

use std::fmt::Write;

/// Bytes of a key that a path keeps. A longer one is not found again, so a problem behind it
/// gets the position of what it stands in.
const LONGEST_KEY: usize = 200;

/// A path as it grows on the stack while a document is walked; it costs nothing until an
/// error needs it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Path<'p> {
    Root,
    Key(&'p Path<'p>, &'p str),
    Index(&'p Path<'p>, usize),
}

/// One step of a path that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Index(usize),
}

impl Path<'_> {
    /// Returns the path from the root down.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut here = self;
        loop {
            here = match here {
                Path::Root => break,
                Path::Key(parent, key) => {
                    // A problem holds its path, and many may share one endless key.
                    let end = key.floor_char_boundary(LONGEST_KEY);
                    steps.push(Step::Key(key[..end].to_owned()));
                    parent
                }
                Path::Index(parent, index) => {
                    steps.push(Step::Index(*index));
                    parent
                }
            };
        }
        steps.reverse();
        steps
    }
}

/// Writes a path the way people read it. A key that is no plain word is put in quotes.
pub(crate) fn display(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        // Writing to a `String` cannot fail.
        let written = match step {
            Step::Index(index) => write!(text, "[{index}]"),
            Step::Key(key) => {
                let dot = if text.is_empty() { "" } else { "." };
                let word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
                if !key.is_empty() && key.chars().all(word) {
                    write!(text, "{dot}{key}")
                } else {
                    write!(text, "{dot}{key:?}")
                }
            }
        };
        written.expect("a String takes any text");
    }
    text
}

/// Reads a path back that was written by [`display`], as far as it makes sense.
pub(crate) fn parse(text: &str) -> Vec<Step> {
    let (mut steps, mut rest) = (Vec::new(), text);
    while let Some((step, after)) = first_step(rest) {
        steps.push(step);
        rest = after;
    }
    steps
}

fn first_step(text: &str) -> Option<(Step, &str)> {
    if let Some(index) = text.strip_prefix('[') {
        let (index, rest) = index.split_once(']')?;
        return Some((Step::Index(index.parse().ok()?), rest));
    }
    let text = text.strip_prefix('.').unwrap_or(text);
    if let Some(quoted) = text.strip_prefix('"') {
        // What needs escapes is not worth to be found.
        let (key, rest) = quoted.split_once('"')?;
        return (!key.contains('\\')).then(|| (Step::Key(key.to_owned()), rest));
    }
    let (key, rest) = text.split_at(text.find(['.', '[']).unwrap_or(text.len()));
    (!key.is_empty()).then(|| (Step::Key(key.to_owned()), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_like_code() {
        let tests = Path::Key(&Path::Root, "tests");
        let third = Path::Index(&tests, 3);
        let task = Path::Key(&third, "task");
        assert_eq!(display(&Path::Key(&task, "input_data").steps()), "tests[3].task.input_data");
        assert_eq!(display(&Path::Key(&task, "a.b\n").steps()), r#"tests[3].task."a.b\n""#);
        assert_eq!(display(&Path::Root.steps()), "");
        assert!(display(&Path::Key(&task, &"ä".repeat(1_000)).steps()).len() < 300);
    }

    #[test]
    fn what_was_written_is_read_back() {
        for text in ["", "tests", "tests[3].task.input_data", r#"[0][17].a."b.c[1]".d"#, "übung.x"]
        {
            assert_eq!(display(&parse(text)), text);
        }
        for (text, read) in [
            ("a[b].c", "a"),
            ("a[1", "a"),
            ("a[99999999999999999999]", "a"),
            (r#"a."b"#, "a"),
            (r#"a."b\n".c"#, "a"),
            ("a..b", "a"),
            ("...", ""),
            ("a]b", r#""a]b""#),
        ] {
            assert_eq!(display(&parse(text)), read, "{text}");
        }
    }
}
