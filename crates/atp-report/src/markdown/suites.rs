//! Several suites as one page of markdown.

use super::{FAILURES, SLOWEST, code, write_failure, write_flaky_names, write_more};
use crate::report::{Report, Verdict};
use crate::text::{counted, seconds};
use atp_journal::TestStatus;
use std::io::{self, Write};

/// Rows of the table; what got no row is counted.
const SUITES: usize = 9;

/// Writes what [`write()`](super::write()) does of one suite; of several a table with the verdict of
/// each, those that did not pass first, and the failures and the slowest tests of all together. That
/// is at most [`MARKDOWN_LINES`](super::MARKDOWN_LINES) lines, however many suites there are.
///
/// # Errors
///
/// The writer's.
pub fn write_suites<'a>(
    reports: impl IntoIterator<Item = &'a Report>,
    mut out: impl Write,
) -> io::Result<()> {
    let mut reports: Vec<&Report> = reports.into_iter().collect();
    if let [report] = reports.as_slice() {
        return super::write(report, out);
    }
    // Stable: beyond that they stay in their order.
    reports.sort_by_key(|report| report.verdict() == Verdict::Passed);
    let failed = reports.iter().filter(|report| report.verdict() != Verdict::Passed).count();
    let all = counted(reports.len() as u64, "suite");
    match failed {
        0 => writeln!(out, "## PASSED: {all}\n")?,
        _ => writeln!(out, "## FAILED: {failed} of {all} did not pass\n")?,
    }
    write_table(&reports, &mut out)?;
    write_failures(&reports, &mut out)?;
    write_slowest(&reports, &mut out)?;
    write_flaky(&reports, &mut out)?;
    out.flush()
}

fn write_table(reports: &[&Report], out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "| suite | agent | verdict | tests | time | overhead per test | margin |")?;
    writeln!(out, "|---|---|---|---|---:|---:|---:|")?;
    for report in reports.iter().take(SUITES) {
        let (suite, agent) = (cell(&report.suite), cell(&report.agent));
        let ratio = report.overhead.per_test_percent;
        let [measured, margin] = report.overhead.measured_and_margin(ratio);
        let margin = margin.replace("OVER", "**over**");
        writeln!(
            out,
            "| {suite} | {agent} | {} | {} | {} | {measured} | {margin} |",
            report.verdict().as_str(),
            report.counts(),
            seconds(report.summary.duration_seconds),
        )?;
    }
    match reports.len().saturating_sub(SUITES) {
        0 => Ok(()),
        more => writeln!(out, "\nand {}", counted(more as u64, "more suite")),
    }
}

fn write_failures(reports: &[&Report], out: &mut impl Write) -> io::Result<()> {
    let failures = || reports.iter().flat_map(|it| it.failures().map(move |test| (*it, test)));
    let count = failures().count();
    if count == 0 {
        return Ok(());
    }
    writeln!(out, "\n### Failures\n")?;
    for (report, test) in failures().take(FAILURES) {
        write_failure(report, test, &format!(" of {}", code(&report.suite, 60)), out)?;
    }
    write_more(count.saturating_sub(FAILURES), out)
}

fn write_slowest(reports: &[&Report], out: &mut impl Write) -> io::Result<()> {
    let of_each = reports.iter().flat_map(|report| {
        report.slowest(SLOWEST).into_iter().map(|(id, time)| (time, id, &report.suite))
    });
    let mut slowest: Vec<_> = of_each.collect();
    if slowest.is_empty() {
        return Ok(());
    }
    slowest.sort_by(|a, b| b.0.total_cmp(&a.0));
    writeln!(out, "\n### Slowest\n")?;
    for (time, id, suite) in slowest.into_iter().take(SLOWEST) {
        writeln!(out, "- {} {} of {}", seconds(time), code(id, 80), code(suite, 60))?;
    }
    Ok(())
}

fn write_flaky(reports: &[&Report], out: &mut impl Write) -> io::Result<()> {
    let flaky = reports.iter().flat_map(|report| {
        let tests = report.tests.iter().filter(|test| test.status == TestStatus::Flaky);
        tests.map(|test| format!("{} of {}", code(&test.id, 80), code(&report.suite, 60)))
    });
    write_flaky_names(flaky.collect(), out)
}

/// Foreign text in a table, where a bar ends a cell even within a code span.
fn cell(text: &str) -> String {
    code(text, 60).replace('|', "\\|")
}
