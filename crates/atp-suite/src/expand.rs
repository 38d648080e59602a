//! Variables, filled in while a document is read.

use std::borrow::Cow;

use crate::finding::{Finding, Place};
use crate::limits::MAX_VARIABLE_BYTES;
use crate::node::{Node, Text};
use crate::path::Path;
use crate::problem::ProblemKind;
use crate::read::Reader;
use crate::scalar;
use crate::variable;

/// How far behind the key of a text a reference in it is looked for.
const SEARCHED_BYTES: usize = 64 << 10;

impl<'t> Reader<'t> {
    /// Reports the unset variables of a value that nothing else looks at.
    pub(crate) fn check_variables(&mut self, node: &Node, path: &Path<'_>) {
        match node {
            Node::Text(text) => drop(self.expand(text, path)),
            Node::List(list) => {
                for (at, node) in list.iter().enumerate() {
                    self.check_variables(node, &Path::Index(path, at));
                }
            }
            Node::Map(entries) => {
                for entry in entries {
                    let key = entry.key.get(self.source);
                    self.check_variables(&entry.value, &Path::Key(path, key));
                }
            }
            _ => {}
        }
    }

    /// Reads a number or boolean that a variable may stand for: text is one only if a
    /// variable made it.
    pub(crate) fn scalar<'n>(&mut self, node: &'n Node, path: &Path<'_>) -> Cow<'n, Node> {
        if let Node::Text(text) = node
            && let Cow::Owned(expanded) = self.expand(text, path)
            && let Some(scalar) = scalar::from_variable(&expanded)
        {
            return Cow::Owned(scalar);
        }
        Cow::Borrowed(node)
    }

    /// Fills in the variables of a text; borrowed if there are none.
    pub(crate) fn expand<'n>(&mut self, text: &'n Text, path: &Path<'_>) -> Cow<'n, str>
    where
        't: 'n,
    {
        let raw: &'n str = text.get(self.source);
        let mut expanded = String::new();
        let mut done = 0;
        for reference in variable::references(raw) {
            let Some(value) = self.env.get(reference.name).or(reference.default) else {
                let offset = text.offset().map(|offset| offset + reference.start);
                self.unset(reference.name, path, offset);
                continue;
            };
            if self.variable_bytes + value.len() > MAX_VARIABLE_BYTES {
                self.too_much_text(path);
                break;
            }
            self.variable_bytes += value.len();
            expanded.push_str(&raw[done..reference.start]);
            expanded.push_str(value);
            done = reference.end;
        }
        if done == 0 {
            return Cow::Borrowed(raw);
        }
        expanded.push_str(&raw[done..]);
        Cow::Owned(expanded)
    }

    fn unset(&mut self, name: &str, path: &Path<'_>, offset: Option<usize>) {
        if self.unset.insert(name.to_owned()) {
            let offset = offset.or_else(|| self.search(name, path));
            let place = offset.map_or(Place::Value, Place::Offset);
            let message = format!("variable {name} is not set and has no default");
            let help = format!("set {name}, or give a default: ${{{name}:default}}");
            let finding = Finding::new(ProblemKind::Variable, path, place, message);
            self.findings.push(finding.with_help(Some(help)));
        }
    }

    /// Looks for a reference in text that is a copy, such as a block: it is the first one behind
    /// the key, since any before it would have been reported in its place.
    fn search(&self, name: &str, path: &Path<'_>) -> Option<usize> {
        if self.findings.is_full() {
            return None;
        }
        let (_, key) = self.root.nearest_offset(&path.steps(), self.source)?;
        let near = self.source.as_bytes().get(key..)?;
        let near = near.get(..SEARCHED_BYTES).unwrap_or(near);
        let at = memchr::memmem::find(near, format!("${{{name}}}").as_bytes())?;
        Some(key + at)
    }

    fn too_much_text(&mut self, path: &Path<'_>) {
        if self.variable_bytes <= MAX_VARIABLE_BYTES {
            // Reported once: no later value is counted after this.
            self.variable_bytes = MAX_VARIABLE_BYTES + 1;
            let message = format!("its variables expand to more than {MAX_VARIABLE_BYTES} bytes");
            self.findings.push(Finding::new(ProblemKind::Limit, path, Place::Value, message));
        }
    }
}
