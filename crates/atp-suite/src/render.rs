//! Problems as a terminal shows them: the line of the file, and a caret below it.

use std::fmt;

use unicode_width::UnicodeWidthChar;

use crate::problem::{Problem, SuiteError};

/// The problems of a [`SuiteError`] as text with pieces of the file, made by
/// [`SuiteError::render`]. It ends with a line break.
///
/// Control characters of the file are shown as `·`, so that a suite cannot steer a terminal.
#[derive(Debug, Clone, Copy)]
pub struct Rendered<'e> {
    error: &'e SuiteError,
}

impl<'e> Rendered<'e> {
    pub(crate) fn new(error: &'e SuiteError) -> Self {
        Self { error }
    }
}

impl fmt::Display for Rendered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problems = self.error.problems();
        for problem in problems {
            write_problem(problem, f)?;
        }
        let count = problems.len() + self.error.unlisted();
        let plural = if count == 1 { "" } else { "s" };
        write!(f, "{count} problem{plural}")?;
        match self.error.unlisted() {
            0 => writeln!(f),
            _ => writeln!(f, ", the first {} shown", problems.len()),
        }
    }
}

fn write_problem(problem: &Problem, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("error: ")?;
    if !problem.path.is_empty() {
        write!(f, "{}: ", problem.path)?;
    }
    writeln!(f, "{}", problem.message)?;
    let line = problem.line.to_string();
    let margin = " ".repeat(line.len());
    write!(f, "{margin}--> ")?;
    match &problem.file {
        Some(file) => write!(f, "{}:", file.display())?,
        None => f.write_str("line ")?,
    }
    writeln!(f, "{line}:{}", problem.column)?;
    let snippet = &problem.snippet;
    if !snippet.text.trim().is_empty() {
        writeln!(f, "{margin} |")?;
        writeln!(f, "{line} | {}", snippet.text)?;
        let width = |c: char| c.width().unwrap_or(0);
        let indent: usize = snippet.text.chars().take(snippet.caret).map(width).sum();
        writeln!(f, "{margin} | {}^", " ".repeat(indent))?;
    }
    if let Some((line, what)) = problem.related {
        writeln!(f, "{margin} = note: {what} on line {line}")?;
    }
    if let Some(help) = &problem.help {
        writeln!(f, "{margin} = help: {help}")?;
    }
    writeln!(f)
}
