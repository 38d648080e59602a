//! What a file may not exceed, and the checks made before it is parsed.

use saphyr_parser::{Event, Parser};

use crate::finding::{Finding, Findings, Place};

/// The largest file that is read, in bytes: 16 MiB, some 50,000 tests.
pub const MAX_FILE_BYTES: usize = 16 << 20;

/// How deep lists and mappings may nest.
pub const MAX_DEPTH: usize = 120;

/// How many problems one error lists; further ones are counted.
pub const MAX_PROBLEMS: usize = 1_000;

/// The most text that variables may add to a suite, in bytes: 64 MiB.
pub const MAX_VARIABLE_BYTES: usize = 64 << 20;

/// What each value weighs towards [`expanded_limit`], besides its text.
pub(crate) const VALUE_WEIGHT: usize = 32;

/// `%YAML` and `%TAG` lines a file may begin with. The parser compares each to all before it.
const MAX_DIRECTIVES: usize = 64;

/// Returns the weight that a file's values may reach once aliases are expanded: 64 for each
/// byte of the file and 1 MiB besides, 256 MiB at most. Without aliases no file of ordinary
/// text comes near; an alias bomb of 300 bytes ends after about 30,000 values.
pub(crate) fn expanded_limit(file_bytes: usize) -> usize {
    file_bytes.saturating_mul(64).saturating_add(1 << 20).min(256 << 20)
}

/// Refuses what the parser would take more than linear time for.
pub(crate) fn check(text: &str) -> Result<(), Findings> {
    if text.len() > MAX_FILE_BYTES {
        let message = format!("the file has {} bytes, the limit is {MAX_FILE_BYTES}", text.len());
        return Err(Finding::limit(message, Place::Start).into());
    }
    let mut directives = memchr::memmem::find_iter(text.as_bytes(), b"\n%");
    if let Some(at) = directives.nth(MAX_DIRECTIVES) {
        let message = format!("more than {MAX_DIRECTIVES} lines begin with %");
        return Err(Finding::limit(message, Place::Offset(at + 1)).into());
    }
    if may_nest_too_deep(text) { check_depth(text) } else { Ok(()) }
}

/// A quick look that takes brackets inside text for real ones. False for ordinary files.
fn may_nest_too_deep(text: &str) -> bool {
    // Below this many brackets that nothing closes, the parser's cost stays negligible.
    const SUSPICIOUS: usize = 1_000;
    let bytes = text.as_bytes();
    if memchr::memchr2_iter(b'[', b'{', bytes).count() <= SUSPICIOUS {
        return false;
    }
    let mut depth = 0usize;
    bytes.iter().any(|byte| {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > SUSPICIOUS
    })
}

/// Follows the nesting with a parser that works event by event and so can stop in time.
fn check_depth(text: &str) -> Result<(), Findings> {
    let mut depth = 0usize;
    for event in Parser::new_from_str(text) {
        match event {
            Ok((Event::SequenceStart(..) | Event::MappingStart(..), span)) => {
                depth += 1;
                if depth > MAX_DEPTH {
                    let place = Place::At(span.start.line(), span.start.col() + 1);
                    return Err(too_deep(place).into());
                }
            }
            Ok((Event::SequenceEnd | Event::MappingEnd, _)) => depth = depth.saturating_sub(1),
            Ok((Event::StreamEnd, _)) | Err(_) => break,
            Ok(_) => {}
        }
    }
    Ok(())
}

pub(crate) fn too_deep(place: Place) -> Finding {
    Finding::limit(format!("lists and mappings nest more than {MAX_DEPTH} levels deep"), place)
}
