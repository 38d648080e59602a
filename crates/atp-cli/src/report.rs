//! `atp report`: what a journal holds, in any form that a run's report has.

use crate::{
    BAD_INPUT, chain,
    otlp::Collector,
    report_files::{ReportFiles, ReportedRun, unless_gone},
    run::runtime,
    say,
};
use atp_journal::Journal;
use atp_report::Report;
use clap::Args;
use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

/// Writes reports of a run from its journal.
///
/// The run may have ended, have been killed, or still go on. Without an option the summary is
/// printed. The exit code is 0 once everything is written, else 2: this judges nothing.
#[derive(Args)]
#[command(after_help = "\
Examples:
  atp report .atp-runs/smoke--claude-20261124101500000.jsonl
  atp report run.jsonl --html run.html --junit run.xml")]
pub(crate) struct ReportArguments {
    /// The journal of the run.
    #[arg(value_name = "JOURNAL")]
    journal: PathBuf,
    #[command(flatten)]
    files: ReportFiles,
    #[command(flatten)]
    collector: Collector,
}

/// Writes what was asked for, and answers with 0 or [`BAD_INPUT`].
pub(crate) fn run(arguments: &ReportArguments, mut out: impl Write) -> io::Result<ExitCode> {
    if let Err(unwritten) = arguments.files.check(false, [arguments.journal.as_path()]) {
        say(format_args!("atp: {unwritten}"));
        return Ok(ExitCode::from(BAD_INPUT));
    }
    let recording = match Journal::read(&arguments.journal) {
        Ok(recording) => recording,
        Err(error) => {
            say(format_args!("atp: {}", chain(&error)));
            return Ok(ExitCode::from(BAD_INPUT));
        }
    };
    let report = Report::new(&recording);
    if arguments.files.is_empty() && !arguments.collector.is_asked() {
        unless_gone(report.summary(&mut out))?;
        return Ok(ExitCode::SUCCESS);
    }
    let runs = [ReportedRun { recording, report }];
    let unwritten = arguments.files.write(&runs, false);
    unwritten.iter().for_each(|unwritten| say(format_args!("atp: {unwritten}")));
    let is_sent = runtime()?.block_on(arguments.collector.send(&runs));
    Ok(ExitCode::from(if is_sent && unwritten.is_empty() { 0 } else { BAD_INPUT }))
}
