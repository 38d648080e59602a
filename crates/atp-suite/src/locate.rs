//! Lines and columns, worked out once a file is known to be wrong.
//!
//! The tree knows where its keys are. For a value the file is parsed a second time, by a
//! parser that says where each event begins. It is stricter in places. What it did not get to
//! has the position of the nearest key above it.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, Span};

use crate::finding::Place;
use crate::limits::MAX_DEPTH;
use crate::node::Node;
use crate::path::Step;
use crate::problem::Snippet;

/// Characters of a line that a snippet shows at most.
const SNIPPET_CHARS: usize = 100;

/// Bytes of a line above which it gets no snippet: finding a column means reading the line.
const LONGEST_LINE: usize = 64 << 10;

/// Mappings looked into for one key that came through `<<`. It ends the search in a cycle.
const MERGE_LOOKUPS: usize = 1_000;

/// Finds positions in one file.
pub(crate) struct Locator<'t> {
    source: &'t str,
    /// The tree of the file, if it could be made.
    root: Option<&'t Node>,
    /// The offset at which each line begins.
    lines: Vec<usize>,
    /// An offset and its column. Findings come in order mostly, so the next one in the same
    /// line is counted from here.
    last: (usize, usize),
    outline: Option<Outline>,
}

/// Line and column, both from 1.
type Position = (usize, usize);

/// Where each value of a document is.
#[derive(Default)]
struct Outline {
    values: Vec<Value>,
    /// The positions of the key and the index of the value, by mapping and key.
    entries: HashMap<(usize, String), (Position, usize)>,
}

struct Value {
    position: Position,
    /// The elements of a list.
    elements: Vec<usize>,
    /// Where the keys of a mapping are.
    keys: Vec<Position>,
}

impl<'t> Locator<'t> {
    pub(crate) fn new(source: &'t str, root: Option<&'t Node>) -> Self {
        let bytes = source.as_bytes();
        let breaks = memchr::memchr2_iter(b'\n', b'\r', bytes)
            .filter(|&at| bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n'))
            .map(|at| at + 1);
        let lines = std::iter::once(0).chain(breaks).collect();
        Self { source, root, lines, last: (0, 1), outline: None }
    }

    /// Returns the line and column of a finding.
    pub(crate) fn place(&mut self, path: &[Step], place: Place) -> Position {
        match place {
            Place::Start => (1, 1),
            Place::At(line, column) => (line.max(1), column.max(1)),
            Place::Offset(offset) => self.position(offset),
            Place::Key => self.along(path, true),
            Place::NthKey(at) => self.nth_key(path, at),
            Place::Value => self.along(path, false),
            Place::Parent => self.along(&path[..path.len().saturating_sub(1)], false),
        }
    }

    /// Returns where a path leads: its value, or the key it ends with.
    fn along(&mut self, path: &[Step], key: bool) -> Position {
        let source = self.source;
        let outline = self.outline.get_or_insert_with(|| Outline::new(source));
        let (reached, position) = outline.nearest(path, key);
        if reached == path.len() {
            return position;
        }
        match self.root.and_then(|root| root.nearest_offset(path, source)) {
            Some((steps, offset)) if steps > reached => self.position(offset),
            _ => position,
        }
    }

    /// Returns where the key after `at` others is, in the mapping that the path ends in.
    fn nth_key(&mut self, path: &[Step], at: usize) -> Position {
        let mapping = &path[..path.len().saturating_sub(1)];
        let nearest = self.along(mapping, false);
        self.outline.as_ref().and_then(|outline| outline.nth_key(mapping, at)).unwrap_or(nearest)
    }

    /// Returns the line, from 1, of an offset.
    pub(crate) fn line_of(&self, offset: usize) -> usize {
        self.lines.partition_point(|&begin| begin <= offset)
    }

    fn position(&mut self, offset: usize) -> Position {
        let line = self.line_of(offset);
        let begin = self.lines[line - 1];
        let (from, column) =
            if (begin..=offset).contains(&self.last.0) { self.last } else { (begin, 1) };
        let between = self.source.get(from..offset).unwrap_or_default();
        let column = column + between.chars().count();
        self.last = (offset, column);
        (line, column)
    }

    /// Returns the part of a line around a column.
    pub(crate) fn snippet(&self, line: usize, column: usize) -> Snippet {
        let begin = self.lines.get(line - 1).copied().unwrap_or(self.source.len());
        let end = self.lines.get(line).copied().unwrap_or(self.source.len());
        if end - begin > LONGEST_LINE {
            return Snippet::default();
        }
        let whole = self.source[begin..end].trim_end_matches(['\n', '\r']);
        let skipped = column.saturating_sub(SNIPPET_CHARS / 2 + 1);
        let mut chars = whole.chars().skip(if column > SNIPPET_CHARS { skipped } else { 0 });
        let mut text = String::new();
        let mut caret = column - 1;
        if column > SNIPPET_CHARS {
            text.push('…');
            caret = column - skipped;
        }
        text.extend(chars.by_ref().take(SNIPPET_CHARS).map(|c| match c {
            '\t' => ' ',
            c if c.is_control() => '·',
            c => c,
        }));
        if chars.next().is_some() {
            text.push('…');
        }
        Snippet { text, caret }
    }
}

impl Outline {
    fn new(source: &str) -> Self {
        let mut builder = Builder::default();
        for event in Parser::new_from_str(source) {
            match event {
                Ok((Event::DocumentEnd | Event::StreamEnd, _)) | Err(_) => break,
                Ok((event, span)) => {
                    if builder.add(event, span).is_none() {
                        break;
                    }
                }
            }
        }
        // Where the events end early, what they have shown so far still counts.
        while builder.close().is_some() {}
        builder.outline
    }

