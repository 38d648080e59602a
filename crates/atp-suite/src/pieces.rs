//! Large files, parsed a few tests at a time.
//!
//! The YAML library keeps the events of a whole document before it hands out the first, some
//! ten bytes for each byte of the file. A large suite is therefore cut between its tests, and
//! each piece is parsed as a document of its own. That a cut is right shows in the pieces: one
//! that ended within a quoted text or a bracket would leave its piece unfinished, which is an
//! error. After any error, and where there are anchors, the file is parsed as a whole, and that
//! alone decides.

use memchr::memmem;

use crate::anchors;
use crate::node::{Entry, Node};
use crate::parse::{Builder, Parsed};
use crate::path::Path;

/// The size of a piece, give or take a test.
pub(crate) const PIECE_BYTES: usize = 64 << 10;

/// Parses a file in pieces, or gives up on it for whatever reason.
pub(crate) fn parse(source: &str, piece_bytes: usize) -> Option<Parsed> {
    let (head, pieces) = split(source, piece_bytes)?;
    let mut builder = Builder::new(source);
    let Node::Map(mut root) = builder.read(head, Path::Root, 0)? else { return None };
    let tests = match root.last_mut()? {
        Entry { key, value: value @ Node::Null } if key.get(source) == "tests" => value,
        _ => return None,
    };
    let mut list = Vec::new();
    for piece in pieces {
        let path = Path::Key(&Path::Root, "tests");
        let Node::List(part) = builder.read(piece, path, 1)? else { return None };
        list.extend(part);
    }
    *tests = Node::List(list.into());
    // The paths of what was found count from the piece, so it is to be found again.
    if builder.has_findings() { None } else { Some(builder.finish(Node::Map(root))) }
}

/// Cuts a file that ends with its list of tests into what precedes the list and groups of
/// tests.
fn split(source: &str, piece_bytes: usize) -> Option<(&str, Vec<&str>)> {
    if source.len() < 2 * piece_bytes || anchors::may_exist(source) {
        return None;
    }
    let bytes = source.as_bytes();
    let key = memmem::find(bytes, b"\ntests:")? + 1;
    let first = key + memchr::memchr(b'\n', &bytes[key..])? + 1;
    if has_document_marker(&bytes[first..]) {
        return None;
    }
    let indent = bytes[first..].iter().take_while(|byte| **byte == b' ').count();
    let marker = format!("\n{:indent$}- ", "");
    if !source[first..].starts_with(&marker[1..]) {
        return None;
    }
    let finder = memmem::Finder::new(&marker);
    let mut pieces = Vec::new();
    let mut begin = first;
    while let Some(ahead) = bytes.get(begin + piece_bytes..) {
        let Some(at) = finder.find(ahead) else { break };
        let end = begin + piece_bytes + at + 1;
        // The bytes after a line break are the beginning of a character.
        pieces.push(&source[begin..end]);
        begin = end;
    }
    pieces.push(&source[begin..]);
    Some((&source[..first], pieces))
}

/// True if a line begins with `---` or `...`: what follows is another document, which a piece
/// would not notice. The line breaks of the library include some beyond ASCII, told here by
/// their last byte.
fn has_document_marker(bytes: &[u8]) -> bool {
    let begins_line = |at: usize| match at.checked_sub(1) {
        Some(before) => matches!(bytes[before], b'\n' | b'\r' | 0x85 | 0xA8 | 0xA9),
        None => true,
    };
    memmem::find_iter(bytes, b"---").any(begins_line)
        || memmem::find_iter(bytes, b"...").any(begins_line)
}

#[cfg(test)]
mod tests;
