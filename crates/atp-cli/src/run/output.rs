//! Where the reports of a run go.

use super::arguments::RunArguments;
use atp_report::Report;
use serde::Serialize;
use std::{
    fs::{File, OpenOptions},
    io::{self, BufWriter, ErrorKind, Write},
    path::Path,
};

/// The number that the report of several suites carries.
const SCHEMA: u32 = 1;

/// Prints summaries as suites end, and collects the reports for the file.
pub(super) struct Output<'a, W> {
    out: W,
    file: Option<&'a Path>,
    is_of_several: bool,
    reports: Vec<Report>,
}

/// The reports of several suites as JSON.
#[derive(Serialize)]
struct Suites<'a> {
    schema: u32,
    suites: &'a [Report],
}

impl<'a, W: Write> Output<'a, W> {
    /// Fails if the file could not be written at the end.
    pub(super) fn new(arguments: &'a RunArguments, out: W) -> io::Result<Self> {
        let file = arguments.json.as_deref();
        if let Some(path) = file {
            OpenOptions::new().create(true).append(true).open(path)?;
        }
        Ok(Self { out, file, is_of_several: arguments.suites.len() > 1, reports: Vec::new() })
    }

    /// Prints the summary of a suite.
    pub(super) fn push(&mut self, report: Report) -> io::Result<()> {
        let printed = report.summary(&mut self.out).and_then(|()| self.out.flush());
        if self.file.is_some() {
            self.reports.push(report);
        }
        unless_gone(printed)
    }

    /// Writes the file.
    pub(super) fn finish(self) -> io::Result<()> {
        let Some(path) = self.file else { return Ok(()) };
        unless_gone(self.write(path))
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        match self.reports.as_slice() {
            [report] if !self.is_of_several => serde_json::to_writer_pretty(&mut file, report)?,
            suites => {
                let suites = Suites { schema: SCHEMA, suites };
                serde_json::to_writer_pretty(&mut file, &suites)?;
            }
        }
        writeln!(file)?;
        file.flush()
    }
}

/// Whoever reads the output may go when they have had enough: that is no failure of the run.
fn unless_gone(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
