//! Problems as they are found: what is wrong and a hint where, not yet a line and column.

use crate::limits::MAX_PROBLEMS;
use crate::path::{Path, Step};
use crate::problem::ProblemKind;

/// Something wrong with a document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Finding {
    pub(crate) kind: ProblemKind,
    pub(crate) path: Vec<Step>,
    pub(crate) place: Place,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    /// Where in the file something else stands that belongs to this, and what it is.
    pub(crate) related: Option<(usize, &'static str)>,
}

/// What is known of the position when a problem is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The beginning of the file, for want of anything better.
    Start,
    /// A byte of the file.
    Offset(usize),
    /// Line and column, both from 1.
    At(usize, usize),
    /// The value at the path.
    Value,
    /// The key that the path ends with.
    Key,
    /// The same where the path cannot lead to it, told by how many keys of its mapping precede it.
    NthKey(usize),
    /// The mapping in which the last step of the path is missing.
    Parent,
}

/// The problems found so far, the first [`MAX_PROBLEMS`] of them in full.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Findings {
    pub(crate) list: Vec<Finding>,
    pub(crate) unlisted: usize,
}

impl Finding {
    pub(crate) fn new(kind: ProblemKind, path: &Path<'_>, place: Place, message: String) -> Self {
        Self { kind, path: path.steps(), place, message, help: None, related: None }
    }

    pub(crate) fn limit(message: String, place: Place) -> Self {
        Self::new(ProblemKind::Limit, &Path::Root, place, message)
    }

    pub(crate) fn with_help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }
}

impl Findings {
    pub(crate) fn push(&mut self, finding: Finding) {
        if self.is_full() {
            self.unlisted += 1;
        } else {
            self.list.push(finding);
        }
    }

    /// True if further findings are only counted, so that describing them is in vain.
    pub(crate) fn is_full(&self) -> bool {
        self.list.len() >= MAX_PROBLEMS
    }

    pub(crate) fn count(&self) -> usize {
        self.list.len() + self.unlisted
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

impl From<Finding> for Findings {
    fn from(finding: Finding) -> Self {
        Self { list: vec![finding], unlisted: 0 }
    }
}
