//! Anchors that are given twice.
//!
//! YAML lets a later anchor take over a name. The YAML library numbers anchors by how many
//! names it knows, so after a name is taken over two anchors share a number and an alias may
//! stand for the wrong one. So each anchor gets a name of its own before the library reads the
//! file, of the same length, which leaves everything where it is.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Parser};

use crate::finding::{Finding, Findings, Place};
use crate::path::Path;
use crate::problem::ProblemKind;

/// Something that looks like an anchor: where its `&` is, and the name.
type Candidate<'t> = (usize, &'t str);

/// True if there may be an anchor.
pub(crate) fn may_exist(source: &str) -> bool {
    candidates(source).next().is_some()
}

/// Returns the text with a name of its own for each anchor, and the aliases changed with them.
///
/// An anchor is refused if its name was given before and no other of that length is free.
pub(crate) fn told_apart(source: &str) -> Result<Cow<'_, str>, Findings> {
    let mut names = HashSet::new();
    if candidates(source).all(|(_, name)| names.insert(name)) {
        return Ok(Cow::Borrowed(source));
    }
    let mut free = FreeNames::beside(source);
    let mut first_at = HashMap::new();
    let mut new_names = HashMap::new();
    let mut findings = Findings::default();
    let mut text = source.to_owned();
    // What looks like an anchor may be text, so a parser has to say which ones are real.
    for used in uses(source) {
        match used {
            Use::Anchor { id, at: (offset, name) } => {
                let first = *first_at.entry(name).or_insert(offset);
                if first == offset {
                    continue;
                }
                match free.next_of(name.len()) {
                    Some(new_name) => {
                        text.replace_range(offset + 1..=offset + name.len(), &new_name);
                        new_names.insert(id, new_name);
                    }
                    None => findings.push(refusal(name, first, offset)),
                }
            }
            Use::Alias { id, offset } => {
                if let Some(new_name) = new_names.get(&id) {
                    text.replace_range(offset + 1..=offset + new_name.len(), new_name);
                }
            }
        }
    }
    if findings.is_empty() { Ok(Cow::Owned(text)) } else { Err(findings) }
}

fn refusal(name: &str, first: usize, offset: usize) -> Finding {
    let message = format!(
        "anchor &{name} is given again, more often than there are names of that length; \
         give each a name of its own"
    );
    let place = Place::Offset(offset);
    let mut finding = Finding::new(ProblemKind::Syntax, &Path::Root, place, message);
    finding.related = Some((first, "first given"));
    finding
}

/// Finds every `&name` where a node may begin: all anchors, and a few pieces of text.
fn candidates(source: &str) -> impl Iterator<Item = Candidate<'_>> {
    let bytes = source.as_bytes();
    memchr::memchr_iter(b'&', bytes).filter_map(move |at| {
        let before = at.checked_sub(1).map(|before| bytes[before]);
        // Line breaks beyond ASCII end in a byte that no ASCII character has.
        let begins = |byte: u8| byte <= b' ' || !byte.is_ascii() || b"[{,:".contains(&byte);
        let length = bytes[at + 1..].iter().take_while(|&&byte| is_of_name(byte.into())).count();
        let name = &source[at + 1..at + 1 + length];
        (before.is_none_or(begins) && length > 0).then_some((at, name))
    })
}

/// An anchor or an alias, as a parser numbers them: each anchor has a number of its own.
enum Use<'t> {
    Anchor { id: usize, at: Candidate<'t> },
    Alias { id: usize, offset: usize },
}

/// Finds the aliases, and the candidates that are anchors: the first within each value that has
/// one, since the extent of a value begins with its anchor and tag.
fn uses(source: &str) -> Vec<Use<'_>> {
    let mut found = Vec::new();
    let mut candidates = candidates(source);
    // The parser counts characters, the candidates bytes.
    let mut offsets = source.char_indices().map(|(offset, _)| offset);
    let mut characters = 0;
    for (event, span) in Parser::new_from_str(source).map_while(Result::ok) {
        let (Event::Scalar(_, _, id, _)
        | Event::SequenceStart(id, _)
        | Event::MappingStart(id, _)
        | Event::Alias(id)) = event
        else {
            continue;
        };
        // No two of them begin at the same character.
        let Some(ahead) = span.start.index().checked_sub(characters).filter(|_| id > 0) else {
            continue;
        };
        let Some(offset) = offsets.nth(ahead) else { break };
        characters += ahead + 1;
        if matches!(event, Event::Alias(_)) {
            found.push(Use::Alias { id, offset });
        } else if let Some(at) = candidates.find(|(at, _)| *at >= offset) {
            found.push(Use::Anchor { id, at });
        }
    }
    found
}

/// Names that stand nowhere in a text.
struct FreeNames<'t> {
    taken: HashSet<&'t str>,
    /// How many of each length were tried.
    tried: HashMap<usize, usize>,
}

impl<'t> FreeNames<'t> {
    fn beside(source: &'t str) -> Self {
        let taken = source.split(|c: char| !is_of_name(c)).collect();
        Self { taken, tried: HashMap::new() }
    }

    fn next_of(&mut self, length: usize) -> Option<String> {
        const DIGITS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
        let tried = self.tried.entry(length).or_default();
        loop {
            let mut number = *tried;
            *tried += 1;
            let mut name = String::with_capacity(length);
            for _ in 0..length {
                name.push(DIGITS[number % DIGITS.len()].into());
                number /= DIGITS.len();
            }
            if number > 0 {
                return None;
            }
            if !self.taken.contains(&*name) {
                return Some(name);
            }
        }
    }
}

fn is_of_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_anchors_from_text() {
        let source =
            "ä: &one x\nb: [&two [1], {c: &three {d: e}}]\nf: AT &T\n# &no\ng: &four\n  h: i\n";
        let anchor = |used: Use<'static>| match used {
            Use::Anchor { at: (_, name), .. } => Some(name),
            Use::Alias { .. } => None,
        };
        let names: Vec<_> = uses(source).into_iter().filter_map(anchor).collect();
        assert_eq!(names, ["one", "two", "three", "four"]);
        assert!(!may_exist("a: R & D, b&c, x&y=1"));
    }

    #[test]
    fn aliases_go_with_the_anchor_that_had_the_name_last() {
        let source = "ä: &x 1\nb: *x\nc: &x {d: &y 2, e: *y}\nf: *x\ng: &y [*x]\nh: *y\n";
        let text = told_apart(source).unwrap();
        // `b` to `h` stand in the text already.
        assert_eq!(text, "ä: &x 1\nb: *x\nc: &a {d: &y 2, e: *y}\nf: *a\ng: &i [*a]\nh: *i\n");
        assert!(matches!(told_apart(&text).unwrap(), Cow::Borrowed(_)));
    }

    #[test]
    fn text_may_repeat_what_looks_like_an_anchor() {
        let source = "a: AT &T\nb: |\n  AT &T and &x, *x\nc: &x 1\n";
        assert_eq!(told_apart(source).unwrap(), source);
    }

    #[test]
    fn a_name_is_refused_once_there_is_no_other() {
        let source = "- &x ?!\n".repeat(40);
        let findings = told_apart(&source).unwrap_err();
        // The name itself and 35 others are 36 anchors.
        assert_eq!(findings.list.len(), 4);
        assert_eq!(findings.list[0].place, Place::Offset(36 * 8 + 2));
        assert_eq!(findings.list[0].related, Some((2, "first given")));
        assert!(told_apart(&source.replace("&x", "&xy")).is_ok());
    }
}
