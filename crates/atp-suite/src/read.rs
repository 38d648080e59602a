//! Reading nodes as what a field takes, filling in variables on the way.
//!
//! A reader never stops: what it cannot read becomes a finding and a stand-in value, so that
//! one pass finds everything that is wrong. A suite with findings is thrown away.

use std::collections::HashSet;

use crate::describe;
use crate::environment::Environment;
use crate::finding::{Finding, Findings, Place};
use crate::node::{Entry, Node, Text};
use crate::path::Path;
use crate::problem::ProblemKind;
use crate::scalar;
use crate::suggest;
use crate::value::{Map, Value};

/// Reads one document.
pub(crate) struct Reader<'t> {
    pub(crate) root: &'t Node,
    pub(crate) source: &'t str,
    pub(crate) env: &'t Environment,
    pub(crate) findings: Findings,
    /// Variables already reported, each being named once.
    pub(crate) unset: HashSet<String>,
    /// What variables have added so far.
    pub(crate) variable_bytes: usize,
}

/// A mapping whose keys are those of one part of the format.
pub(crate) struct Fields<'n, 'p> {
    pub(crate) path: &'p Path<'p>,
    /// `None` if there is no mapping to look into, which has been reported.
    entries: Option<&'n [Entry]>,
}

impl<'t> Reader<'t> {
    pub(crate) fn new(
        root: &'t Node,
        source: &'t str,
        env: &'t Environment,
        findings: Findings,
    ) -> Self {
        Self { root, source, env, findings, unset: HashSet::new(), variable_bytes: 0 }
    }

    /// Reports a value that is not what its field takes.
    pub(crate) fn refuse(&mut self, node: &Node, path: &Path<'_>, expected: &str) {
        self.refuse_with(node, path, expected, None);
    }

    /// Reports a value that is not text, which it may have been meant to be.
    fn refuse_as_text(&mut self, node: &Node, path: &Path<'_>, expected: &str) {
        let help = match node {
            Node::Bool(_) | Node::Int(_) | Node::UInt(_) | Node::Float(_) => {
                let shown = describe::node(node, self.source);
                Some(format!("put it in quotes: \"{shown}\""))
            }
            _ => None,
        };
        self.refuse_with(node, path, expected, help);
    }

    /// Reports a value that is no scalar of the right sort, which its quotes may have caused.
    fn refuse_as_scalar(&mut self, node: &Node, path: &Path<'_>, expected: &str) {
        let quoted = |text: &Text| scalar::from_variable(text.get(self.source)).is_some();
        let help = match node {
            Node::Text(text) if quoted(text) => Some("leave out the quotes".to_owned()),
            _ => None,
        };
        self.refuse_with(node, path, expected, help);
    }

    fn refuse_with(&mut self, node: &Node, path: &Path<'_>, expected: &str, help: Option<String>) {
        let found = describe::node(node, self.source);
        let message = format!("expected {expected}, found {found}");
        let finding = Finding::new(ProblemKind::Schema, path, Place::Value, message);
        self.findings.push(finding.with_help(help));
    }

    /// Reports a contradiction.
    pub(crate) fn contradict(&mut self, path: &Path<'_>, message: String) {
        self.findings.push(Finding::new(ProblemKind::Semantic, path, Place::Value, message));
    }

    /// Reports a value that contradicts another, saying what was expected of it and what the
    /// file has.
    pub(crate) fn contradict_value(&mut self, path: &Path<'_>, expected: &str) {
        // Finding the value again takes a walk, in vain if the problem is only counted.
        let node = if self.findings.is_full() { None } else { self.at(path) };
        let found = node.map(|node| describe::node(node, self.source)).unwrap_or_default();
        self.contradict(path, format!("expected {expected}, found {found}"));
    }

