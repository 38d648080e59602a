//! What is wrong with a suite: every problem of it, each with its place.

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::finding::Findings;
use crate::locate::Locator;
use crate::node::Node;
use crate::path;
use crate::render::Rendered;

/// Why a suite could not be loaded: all problems that were found, in the order of the file.
///
/// `Display` gives a line for each; [`render`](Self::render) adds the lines of the file.
///
/// # Examples
///
/// ```
/// use atp_suite::{Environment, load_str};
///
/// let text = "
/// test_suite: demo
/// tests:
///   - id: one
///     name: One
///     task: {description: say hello}
///     constraint: {max_steps: 0}
/// ";
/// let error = load_str(text, &Environment::new()).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     r#"7:5: tests[0].constraint: unknown key "constraint"; did you mean "constraints"?"#
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SuiteError {
    problems: Vec<Problem>,
    unlisted: usize,
}

/// One thing wrong with a suite.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// What sort of problem it is.
    pub kind: ProblemKind,
    /// The file, unless the suite came from a string.
    pub file: Option<PathBuf>,
    /// Line from 1. It is 1 where a problem concerns the file as a whole.
    pub line: usize,
    /// Column from 1, counted in characters.
    pub column: usize,
    /// Where in the document: `tests[3].constraints.max_steps`. Empty for the whole of it.
    pub path: String,
    /// What was found and what was expected.
    pub message: String,
    /// What might be meant instead, if there is a guess.
    pub help: Option<String>,
    /// The line of the file, for showing; empty if there is none.
    pub(crate) snippet: Snippet,
    /// The line of something that belongs to this, and what it is.
    pub(crate) related: Option<(usize, &'static str)>,
}

/// A line of a file, cut to what fits on a screen, and where in it the caret goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Snippet {
    pub(crate) text: String,
    /// Characters of `text` before the caret.
    pub(crate) caret: usize,
}

/// The stage of loading that a problem belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProblemKind {
    /// The file or directory cannot be read, or is not UTF-8.
    Read,
    /// It is not YAML, has a repeated key or a tag that does not fit, or is not one document.
    Syntax,
    /// It exceeds a limit of this crate on size, depth or aliases.
    Limit,
    /// It refers to a variable that is not set and gives no default.
    Variable,
    /// A key is unknown or missing, or a value is not what the format takes there.
    Schema,
    /// Each value is right by itself, but they contradict each other.
    Semantic,
}

impl SuiteError {
    /// Gives the findings their lines and columns.
    pub(crate) fn new(
        findings: Findings,
        file: Option<&Path>,
        source: &str,
        root: Option<&Node>,
    ) -> Self {
        let mut locator = Locator::new(source, root);
        let mut problems: Vec<Problem> = findings
            .list
            .into_iter()
            .map(|finding| {
                let (line, column) = locator.place(&finding.path, finding.place);
                let related = finding.related.map(|(offset, what)| (locator.line_of(offset), what));
                Problem {
                    kind: finding.kind,
                    file: file.map(Path::to_owned),
                    line,
                    column,
                    path: path::display(&finding.path),
                    message: finding.message,
                    help: finding.help,
                    snippet: locator.snippet(line, column),
                    related,
                }
            })
            .collect();
        problems.sort_by_key(|problem| (problem.line, problem.column));
        // What stands behind an anchor is found once for each alias, but it is one mistake.
        let mut seen = HashSet::new();
        problems.retain(|one| seen.insert((one.line, one.column, one.message.clone())));
        Self { problems, unlisted: findings.unlisted }
    }

    /// Says that a file or directory could not be read.
    pub(crate) fn read(file: &Path, error: &std::io::Error) -> Self {
        let problem = Problem {
            kind: ProblemKind::Read,
            file: Some(file.to_owned()),
            line: 1,
            column: 1,
            path: String::new(),
            message: format!("cannot be read: {error}"),
            help: None,
            snippet: Snippet::default(),
            related: None,
        };
        Self { problems: vec![problem], unlisted: 0 }
    }

    /// Returns the problems, in the order of the file; never empty, and at most
    /// [`MAX_PROBLEMS`](crate::MAX_PROBLEMS).
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Returns how many problems were found beyond those listed.
    pub fn unlisted(&self) -> usize {
        self.unlisted
    }

    /// Returns a form that prints each problem with its line of the file and a caret.
    pub fn render(&self) -> Rendered<'_> {
        Rendered::new(self)
    }
}

impl fmt::Display for SuiteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.problems.iter().enumerate() {
            let line_break = if at == 0 { "" } else { "\n" };
            write!(f, "{line_break}{problem}")?;
        }
        match self.unlisted {
            0 => Ok(()),
            more => write!(f, "\nand {more} more problems"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}:", file.display())?;
        }
        write!(f, "{}:{}: ", self.line, self.column)?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}
