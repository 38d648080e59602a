//! Anchors that are given twice.
//!
//! YAML lets a later anchor take over a name. The YAML library numbers anchors by how many
//! names it knows, so after a name is taken over two anchors share a number and an alias may
//! stand for the wrong one. Such files are refused: each anchor needs a name of its own.

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

/// Refuses a second anchor of the same name.
pub(crate) fn check(source: &str) -> Result<(), Findings> {
    let mut names = HashSet::new();
    if candidates(source).all(|(_, name)| names.insert(name)) {
        return Ok(());
    }
    // What looks like an anchor may be text, so a parser has to say which ones are real.
    let mut first_at = HashMap::new();
    let mut findings = Findings::default();
    for (offset, name) in anchors(source) {
        let first = *first_at.entry(name).or_insert(offset);
        if first != offset {
            let message = format!("anchor &{name} is given twice; give each a name of its own");
            let place = Place::Offset(offset);
            let mut finding = Finding::new(ProblemKind::Syntax, &Path::Root, place, message);
            finding.related = Some((first, "first given"));
            findings.push(finding);
        }
    }
    if findings.is_empty() { Ok(()) } else { Err(findings) }
}

/// Finds every `&name` where a node may begin: all anchors, and a few pieces of text.
fn candidates(source: &str) -> impl Iterator<Item = Candidate<'_>> {
    let bytes = source.as_bytes();
    memchr::memchr_iter(b'&', bytes).filter_map(move |at| {
        let before = at.checked_sub(1).map(|before| bytes[before]);
        // Line breaks beyond ASCII end in a byte that no ASCII character has.
        let begins = |byte: u8| byte <= b' ' || !byte.is_ascii() || b"[{,:".contains(&byte);
        let named = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let length = bytes[at + 1..].iter().take_while(|byte| named(byte)).count();
        let name = &source[at + 1..at + 1 + length];
        (before.is_none_or(begins) && length > 0).then_some((at, name))
    })
}

/// Finds the candidates that are anchors: the first within each value that has one, since the
/// extent of a value begins with its anchor and tag.
fn anchors(source: &str) -> Vec<Candidate<'_>> {
    let mut found = Vec::new();
    let mut candidates = candidates(source);
    // The parser counts characters, the candidates bytes.
    let mut offsets = source.char_indices().map(|(offset, _)| offset);
    let mut characters = 0;
    for (event, span) in Parser::new_from_str(source).map_while(Result::ok) {
        let (Event::Scalar(_, _, anchor, _)
        | Event::SequenceStart(anchor, _)
        | Event::MappingStart(anchor, _)) = event
        else {
            continue;
        };
        // Two values with an anchor never begin at the same character.
        let Some(ahead) = span.start.index().checked_sub(characters).filter(|_| anchor > 0) else {
            continue;
        };
        let Some(begin) = offsets.nth(ahead) else { break };
        characters += ahead + 1;
        found.extend(candidates.find(|(at, _)| *at >= begin));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(source: &str) -> Vec<&str> {
        anchors(source).into_iter().map(|(_, name)| name).collect()
    }

    #[test]
    fn tells_anchors_from_text() {
        let source =
            "ä: &one x\nb: [&two [1], {c: &three {d: e}}]\nf: AT &T\n# &no\ng: &four\n  h: i\n";
        assert_eq!(names(source), ["one", "two", "three", "four"]);
        assert!(!may_exist("a: R & D, b&c, x&y=1"));
    }

    #[test]
    fn a_name_given_twice_is_refused_where_it_is_given_again() {
        let findings = check("a: &x 1\nb: &y 2\nc: &x 3\nd: &z 4\ne: *x\n").unwrap_err();
        assert_eq!(findings.list.len(), 1);
        assert_eq!(findings.list[0].place, Place::Offset(19));
        assert_eq!(findings.list[0].related, Some((3, "first given")));
    }

    #[test]
    fn text_may_repeat_what_looks_like_an_anchor() {
        check("a: AT &T\nb: |\n  AT &T and &x\nc: &x 1\n").unwrap();
    }
}