    /// Finds the value at a path, as the file has it.
    pub(crate) fn at(&self, path: &Path<'_>) -> Option<&'t Node> {
        self.root.at(&path.steps(), self.source)
    }

    /// Looks into a mapping, reporting keys that are not in `known`.
    pub(crate) fn fields<'n, 'p>(
        &mut self,
        node: &'n Node,
        path: &'p Path<'p>,
        known: &[&str],
    ) -> Fields<'n, 'p> {
        let fields = self.open_fields(node, path);
        for entry in fields.entries.unwrap_or_default() {
            let key = entry.key.get(self.source);
            if !known.contains(&key) {
                self.unknown_key(&entry.key, path, known);
                self.check_variables(&entry.value, &Path::Key(path, key));
            }
        }
        fields
    }

    /// Looks into a mapping that may have further keys, which are ignored.
    pub(crate) fn open_fields<'n, 'p>(
        &mut self,
        node: &'n Node,
        path: &'p Path<'p>,
    ) -> Fields<'n, 'p> {
        let entries = match node {
            Node::Map(entries) => Some(entries.as_ref()),
            other => {
                self.refuse(other, path, "a mapping");
                None
            }
        };
        Fields { path, entries }
    }

    fn unknown_key(&mut self, key: &Text, path: &Path<'_>, known: &[&str]) {
        let place = key.offset().map_or(Place::Key, Place::Offset);
        let key = key.get(self.source);
        let message = format!("unknown key {}", describe::quoted(key));
        let path = Path::Key(path, key);
        let finding = Finding::new(ProblemKind::Schema, &path, place, message);
        self.findings.push(finding.with_help(Some(suggest::key(key, known))));
    }

    /// Reads a field that may be left out.
    pub(crate) fn optional<T>(
        &mut self,
        fields: &Fields<'_, '_>,
        key: &'static str,
        read: impl FnOnce(&mut Self, &Node, &Path<'_>) -> T,
    ) -> Option<T> {
        let node = fields.get(key, self.source)?;
        Some(read(self, node, &Path::Key(fields.path, key)))
    }

    /// Reads a field that must be there.
    pub(crate) fn required<T: Default>(
        &mut self,
        fields: &Fields<'_, '_>,
        key: &'static str,
        read: impl FnOnce(&mut Self, &Node, &Path<'_>) -> T,
    ) -> T {
        if fields.entries.is_some() && fields.get(key, self.source).is_none() {
            let message = format!("required key {key:?} is missing");
            let path = Path::Key(fields.path, key);
            let finding = Finding::new(ProblemKind::Schema, &path, Place::Parent, message);
            self.findings.push(finding);
        }
        self.optional(fields, key, read).unwrap_or_default()
    }

    /// Reads any text.
    pub(crate) fn text(&mut self, node: &Node, path: &Path<'_>) -> String {
        match node {
            Node::Text(text) => self.expand(text, path).into_owned(),
            other => {
                self.refuse_as_text(other, path, "text");
                String::new()
            }
        }
    }

    /// Reads text that is not empty.
    pub(crate) fn name(&mut self, node: &Node, path: &Path<'_>) -> String {
        let Node::Text(text) = node else {
            self.refuse_as_text(node, path, "text");
            return String::new();
        };
        let unset = self.unset.len();
        let name = self.expand(text, path).into_owned();
        if name.is_empty() && self.unset.len() == unset {
            self.refuse(node, path, "text that is not empty");
        }
        name
    }

    /// Reads text, or null for none.
    pub(crate) fn text_or_null(&mut self, node: &Node, path: &Path<'_>) -> Option<String> {
        match node {
            Node::Null => None,
            Node::Text(_) => Some(self.text(node, path)),
            other => {
                self.refuse_as_text(other, path, "text or null");
                None
            }
        }
    }

    /// Reads a list.
    pub(crate) fn list<T>(
        &mut self,
        node: &Node,
        path: &Path<'_>,
        mut read: impl FnMut(&mut Self, &Node, &Path<'_>) -> T,
    ) -> Vec<T> {
        let Node::List(list) = node else {
            self.refuse(node, path, "a list");
            return Vec::new();
        };
        let element = |(at, node)| read(self, node, &Path::Index(path, at));
        list.iter().enumerate().map(element).collect()
    }

    pub(crate) fn texts(&mut self, node: &Node, path: &Path<'_>) -> Vec<String> {
        self.list(node, path, Self::text)
    }

    /// Reads one word of a fixed choice.
    pub(crate) fn one_of<T: Copy>(
        &mut self,
        node: &Node,
        path: &Path<'_>,
        choices: &[(&str, T)],
    ) -> Option<T> {
        if let Node::Text(text) = node {
            let word = self.expand(text, path);
            if let Some((_, choice)) = choices.iter().find(|(name, _)| *name == word) {
                return Some(*choice);
            }
        }
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let help = match node {
            Node::Text(text) => suggest::nearest(text.get(self.source), &names),
            _ => None,
        };
        self.refuse_with(node, path, &format!("one of {}", names.join(", ")), help);
        None
    }

    pub(crate) fn boolean(&mut self, node: &Node, path: &Path<'_>) -> bool {
        match self.scalar(node, path).as_ref() {
            Node::Bool(flag) => *flag,
            _ => {
                self.refuse_as_scalar(node, path, "true or false");
                false
            }
        }
    }

    /// Reads a whole number of at least 1. `60.0` is one.
    pub(crate) fn count(&mut self, node: &Node, path: &Path<'_>) -> u64 {
        const EXPECTED: &str = "a whole number of at least 1";
        let count = match *self.scalar(node, path) {
            Node::Int(number) => u64::try_from(number).ok(),
            Node::UInt(number) => Some(number),
            // Above 2^64 a float has no whole number to become.
            Node::Float(number) if number.fract() == 0.0 && number < 2f64.powi(64) => {
                Some(number as u64)
            }
            _ => None,
        };
        count.filter(|&count| count >= 1).unwrap_or_else(|| {
            self.refuse_as_scalar(node, path, EXPECTED);
            1
        })
    }

    /// Reads a whole number of at least 1, or null for none.
    pub(crate) fn count_or_null(&mut self, node: &Node, path: &Path<'_>) -> Option<u64> {
        match node {
            Node::Null => None,
            _ => Some(self.count(node, path)),
        }
    }

    /// Reads a number that `fits`.
    pub(crate) fn number(
        &mut self,
        node: &Node,
        path: &Path<'_>,
        expected: &str,
        fits: impl FnOnce(f64) -> bool,
    ) -> f64 {
        let number = match *self.scalar(node, path) {
            Node::Int(number) => Some(number as f64),
            Node::UInt(number) => Some(number as f64),
            Node::Float(number) => Some(number),
            _ => None,
        };
        match number {
            Some(number) if fits(number) => number,
            _ => {
                self.refuse_as_scalar(node, path, expected);
                0.0
            }
        }
    }

    /// Reads a mapping of free-form data.
    pub(crate) fn map(&mut self, node: &Node, path: &Path<'_>) -> Map {
        let Node::Map(entries) = node else {
            self.refuse(node, path, "a mapping");
            return Map::default();
        };
        let entry = |entry: &Entry| {
            let key = entry.key.get(self.source);
            let value = self.value(&entry.value, &Path::Key(path, key));
            (key.to_owned(), value)
        };
        Map(entries.iter().map(entry).collect())
    }

    fn value(&mut self, node: &Node, path: &Path<'_>) -> Value {
        match node {
            Node::Null => Value::Null,
            Node::Bool(flag) => Value::Bool(*flag),
            Node::Int(number) => Value::Int(*number),
            Node::UInt(number) => Value::UInt(*number),
            Node::Float(number) => Value::Float(*number),
            Node::Text(text) => Value::String(self.expand(text, path).into_owned()),
            Node::List(_) => Value::List(self.list(node, path, Self::value)),
            Node::Map(_) => Value::Map(self.map(node, path)),
            Node::Tagged(_) => {
                self.refuse(node, path, "a value without a tag");
                Value::Null
            }
        }
    }
}

impl<'n> Fields<'n, '_> {
    /// Returns the value of a key, null included.
    pub(crate) fn get(&self, key: &str, source: &str) -> Option<&'n Node> {
        let entry = self.entries?.iter().find(|entry| entry.key.get(source) == key)?;
        Some(&entry.value)
    }
}
