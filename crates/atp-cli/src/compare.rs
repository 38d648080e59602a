//! `atp compare`: what changed between two reports, and what is noise.

use crate::{BAD_INPUT, Format, SOME_FAILED, chain, report_files::unless_gone, say};
use atp_report::{Comparison, ComparisonVerdict, Report, SuitesComparison};
use clap::Args;
use serde::Serialize;
use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Compares two JSON reports, those of `atp run --json` or `atp report --json`.
///
/// Tests are matched by id, and where a report is of several suites, these by name and agent. A change that repeating the same run would explain is noise, and where
/// all of it is, the verdict is "same". The exit code is 0 if nothing got worse, 1 if something
/// did, and 2 if the two cannot be compared: no report, or no test with a result in both.
#[derive(Args)]
#[command(after_help = "\
Examples:
  atp compare before.json after.json
  atp compare before.json after.json --format json")]
pub(crate) struct CompareArguments {
    /// The report to compare with.
    #[arg(value_name = "BEFORE")]
    before: PathBuf,
    /// The report to judge.
    #[arg(value_name = "AFTER")]
    after: PathBuf,
    /// How to print the comparison.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Prints the comparison, and answers with its verdict.
pub(crate) fn run(arguments: &CompareArguments, mut out: impl Write) -> io::Result<ExitCode> {
    let reports = read(&arguments.before).and_then(|before| Ok((before, read(&arguments.after)?)));
    let (before, after) = match reports {
        Ok(reports) => reports,
        Err(error) => {
            say(format_args!("atp: {error}"));
            return Ok(ExitCode::from(BAD_INPUT));
        }
    };
    // Two suites are compared whatever their names are; of several each needs its partner.
    let (verdict, printed) = match (before.as_slice(), after.as_slice()) {
        ([before], [after]) => {
            let comparison = Comparison::new(before, after);
            let printed =
                print(&comparison, arguments.format, &mut out, |out| comparison.text(out));
            (comparison.verdict, printed)
        }
        (before, after) => {
            let comparison = SuitesComparison::new(before, after);
            let printed =
                print(&comparison, arguments.format, &mut out, |out| comparison.text(out));
            (comparison.verdict, printed)
        }
    };
    unless_gone(printed)?;
    Ok(ExitCode::from(match verdict {
        ComparisonVerdict::Same | ComparisonVerdict::Better => 0,
        ComparisonVerdict::Worse | ComparisonVerdict::Mixed => SOME_FAILED,
        ComparisonVerdict::Incomparable => BAD_INPUT,
    }))
}

fn print<W: Write>(
    comparison: &impl Serialize,
    format: Format,
    out: &mut W,
    text: impl FnOnce(&mut W) -> io::Result<()>,
) -> io::Result<()> {
    match format {
        Format::Text => text(out),
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, comparison)?;
            writeln!(out)
        }
    }
}

fn read(path: &Path) -> Result<Vec<Report>, String> {
    let told = |reason: String| format!("{}: {reason}", path.display());
    let json = fs::read(path).map_err(|error| told(error.to_string()))?;
    Report::all_from_json(&json).map_err(|error| told(chain(&error)))
}
