//! From text to [`Node`]s, through the YAML library's deserializer.
//!
//! One visitor builds the tree. It refuses what the library would let pass or point at
//! wrongly (repeated keys, keys that are no text, alias bombs) and notes the variables it
//! meets, so that nothing has to walk the tree again.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IgnoredAny, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};

use crate::anchors;
use crate::finding::{Finding, Findings, Place};
use crate::key::{Key, KeySeed};
use crate::limits::{self, MAX_DEPTH, VALUE_WEIGHT};
use crate::merge;
use crate::node::{Entry, Node, Text};
use crate::path::{Path, Step};
use crate::pieces;
use crate::problem::ProblemKind;
use crate::scalar;
use crate::syntax;
use crate::tags;
use crate::variable;

/// What a file holds.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) root: Node,
    /// The variables referred to, and whether every reference has a default.
    pub(crate) variables: BTreeMap<String, bool>,
    /// Problems that leave the tree readable, so that the rest of the file can be checked too.
    pub(crate) findings: Findings,
}

/// Parses a file without a byte order mark.
pub(crate) fn parse(source: &str) -> Result<Parsed, Findings> {
    limits::check(source)?;
    let source = &*anchors::told_apart(source)?;
    tags::check(source)?;
    if let Some(parsed) = pieces::parse(source, pieces::PIECE_BYTES) {
        return Ok(parsed);
    }
    let mut builder = Builder::new(source);
    match builder.read(source, Path::Root, 0) {
        Some(root) => Ok(builder.finish(root)),
        None => Err(builder.findings),
    }
}

/// What is gathered while documents are read.
pub(crate) struct Builder<'t> {
    pub(crate) source: &'t str,
    weight_left: usize,
    /// The limit that ended the parse.
    stopped: Option<String>,
    /// The path of the value that could not be read.
    failed_at: Option<Vec<Step>>,
    /// True if there was no document at all, which is not the same as `null`.
    empty: bool,
    variables: BTreeMap<String, bool>,
    findings: Findings,
    /// Elements of the lists that are open, the innermost last. A list takes its own when it
    /// closes, and so is allocated once and exactly.
    nodes: Vec<Node>,
    /// The same for mappings.
    entries: Vec<Entry>,
}

impl<'t> Builder<'t> {
    pub(crate) fn new(source: &'t str) -> Self {
        Self {
            source,
            weight_left: limits::expanded_limit(source.len()),
            stopped: None,
            failed_at: None,
            empty: false,
            variables: BTreeMap::new(),
            findings: Findings::default(),
            nodes: Vec::new(),
            entries: Vec::new(),
        }
    }

    /// Reads one document, which is the source or a piece of it. `None` if it cannot be read,
    /// which is then among the findings.
    pub(crate) fn read(&mut self, text: &'t str, path: Path<'_>, depth: usize) -> Option<Node> {
        let mut documents = serde_yaml::Deserializer::from_str(text);
        let seed = NodeSeed { builder: self, path, depth };
        let finding = match documents.next().map(|first| seed.deserialize(first)) {
            Some(Ok(root)) if !self.empty => match documents.next() {
                None => return Some(root),
                Some(rest) => syntax::rest(rest, text),
            },
            Some(Ok(_)) | None => syntax::empty_document(),
            Some(Err(error)) => match self.stopped.take() {
                Some(message) => Finding::limit(message, syntax::place(&error)),
                None => {
                    let path = self.failed_at.take().unwrap_or_default();
                    Finding { path, ..syntax::finding(&error, text) }
                }
            },
        };
        self.findings.push(finding);
        None
    }

    /// True if there is something to report.
    pub(crate) fn has_findings(&self) -> bool {
        !self.findings.is_empty()
    }

    pub(crate) fn finish(self, root: Node) -> Parsed {
        Parsed { root, variables: self.variables, findings: self.findings }
    }

    /// Counts a value with its text.
    fn spend<E: serde::de::Error>(&mut self, text_bytes: usize) -> Result<(), E> {
        self.spend_weight(VALUE_WEIGHT + text_bytes)
    }

    /// Counts a weight against the limit, or gives the parse up.
    pub(crate) fn spend_weight<E: serde::de::Error>(&mut self, weight: usize) -> Result<(), E> {
        match self.weight_left.checked_sub(weight) {
            Some(left) => {
                self.weight_left = left;
                Ok(())
            }
            None => Err(self.stop("its aliases expand to more than the file may hold".into())),
        }
    }

    fn stop<E: serde::de::Error>(&mut self, message: String) -> E {
        self.stopped = Some(message);
        E::custom("limit")
    }

