//! The tree of a parsed file, before variables: small, owned, and knowing where its text is.

use crate::path::Step;

/// One YAML value. Aliases are resolved and merge keys applied.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Null,
    Bool(bool),
    Int(i64),
    UInt(u64),
    Float(f64),
    Text(Text),
    List(Box<[Node]>),
    Map(Box<[Entry]>),
    /// A value with a tag of the file's own, which no field of the format takes.
    Tagged(Box<str>),
}

/// One entry of a mapping. The keys of a mapping are distinct.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: Text,
    pub(crate) value: Node,
}

/// Text as a piece of the file where it stands there letter by letter, else a copy.
///
/// Most text is such a piece. It costs no allocation, and it is what gives a key its
/// position without a second look at the file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Text {
    /// Bytes `start..start + len` of the file.
    Piece { start: u32, len: u32 },
    /// What escapes, folding or several lines made of the file's text.
    Copy(Box<str>),
}

impl Text {
    /// Takes text that the parser borrowed from `source`.
    pub(crate) fn borrowed(text: &str, source: &str) -> Self {
        let start = (text.as_ptr() as usize).wrapping_sub(source.as_ptr() as usize);
        let end = start.wrapping_add(text.len());
        // The comparison makes this hold even for a parser that borrowed from elsewhere.
        match (source.get(start..end), u32::try_from(start), u32::try_from(text.len())) {
            (Some(piece), Ok(start), Ok(len)) if piece.as_ptr() == text.as_ptr() => {
                Self::Piece { start, len }
            }
            _ => Self::Copy(text.into()),
        }
    }

    /// Returns the text. `source` must be the file it was taken from.
    pub(crate) fn get<'t>(&'t self, source: &'t str) -> &'t str {
        match self {
            Self::Piece { start, len } => {
                let start = *start as usize;
                source.get(start..start + *len as usize).unwrap_or_default()
            }
            Self::Copy(text) => text,
        }
    }

    /// Returns where in the file it begins, if it stands there letter by letter.
    pub(crate) fn offset(&self) -> Option<usize> {
        match self {
            Self::Piece { start, .. } => Some(*start as usize),
            Self::Copy(_) => None,
        }
    }
}

impl Node {
    /// Returns how many steps of a path lead to a place that the tree knows, and that place:
    /// the last key on the way, or the first key of an element.
    pub(crate) fn nearest_offset(&self, steps: &[Step], source: &str) -> Option<(usize, usize)> {
        let mut nearest = None;
        let mut node = self;
        for (at, step) in steps.iter().enumerate() {
            let Some(next) = node.at(std::slice::from_ref(step), source) else { break };
            let key = match (node, next) {
                (Self::Map(entries), value) => {
                    entries.iter().find(|entry| std::ptr::eq(&entry.value, value))
                }
                (_, Self::Map(entries)) => entries.first(),
                _ => None,
            };
            let offset = key.and_then(|entry| entry.key.offset());
            nearest = offset.map(|offset| (at + 1, offset)).or(nearest);
            node = next;
        }
        nearest
    }

    /// Returns the node at a path, if there is one.
    pub(crate) fn at(&self, steps: &[Step], source: &str) -> Option<&Node> {
        steps.iter().try_fold(self, |node, step| match (node, step) {
            (Self::Map(entries), Step::Key(key)) => {
                let entry = entries.iter().find(|entry| entry.key.get(source) == key)?;
                Some(&entry.value)
            }
            (Self::List(list), Step::Index(index)) => list.get(*index),
            _ => None,
        })
    }
}
