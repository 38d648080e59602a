//! What the YAML library says of a file it cannot read, put into a finding.

use saphyr_parser::{Event, Parser};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::finding::{Finding, Place};
use crate::path::Path;
use crate::problem::ProblemKind;

/// Turns an error of the library into a finding.
pub(crate) fn finding(error: &serde_yaml::Error, source: &str) -> Finding {
    let text = error.to_string();
    if text.starts_with("repetition limit") {
        return Finding::limit("it repeats aliases too often".into(), place(error));
    }
    if let Some(offset) = control_character(source, &text) {
        let found = source[offset..].chars().next().unwrap_or_default();
        let message = format!("character {found:?} is not allowed in YAML");
        return new(Place::Offset(offset), message);
    }
    // A tag that does not go with its value: the library puts the path before the message.
    if text.contains("invalid value: ")
        && let Some((_, expected)) = text.rsplit_once(", expected ")
    {
        let expected = expected.split(" at line ").next().unwrap_or(expected);
        return new(place(error), format!("expected {expected}, as its tag says"));
    }
    // The position goes where all positions go, so the message does without it.
    let message = match (text.find(" at line "), text.find(", ")) {
        (Some(at), Some(comma)) if at < comma => format!("{}{}", &text[..at], &text[comma..]),
        (Some(at), None) => text[..at].to_owned(),
        _ => text,
    };
    new(place(error), message)
}

/// Returns the position the library gives, or the beginning of the file.
///
/// Its line is not asked for: the library also counts lines that end where no editor ends one.
pub(crate) fn place(error: &serde_yaml::Error) -> Place {
    error.location().map_or(Place::Start, |location| Place::Offset(location.index()))
}

pub(crate) fn empty_document() -> Finding {
    new(Place::Start, "the document is empty".into())
}

/// Says what follows the document, where something does: another one, or what is not YAML.
pub(crate) fn rest(rest: serde_yaml::Deserializer<'_>, source: &str) -> Finding {
    let starts = Parser::new_from_str(source)
        .map_while(Result::ok)
        .filter(|(event, _)| matches!(event, Event::DocumentStart(_)));
    let second = starts.map(|(_, span)| span.start).nth(1);
    let place = match (second, IgnoredAny::deserialize(rest)) {
        (Some(mark), _) => Place::At(mark.line(), mark.col() + 1),
        (None, Err(error)) => return finding(&error, source),
        (None, Ok(_)) => Place::Start,
    };
    new(place, "a second document begins here; a file holds one suite".into())
}

fn new(place: Place, message: String) -> Finding {
    Finding::new(ProblemKind::Syntax, &Path::Root, place, message)
}

/// Returns the offset of the first character YAML forbids, if that is what the error is about:
/// for those the library gives no line.
fn control_character(source: &str, error: &str) -> Option<usize> {
    if !error.starts_with("control characters") {
        return None;
    }
    let allowed = |c: char| {
        matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{A0}'..='\u{FFFD}')
            && c != '\u{FEFF}'
            || c >= '\u{10000}'
    };
    source.char_indices().find(|&(_, c)| !allowed(c)).map(|(offset, _)| offset)
}