    fn note_variables(&mut self, text: &str) {
        for reference in variable::references(text) {
            let has_default = reference.default.is_some();
            match self.variables.get_mut(reference.name) {
                Some(all_default) => *all_default &= has_default,
                None => {
                    self.variables.insert(reference.name.to_owned(), has_default);
                }
            }
        }
    }
}

/// Builds the node at `path`.
struct NodeSeed<'b, 't, 'p> {
    builder: &'b mut Builder<'t>,
    path: Path<'p>,
    depth: usize,
}

impl NodeSeed<'_, '_, '_> {
    /// Takes text; `before` is what precedes it if it stands in the file letter by letter.
    fn text<E: serde::de::Error>(self, text: &str, kept: Text) -> Result<Node, E> {
        self.builder.spend(text.len())?;
        if let Some(offset) = kept.offset()
            && let Some(number) = scalar::number_left_as_text(text, &self.builder.source[..offset])
        {
            return Ok(number);
        }
        self.builder.note_variables(text);
        Ok(Node::Text(kept))
    }

    fn check_depth<E: serde::de::Error>(&mut self) -> Result<(), E> {
        if self.depth < MAX_DEPTH {
            return self.builder.spend(0);
        }
        Err(self.builder.stop(limits::too_deep(Place::Start).message))
    }
}

impl<'de> DeserializeSeed<'de> for NodeSeed<'_, 'de, '_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        let Self { builder, path, depth } = self;
        let read = deserializer.deserialize_any(NodeSeed { builder, path, depth });
        // The innermost value fails first, and those around it because of it.
        read.inspect_err(|_| {
            builder.failed_at.get_or_insert_with(|| path.steps());
        })
    }
}

impl<'de> Visitor<'de> for NodeSeed<'_, 'de, '_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<Node, E> {
        // The library says "none" where there is no document, and "unit" for any null.
        self.builder.empty = true;
        Ok(Node::Null)
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Node, E> {
        self.builder.spend(0)?;
        Ok(Node::Null)
    }

    fn visit_bool<E: serde::de::Error>(self, flag: bool) -> Result<Node, E> {
        self.builder.spend(0)?;
        Ok(Node::Bool(flag))
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Node, E> {
        self.builder.spend(0)?;
        Ok(Node::Int(number))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Node, E> {
        self.builder.spend(0)?;
        Ok(i64::try_from(number).map_or(Node::UInt(number), Node::Int))
    }

    fn visit_i128<E: serde::de::Error>(self, number: i128) -> Result<Node, E> {
        self.visit_f64(number as f64)
    }

    fn visit_u128<E: serde::de::Error>(self, number: u128) -> Result<Node, E> {
        self.visit_f64(number as f64)
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Node, E> {
        self.builder.spend(0)?;
        Ok(Node::Float(number))
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<Node, E> {
        let kept = Text::borrowed(text, self.builder.source);
        self.text(text, kept)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Node, E> {
        self.text(text, Text::Copy(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut elements: A) -> Result<Node, A::Error> {
        self.check_depth()?;
        let begin = self.builder.nodes.len();
        loop {
            let path = Path::Index(&self.path, self.builder.nodes.len() - begin);
            let seed = NodeSeed { builder: self.builder, path, depth: self.depth + 1 };
            match elements.next_element_seed(seed)? {
                Some(node) => self.builder.nodes.push(node),
                None => return Ok(Node::List(self.builder.nodes.drain(begin..).collect())),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Node, A::Error> {
        self.check_depth()?;
        let begin = self.builder.entries.len();
        let mut precede = 0;
        while let Some(key) = map.next_key_seed(KeySeed { builder: self.builder })? {
            let source = self.builder.source;
            let path = Path::Key(&self.path, key.text(source));
            let seed = NodeSeed { builder: self.builder, path, depth: self.depth + 1 };
            let value = map.next_value_seed(seed)?;
            match key {
                Key::Text(key) => self.builder.entries.push(Entry { key, value }),
                Key::Other(ref found) => {
                    let message = format!("expected text as the key, found {found}");
                    let kind = ProblemKind::Schema;
                    let finding = Finding::new(kind, &path, Place::NthKey(precede), message);
                    self.builder.findings.push(finding);
                }
            }
            precede += 1;
        }
        let Builder { source, findings, entries, .. } = self.builder;
        merge::finish(entries, begin, source, &self.path, findings);
        Ok(Node::Map(entries.drain(begin..).collect()))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<Node, A::Error> {
        self.builder.spend(0)?;
        let (tag, content) = tagged.variant::<String>()?;
        content.newtype_variant::<IgnoredAny>()?;
        Ok(Node::Tagged(tag.into()))
    }
}
