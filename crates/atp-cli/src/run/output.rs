//! Where the reports of a run go.

use super::arguments::RunArguments;
use crate::{
    otlp::Collector,
    report_files::{ReportFiles, ReportedRun, Unwritten, append_step_summary, unless_gone},
    say,
};
use atp_journal::Journal;
use std::{io::Write, path::PathBuf};

/// Prints summaries as suites end, and collects what the files are made of.
pub(super) struct Output<'a, W> {
    out: W,
    files: &'a ReportFiles,
    collector: &'a Collector,
    is_of_several: bool,
    runs: Vec<ReportedRun>,
    /// Whether all summaries were printed.
    is_printed: bool,
}

impl<'a, W: Write> Output<'a, W> {
    /// Fails if a file could not be written at the end.
    pub(super) fn new(arguments: &'a RunArguments, out: W) -> Result<Self, Unwritten> {
        let is_of_several = arguments.suites.len() > 1;
        let journals = arguments.journal.iter().chain(&arguments.balance_by);
        let events = arguments.journal.as_ref().map(Journal::events_path);
        let inputs = arguments.suites.iter().chain(journals).chain(&events);
        arguments.files.check(is_of_several, inputs.map(PathBuf::as_path))?;
        let RunArguments { files, collector, .. } = arguments;
        Ok(Self { out, files, collector, is_of_several, runs: Vec::new(), is_printed: true })
    }

    /// Prints the summary of a suite. If that fails it is told, and the files are written later
    /// all the same.
    pub(super) fn push(&mut self, run: ReportedRun) {
        let printed = run.report.summary(&mut self.out).and_then(|()| self.out.flush());
        self.runs.push(run);
        if let Err(error) = unless_gone(printed) {
            say(format_args!("atp: the summary cannot be printed: {error}"));
            self.is_printed = false;
        }
    }

    /// Writes the files and sends the spans, says what of that cannot be done, and returns whether
    /// all was, summaries included.
    pub(super) async fn finish(self) -> bool {
        // Nobody asked for this one by name, so it is told and changes nothing.
        if let Err(unwritten) = append_step_summary(&self.runs) {
            say(format_args!("atp: {unwritten}"));
        }
        let unwritten = self.files.write(&self.runs, self.is_of_several);
        unwritten.iter().for_each(|unwritten| say(format_args!("atp: {unwritten}")));
        let is_sent = self.collector.send(&self.runs).await;
        self.is_printed && is_sent && unwritten.is_empty()
    }
}
