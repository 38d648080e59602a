//! The report as markdown, for pull requests and step summaries.

mod suites;

use crate::outcome::TestReport;
use crate::report::Report;
use crate::text::{counted, one_line, percent, seconds};
use atp_journal::TestStatus;
use std::io::{self, Write};

pub use suites::write_suites;

/// The most lines that [`write()`] and [`write_suites()`] write.
pub const MARKDOWN_LINES: usize = 40;

const FAILURES: usize = 5;
const SLOWEST: usize = 5;
const FLAKY: usize = 8;
const COMMAND: usize = 1000;

/// Writes the verdict, the budgets with their margins, the first failures with the command that
/// reproduces each, the five slowest tests and the flaky ones, in at most [`MARKDOWN_LINES`] lines.
///
/// Foreign text stands in code spans: there it makes no link, no markup and no mention.
///
/// # Errors
///
/// The writer's.
pub fn write(report: &Report, mut out: impl Write) -> io::Result<()> {
    writeln!(out, "## {}\n", report.headline(|name| code(name, 80)))?;
    writeln!(out, "Tests: {}\n", report.counts())?;
    write_budgets(report, &mut out)?;
    writeln!(out, "\n**Bottleneck:** {}", report.bottleneck_line())?;
    write_failures(report, &mut out)?;
    write_slowest(report, &mut out)?;
    write_flaky(report, &mut out)?;
    let notes = report.observed.notes(|line| code(line, 120));
    if !notes.is_empty() {
        writeln!(out, "\n**Notes:** {}", notes.join("; "))?;
    }
    out.flush()
}

fn write_budgets(report: &Report, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "| overhead | measured | budget | margin |")?;
    writeln!(out, "|---|---:|---:|---:|")?;
    let budget = percent(report.overhead.budget_percent);
    for (name, ratio) in report.overhead.ratios() {
        let [measured, margin] = report.overhead.measured_and_margin(ratio);
        let margin = margin.replace("OVER", "**over**");
        writeln!(out, "| {name} | {measured} | {budget} | {margin} |")?;
    }
    Ok(())
}

fn write_failures(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let count = report.failures().count();
    if count == 0 {
        return Ok(());
    }
    writeln!(out, "\n### Failures\n")?;
    for test in report.failures().take(FAILURES) {
        write_failure(report, test, "", out)?;
    }
    write_more(count.saturating_sub(FAILURES), out)
}

/// A test that failed, `of` a suite, why, and below it the command that reproduces it.
fn write_failure(
    report: &Report,
    test: &TestReport,
    of: &str,
    out: &mut impl Write,
) -> io::Result<()> {
    let why = test.error.as_deref().unwrap_or("no reason was recorded");
    let (id, status) = (code(&test.id, 80), test.status.as_str());
    write!(out, "- **{status}** {id}{of}: {}", code(why, 240))?;
    // Cut or joined to one line, a command would be another command.
    let command = report.command(&test.id);
    if let Some(command) = command.filter(|command| one_line(command, COMMAND) == *command) {
        write!(out, "\\\n  {}", code(&command, COMMAND))?;
    }
    writeln!(out)
}

fn write_more(more: usize, out: &mut impl Write) -> io::Result<()> {
    if more > 0 { writeln!(out, "- and {more} more") } else { Ok(()) }
}

fn write_slowest(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let slowest = report.slowest(SLOWEST);
    if slowest.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n### Slowest\n")?;
    for (id, time) in slowest {
        writeln!(out, "- {} {}", seconds(time), code(id, 80))?;
    }
    Ok(())
}

fn write_flaky(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let flaky = report.tests.iter().filter(|test| test.status == TestStatus::Flaky);
    write_flaky_names(flaky.map(|test| code(&test.id, 80)).collect(), out)
}

fn write_flaky_names(mut names: Vec<String>, out: &mut impl Write) -> io::Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let count = counted(names.len() as u64, "test");
    if names.len() > FLAKY {
        let more = format!("{} more", names.len() - FLAKY);
        names.truncate(FLAKY);
        names.push(more);
    }
    writeln!(out, "\n**Flaky:** {count} passed only at a later try: {}", names.join(", "))
}

/// Foreign text as a code span, whose fence is longer than any run of backticks within it.
fn code(text: &str, most: usize) -> String {
    let text = one_line(text, most);
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    match text.as_str() {
        "" => "(empty)".to_owned(),
        text if text.starts_with('`') || text.ends_with('`') => format!("{fence} {text} {fence}"),
        text => format!("{fence}{text}{fence}"),
    }
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn a_code_span_cannot_be_left() {
        assert_eq!(code("a", 9), "`a`");
        assert_eq!(code("a`b", 9), "``a`b``");
        assert_eq!(code("``", 9), "``` `` ```");
        assert_eq!(code("a\n# b", 9), "`a # b`");
        assert_eq!(code(" \n", 9), "(empty)");
    }
}