    /// Returns how many steps of a path are known, and where the last of these leads: to its
    /// key if that is wanted and it is the end of the path, else to its value.
    fn nearest(&self, path: &[Step], key: bool) -> (usize, Position) {
        let mut here = 0;
        let mut nearest = (0, self.values.first().map_or((1, 1), |root| root.position));
        for (at, step) in path.iter().enumerate() {
            let Some((of_key, child)) = self.child(here, step) else { break };
            let of_value = self.values.get(child).map_or(of_key, |value| value.position);
            let ends = at + 1 == path.len();
            nearest = (at + 1, if key && ends { of_key } else { of_value });
            here = child;
        }
        nearest
    }

    fn child(&self, here: usize, step: &Step) -> Option<(Position, usize)> {
        match step {
            Step::Index(index) => {
                let child = *self.values.get(here)?.elements.get(*index)?;
                Some((self.values.get(child)?.position, child))
            }
            Step::Key(key) => self.entry(here, key, &mut { MERGE_LOOKUPS }),
        }
    }

    fn nth_key(&self, mapping: &[Step], at: usize) -> Option<Position> {
        let child = |here, step| self.child(here, step).map(|(_, child)| child);
        let mapping = mapping.iter().try_fold(0, child)?;
        self.values.get(mapping)?.keys.get(at).copied()
    }

    /// Finds an entry in a mapping or in what its merge key names.
    fn entry(&self, here: usize, key: &str, fuel: &mut usize) -> Option<(Position, usize)> {
        *fuel = fuel.checked_sub(1)?;
        if let Some(found) = self.entries.get(&(here, key.to_owned())) {
            return Some(*found);
        }
        let (_, merged) = *self.entries.get(&(here, "<<".to_owned()))?;
        let elements = &self.values.get(merged)?.elements;
        self.entry(merged, key, fuel)
            .or_else(|| elements.iter().find_map(|&one| self.entry(one, key, fuel)))
    }
}

/// Makes an [`Outline`] of events.
#[derive(Default)]
struct Builder {
    outline: Outline,
    open: Vec<Open>,
    anchors: HashMap<usize, usize>,
}

/// A list or mapping that has begun.
struct Open {
    value: usize,
    mapping: bool,
    /// Within a mapping, the key that waits for its value.
    key: Option<(Position, String)>,
}

impl Builder {
    /// Takes an event; `None` if nothing further is of use.
    fn add(&mut self, event: Event<'_>, span: Span) -> Option<()> {
        let position = (span.start.line(), span.start.col() + 1);
        match event {
            Event::Scalar(text, _, anchor, _) => {
                let value = self.value(position, anchor);
                self.attach(value, position, text.into_owned());
            }
            Event::Alias(anchor) => {
                let value = self.anchors.get(&anchor).copied().unwrap_or(usize::MAX);
                self.attach(value, position, String::new());
            }
            Event::SequenceStart(anchor, _) => self.open(position, anchor, false)?,
            Event::MappingStart(anchor, _) => self.open(position, anchor, true)?,
            Event::SequenceEnd | Event::MappingEnd => self.close()?,
            _ => {}
        }
        Some(())
    }

    fn value(&mut self, position: Position, anchor: usize) -> usize {
        let value = self.outline.values.len();
        self.outline.values.push(Value { position, elements: Vec::new(), keys: Vec::new() });
        // The parser numbers anchors from 1.
        if anchor > 0 {
            self.anchors.insert(anchor, value);
        }
        value
    }

    fn open(&mut self, position: Position, anchor: usize, mapping: bool) -> Option<()> {
        let value = self.value(position, anchor);
        self.open.push(Open { value, mapping, key: None });
        // Deeper down no path leads.
        (self.open.len() <= MAX_DEPTH).then_some(())
    }

    fn close(&mut self) -> Option<()> {
        let closed = self.open.pop()?;
        let position = self.outline.values.get(closed.value)?.position;
        self.attach(closed.value, position, String::new());
        Some(())
    }

    /// Puts a finished value where it belongs: key, value of a key, or element.
    fn attach(&mut self, value: usize, position: Position, text: String) {
        let Some(open) = self.open.last_mut() else { return };
        let Some(around) = self.outline.values.get_mut(open.value) else { return };
        if !open.mapping {
            around.elements.push(value);
        } else if let Some((at, key)) = open.key.take() {
            self.outline.entries.entry((open.value, key)).or_insert((at, value));
        } else {
            around.keys.push(position);
            open.key = Some((position, text));
        }
    }
}
