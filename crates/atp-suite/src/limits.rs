//! What a file may not exceed, and the checks made before it is parsed.

use saphyr_parser::{Event, Parser};

use crate::finding::{Finding, Findings, Place};
use crate::path::Path;
use crate::problem::ProblemKind;

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

/// Lines that may begin with `%`. The parser compares each `%TAG` to all before it.
const MAX_DIRECTIVES: usize = 64;

/// Returns the weight that a file's values may reach once aliases are expanded: 64 for each
/// byte of the file and 1 MiB besides, 256 MiB at most. Without aliases no file of ordinary
/// text comes near; an alias bomb of 300 bytes ends after about 30,000 values.
pub(crate) fn expanded_limit(file_bytes: usize) -> usize {
    file_bytes.saturating_mul(64).saturating_add(1 << 20).min(256 << 20)
}

/// Unclosed brackets up to which the parser's cost per token, which grows with the open
/// brackets around it, does not matter.
const SUSPICIOUS_BRACKETS: usize = 500;

/// Refuses more bytes than are read of a file, of which there may be any number.
pub(crate) fn check_size(bytes: usize) -> Result<(), Findings> {
    if bytes <= MAX_FILE_BYTES {
        return Ok(());
    }
    let message = format!("the file has more than {MAX_FILE_BYTES} bytes");
    Err(Finding::limit(message, Place::Start).into())
}

/// Refuses what the parser would take more than linear time for.
pub(crate) fn check(text: &str) -> Result<(), Findings> {
    check_size(text.len())?;
    let bytes = text.as_bytes();
    let begins_line = |at: &usize| *at == 0 || matches!(bytes[at - 1], b'\n' | b'\r');
    if let Some(at) = memchr::memchr_iter(b'%', bytes).filter(begins_line).nth(MAX_DIRECTIVES) {
        let message = format!("more than {MAX_DIRECTIVES} lines begin with %");
        return Err(Finding::limit(message, Place::Offset(at)).into());
    }
    if may_nest_deep(bytes) { check_depth(text) } else { Ok(()) }
}

/// Tells in one quick pass whether more than a few brackets may be open at once; it may be
/// wrong in saying yes, never in saying no.
fn may_nest_deep(bytes: &[u8]) -> bool {
    if memchr::memchr2_iter(b'[', b'{', bytes).count() <= SUSPICIOUS_BRACKETS {
        return false;
    }
    let mut open = 0usize;
    let mut rest = 0;
    while let Some(at) = memchr::memchr2(b'[', b'{', &bytes[rest..]) {
        // A bracket closes one of its own line, and only where no quote or comment could make
        // it mere text. What a line leaves open counts as open for good.
        let first = rest + at;
        let begin = memchr::memrchr2(b'\n', b'\r', &bytes[..first]).map_or(0, |at| at + 1);
        let end =
            memchr::memchr2(b'\n', b'\r', &bytes[first..]).map_or(bytes.len(), |at| first + at);
        let certain = memchr::memchr3(b'"', b'\'', b'#', &bytes[begin..end]).is_none();
        let mut open_in_line = 0usize;
        for byte in &bytes[first..end] {
            match byte {
                b'[' | b'{' => open_in_line += 1,
                b']' | b'}' if certain => open_in_line = open_in_line.saturating_sub(1),
                _ => {}
            }
            if open + open_in_line > SUSPICIOUS_BRACKETS {
                return true;
            }
        }
        open += open_in_line;
        rest = end;
    }
    false
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
            Ok((Event::StreamEnd, _)) => break,
            Ok(_) => {}
            // Beyond this point the depth is unknown, so the other parser must not go there.
            Err(error) => {
                let place = Place::At(error.marker().line(), error.marker().col() + 1);
                // It has a limit of its own, which is above ours.
                if error.info().starts_with("recursion limit") {
                    return Err(too_deep(place).into());
                }
                let kind = ProblemKind::Syntax;
                let message = error.info().to_owned();
                return Err(Finding::new(kind, &Path::Root, place, message).into());
            }
        }
    }
    Ok(())
}

pub(crate) fn too_deep(place: Place) -> Finding {
    Finding::limit(format!("lists and mappings nest more than {MAX_DEPTH} levels deep"), place)
}
