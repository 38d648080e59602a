//! The files that people and programs open after a run.

mod replace;

use crate::ending::Limits;
use atp_journal::Recording;
use atp_report::{Report, html, junit, markdown, trace};
use clap::Args;
use serde::Serialize;
use std::{
    env, fmt,
    fs::OpenOptions,
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

/// The number that the JSON report of several suites carries.
const SCHEMA: u32 = 1;
/// Where GitHub's runners want what is shown beside a job.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// What was recorded of a suite, and what it came to.
pub(crate) struct ReportedRun {
    pub(crate) recording: Recording,
    pub(crate) report: Report,
}

impl ReportedRun {
    pub(crate) fn new(recording: Recording, limits: &Limits) -> Self {
        let mut report = Report::new(&recording).with_flaky_failing(limits.no_flaky);
        if let Some(percent) = limits.max_overhead {
            report = report.with_budget(percent);
        }
        Self { recording, report }
    }
}

/// Where reports are written. Each file is there as a whole or is as it was before.
#[derive(Args)]
#[command(next_help_heading = "Reports")]
pub(crate) struct ReportFiles {
    /// Writes the report to this file as JSON; of several suites as an object with "suites".
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Writes one page to this file that shows all of the run and needs no network.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Writes a trace to this file, with a lane for each slot, for Perfetto or chrome://tracing.
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Writes the results to this file as JUnit XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Writes what came of it to this file in markdown, in at most 40 lines.
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
}

/// A report that cannot be written.
#[derive(Debug)]
pub(crate) struct Unwritten {
    file: PathBuf,
    reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Html,
    Trace,
    Junit,
    Markdown,
}

/// The reports of several suites as JSON.
#[derive(Serialize)]
struct Suites<'a> {
    schema: u32,
    suites: Vec<&'a Report>,
}

impl ReportFiles {
    /// Fails for a file that could not be written at the end, or that would take the place of one
    /// of the `inputs` or of another report.
    pub(crate) fn check<'a>(
        &self,
        is_of_several: bool,
        inputs: impl IntoIterator<Item = &'a Path>,
    ) -> Result<(), Unwritten> {
        let mut taken: Vec<PathBuf> = inputs.into_iter().map(replace::resolved).collect();
        for (format, file) in self.files() {
            let refuse = |reason: &str| Err(Unwritten { file: file.into(), reason: reason.into() });
            if is_of_several && matches!(format, Format::Html | Format::Trace) {
                return refuse("a page or a trace shows one suite; `atp report` writes it later");
            }
            if file == Path::new("-") {
                return refuse("to print it give /dev/stdout, and ./- is a file of that name");
            }
            replace::check(file).map_err(|error| Unwritten::new(file, &error))?;
            let place = replace::resolved(file);
            if taken.contains(&place) {
                return refuse("something else is read from there or written to it");
            }
            taken.push(place);
        }
        Ok(())
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.files().next().is_none()
    }

    /// Writes all of them, and returns those that cannot be written. Of no runs there is none.
    pub(crate) fn write(&self, runs: &[ReportedRun], is_of_several: bool) -> Vec<Unwritten> {
        if runs.is_empty() {
            return Vec::new();
        }
        let written = self.files().map(|(format, file)| {
            let written = replace::replace(file, |out| write_as(format, runs, is_of_several, out));
            unless_gone(written).map_err(|error| Unwritten::new(file, &error))
        });
        written.filter_map(Result::err).collect()
    }

    fn files(&self) -> impl Iterator<Item = (Format, &Path)> {
        let files = [
            (Format::Json, &self.json),
            (Format::Html, &self.html),
            (Format::Trace, &self.trace),
            (Format::Junit, &self.junit),
            (Format::Markdown, &self.summary),
        ];
        files.into_iter().filter_map(|(format, file)| Some((format, file.as_deref()?)))
    }
}

impl Unwritten {
    fn new(file: &Path, error: &io::Error) -> Self {
        Self { file: file.to_owned(), reason: error.to_string() }
    }
}

impl fmt::Display for Unwritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the report {} cannot be written: {}", self.file.display(), self.reason)
    }
}

/// Appends what came of the runs to the file that `GITHUB_STEP_SUMMARY` names, if there is one.
pub(crate) fn append_step_summary(runs: &[ReportedRun]) -> Result<(), Unwritten> {
    let Some(file) = env::var_os(STEP_SUMMARY).filter(|file| !file.is_empty()) else {
        return Ok(());
    };
    let append = || {
        let mut text = Vec::new();
        markdown::write_suites(runs.iter().map(|run| &run.report), &mut text)?;
        // At once, for steps of one job may write to it at the same time.
        OpenOptions::new().create(true).append(true).open(&file)?.write_all(&text)
    };
    append().map_err(|error| Unwritten::new(Path::new(&file), &error))
}

/// Whoever reads the output may go when they have had enough: that is no failure of the run.
pub(crate) fn unless_gone(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

fn write_as(
    format: Format,
    runs: &[ReportedRun],
    is_of_several: bool,
    mut out: &mut dyn Write,
) -> io::Result<()> {
    let reports = runs.iter().map(|run| &run.report);
    match (format, runs) {
        (Format::Json, [run]) if !is_of_several => {
            serde_json::to_writer_pretty(&mut out, &run.report)?
        }
        (Format::Json, _) => {
            let suites = Suites { schema: SCHEMA, suites: reports.collect() };
            serde_json::to_writer_pretty(&mut out, &suites)?;
        }
        (Format::Junit, _) => return junit::write_suites(reports, out),
        (Format::Markdown, _) => return markdown::write_suites(reports, out),
        (Format::Html, _) => {
            return runs
                .iter()
                .try_for_each(|run| html::write(&run.recording, &run.report, &mut out));
        }
        (Format::Trace, _) => {
            return runs.iter().try_for_each(|run| trace::write(&run.recording, &mut out));
        }
    }
    writeln!(out)
}
