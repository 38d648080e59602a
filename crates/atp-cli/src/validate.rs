//! `atp validate`: are these suites right, and if not, where are they wrong?

use crate::{
    BAD_INPUT, Format,
    warnings::{Checked, Warning},
};
use atp_suite::{Environment, Problem, SuiteError, TestSuite};
use serde::Serialize;
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

/// What is printed of one file as JSON.
#[derive(Debug, Serialize)]
struct Verdict<'a> {
    valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    suite: Option<&'a TestSuite>,
    #[serde(skip_serializing_if = "<[Warning]>::is_empty")]
    warnings: &'a [Warning],
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<Finding<'a>>>,
}

/// One problem as JSON.
#[derive(Debug, Serialize)]
struct Finding<'a> {
    line: usize,
    column: usize,
    path: &'a str,
    message: String,
}

/// Checks every file, whatever becomes of the others, and answers with 0 or [`BAD_INPUT`]. A
/// warning changes nothing of that.
///
/// Nothing is kept back until the end: a file's verdict is printed before the next one is read.
pub(crate) fn run(files: &[PathBuf], format: Format, mut out: impl Write) -> io::Result<ExitCode> {
    let environment = Environment::process();
    let mut valid = 0;
    for file in files {
        let outcome = Checked::load(file, &environment);
        valid += usize::from(outcome.is_ok());
        match format {
            Format::Text => print_text(file, &outcome, &mut out)?,
            Format::Json => print_json(&outcome, &mut out)?,
        }
    }
    if format == Format::Text && files.len() > 1 {
        writeln!(out, "{valid} of {} suites are valid", files.len())?;
    }
    Ok(ExitCode::from(if valid == files.len() { 0 } else { BAD_INPUT }))
}

fn print_text(
    file: &Path,
    outcome: &Result<Checked, SuiteError>,
    out: &mut impl Write,
) -> io::Result<()> {
    match outcome {
        Ok(checked) => {
            let tests = counted(checked.suite.tests.len(), "test");
            let warnings = match checked.warnings.len() {
                0 => String::new(),
                number => format!(", {}", counted(number, "warning")),
            };
            write!(out, "{}", checked.shown(file))?;
            writeln!(out, "{}: valid, {tests}{warnings}", file.display())
        }
        Err(error) => write!(out, "{}", error.render()),
    }
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn print_json(outcome: &Result<Checked, SuiteError>, out: &mut impl Write) -> io::Result<()> {
    let verdict = match outcome {
        Ok(Checked { suite, warnings }) => {
            Verdict { valid: true, suite: Some(suite), warnings, errors: None }
        }
        Err(error) => {
            let mut errors: Vec<_> = error.problems().iter().map(Finding::of).collect();
            errors.extend(Finding::of_unlisted(error));
            Verdict { valid: false, suite: None, warnings: &[], errors: Some(errors) }
        }
    };
    serde_json::to_writer(&mut *out, &verdict)?;
    writeln!(out)
}

impl<'a> Finding<'a> {
    fn of(problem: &'a Problem) -> Self {
        let Problem { line, column, path, message, help, .. } = problem;
        let message = match help {
            Some(help) => format!("{message}; {help}"),
            None => message.clone(),
        };
        Self { line: *line, column: *column, path, message }
    }

    /// Says that there are more problems than are listed, with the place of the last one that is.
    fn of_unlisted(error: &SuiteError) -> Option<Self> {
        let last = error.problems().last().filter(|_| error.unlisted() > 0)?;
        let message = format!("and {} more problems", error.unlisted());
        Some(Self { line: last.line, column: last.column, path: "", message })
    }
}
