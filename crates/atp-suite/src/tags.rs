//! Tags of YAML itself that this format has no value for.
//!
//! The YAML library honours `!!int` and its like, hands on a tag of the file's own, and takes
//! `!!set`, `!!python/object` or `!!str` before a list as if they were not there. Such a value
//! would silently be something else than what the file says, so it is refused.

use saphyr_parser::{Event, Parser, Tag};

use crate::describe;
use crate::finding::{Finding, Findings, Place};
use crate::path::Path;
use crate::problem::ProblemKind;

/// The tags that a scalar may have; a list may have `seq` and a mapping `map`.
const SCALARS: [&str; 5] = ["str", "int", "float", "bool", "null"];

/// Refuses tags of YAML that the value behind them cannot have.
pub(crate) fn check(source: &str) -> Result<(), Findings> {
    if !may_exist(source) {
        return Ok(());
    }
    let mut findings = Findings::default();
    for (event, span) in Parser::new_from_str(source).map_while(Result::ok) {
        let (tag, known) = match &event {
            Event::Scalar(_, _, _, Some(tag)) => (tag, SCALARS.as_slice()),
            Event::SequenceStart(_, Some(tag)) => (tag, ["seq"].as_slice()),
            Event::MappingStart(_, Some(tag)) => (tag, ["map"].as_slice()),
            _ => continue,
        };
        if let Some(name) = yaml_name(tag)
            && !known.contains(&name.as_str())
        {
            let known: Vec<String> = known.iter().map(|name| format!("!!{name}")).collect();
            // A tag may spell any character with a percent sign.
            let tag = describe::quoted(&format!("!!{name}"));
            let message = format!("tag {tag} has no place here; known here: {}", known.join(", "));
            let place = Place::At(span.start.line(), span.start.col() + 1);
            findings.push(Finding::new(ProblemKind::Syntax, &Path::Root, place, message));
        }
    }
    if findings.is_empty() { Ok(()) } else { Err(findings) }
}

/// True if there may be a tag that is not of the file's own: `!!int`, `!<tag:yaml.org,2002:int>`
/// or a handle that a `%TAG` line gives.
fn may_exist(source: &str) -> bool {
    let bytes = source.as_bytes();
    memchr::memchr_iter(b'!', bytes).any(|at| {
        let begins = |before: u8| before <= b' ' || !before.is_ascii() || b"[{,:".contains(&before);
        at.checked_sub(1).is_none_or(|before| begins(bytes[before]))
            && bytes.get(at + 1).is_some_and(|after| b"!<".contains(after))
    }) || memchr::memmem::find(bytes, b"%TAG").is_some()
}

/// Returns what a tag is called among those of YAML, if it is one.
fn yaml_name(tag: &Tag) -> Option<String> {
    let whole = format!("{}{}", tag.handle, tag.suffix);
    whole.strip_prefix("tag:yaml.org,2002:").map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(source: &str) -> Vec<Place> {
        check(source).err().map_or(vec![], |found| found.list.iter().map(|it| it.place).collect())
    }

    #[test]
    fn what_the_library_would_ignore_is_refused() {
        for value in [
            "!!set {b}",
            "!!binary aGk=",
            "!!python/object:x.Y {}",
            "!<tag:yaml.org,2002:omap> []",
            "!!str [b]",
            "!!str {b: c}",
            "!!seq {b: c}",
            "!!map [b]",
            "!!map",
            "&b !!set {c}",
            "!!set &b {c}",
        ] {
            assert_eq!(places(&format!("ä: {value}\n")), [Place::At(1, 4)], "{value}");
        }
        let handle = "%TAG !y! tag:yaml.org,2002:\n---\na: !y!set {b}\n";
        assert_eq!(places(handle), [Place::At(3, 4)]);
        assert_eq!(places("- !!set {}\n- !!omap []\n").len(), 2);
    }

    #[test]
    fn tags_of_scalars_lists_and_mappings_may_be_written_out() {
        for value in ["!!str 5", "!!int '5'", "!!null", "!!seq [b]", "!!map {b: c}", "!own [b]"] {
            assert_eq!(places(&format!("a: {value}\n")), [], "{value}");
        }
    }

    #[test]
    fn what_a_tag_spells_stays_on_its_line() {
        let message = check("a: !!b%0Ac d\n").unwrap_err().list[0].message.clone();
        assert!(message.starts_with(r#"tag "!!b\nc" has no place here"#), "{message}");
    }

    #[test]
    fn exclamation_marks_are_no_tags() {
        assert!(!may_exist("a: Stop!! Now!\nb: '!important'\nc: !own d\n"));
        assert_eq!(places("a: '!!set b'\nc: |\n  !!set d\n"), []);
    }
}
