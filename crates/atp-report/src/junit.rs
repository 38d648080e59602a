//! The report as JUnit XML, which CI systems read.

use crate::outcome::TestReport;
use crate::report::Report;
use crate::text::{one_line, percent, seconds};
use atp_journal::TestStatus;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use std::borrow::Cow;
use std::io::{self, Write};

const TEXT: usize = 16 * 1024;

/// Writes one `testsuite` with a `testcase` for each test.
///
/// There are several schemas for this format and they disagree; what is written here is valid by
/// the one for Ant's reports (which most others derive from), by Jenkins' and by that of its xUnit
/// plugin. Tests that failed or timed out are failures, tests that could not be carried out are
/// errors. `time` is how long the agent worked for a test, 0 where none ran, for the attribute
/// may not be missing. Flaky tests passed, unless they fail the run; the format has no word for them that all agree on, so
/// `system-out` names them.
///
/// # Errors
///
/// The writer's.
pub fn write(report: &Report, out: impl Write) -> io::Result<()> {
    write_suites([report], out)
}

/// Writes the same with one `testsuite` for each of the reports.
///
/// # Errors
///
/// The writer's.
pub fn write_suites<'a>(
    reports: impl IntoIterator<Item = &'a Report>,
    out: impl Write,
) -> io::Result<()> {
    let mut xml = Writer::new_with_indent(out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let result = xml.create_element("testsuites").write_inner_content(|xml| {
        reports.into_iter().enumerate().try_for_each(|(id, report)| suite(id, report, xml))
    });
    result?.get_mut().write_all(b"\n")?;
    xml.get_mut().flush()
}

fn suite<W: Write>(id: usize, report: &Report, xml: &mut Writer<W>) -> io::Result<()> {
    let summary = &report.summary;
    let name = token(&report.suite);
    let attributes = [
        ("id", id.to_string()),
        ("name", name.clone()),
        ("package", name),
        ("hostname", "localhost".to_owned()),
        ("timestamp", without_zone(&report.started_at)),
        ("tests", summary.total.to_string()),
        ("failures", (summary.failed + summary.timeout + report.failing_flaky()).to_string()),
        ("errors", summary.error.to_string()),
        ("skipped", summary.skipped.to_string()),
        ("time", decimal(summary.duration_seconds)),
    ];
    let attributes = attributes.iter().map(|(name, value)| (*name, value.as_str()));
    let element = xml.create_element("testsuite").with_attributes(attributes);
    element.write_inner_content(|xml| {
        properties(report, xml)?;
        for test in &report.tests {
            case(report, test, xml)?;
        }
        let flaky = report.tests.iter().filter(|test| test.status == TestStatus::Flaky);
        let flaky: String =
            flaky.map(|test| format!("flaky: {}\n", one_line(&test.id, 200))).collect();
        text(xml, "system-out", &flaky)?;
        text(xml, "system-err", "")
    })?;
    Ok(())
}

fn properties<W: Write>(report: &Report, xml: &mut Writer<W>) -> io::Result<()> {
    let ratios = report.overhead.ratios().into_iter();
    let measured =
        ratios.filter_map(|(name, ratio)| Some((format!("overhead {name}"), percent(ratio?))));
    let agent = ("agent".to_owned(), valid(&report.agent).into_owned());
    let bottleneck = report
        .bottleneck
        .map(|bottleneck| ("bottleneck".to_owned(), bottleneck.as_str().to_owned()));
    xml.create_element("properties").write_inner_content(|xml| {
        for (name, value) in [agent].into_iter().chain(measured).chain(bottleneck) {
            let attributes = [("name", name.as_str()), ("value", value.as_str())];
            xml.create_element("property").with_attributes(attributes).write_empty()?;
        }
        Ok(())
    })?;
    Ok(())
}

fn case<W: Write>(report: &Report, test: &TestReport, xml: &mut Writer<W>) -> io::Result<()> {
    let (name, class) = (token(&test.id), token(&report.suite));
    let time = decimal(test.agent_seconds().unwrap_or(0.0));
    let attributes = [("name", name.as_str()), ("classname", &class), ("time", &time)];
    let element = xml.create_element("testcase").with_attributes(attributes);
    let unknown = match test.status {
        TestStatus::Flaky => "it passed only at a later try",
        _ => "no reason was recorded",
    };
    let reason = test.error.as_deref().unwrap_or(unknown);
    let tag = match test.status {
        TestStatus::Flaky if report.flaky_fails => "failure",
        TestStatus::Passed | TestStatus::Flaky => return element.write_empty().map(drop),
        TestStatus::Failed | TestStatus::Timeout => "failure",
        TestStatus::Error => "error",
        TestStatus::Skipped => {
            return element.write_inner_content(|xml| text(xml, "skipped", reason)).map(drop);
        }
    };
    let message = one_line(&valid(reason), 1000);
    let attributes = [("message", message.as_str()), ("type", test.status.as_str())];
    element.write_inner_content(|xml| {
        let details = details(report, test);
        let failure = xml.create_element(tag).with_attributes(attributes);
        failure.write_text_content(BytesText::new(&valid(&details))).map(drop)
    })?;
    Ok(())
}

/// All that is known of a failure: what each run found, and how to run it again.
fn details(report: &Report, test: &TestReport) -> String {
    let mut text = String::new();
    for run in &test.runs {
        let time = run.agent_seconds.map_or_else(|| "not started".to_owned(), seconds);
        text.push_str(&format!("run {}: {}, {time}\n", run.run, run.status.as_str()));
        let findings = run.findings.iter().map(|finding| finding.sentence());
        for line in run.error.iter().cloned().chain(findings) {
            text.push_str(&format!("  {line}\n"));
        }
        if text.len() > TEXT {
            text.truncate(text.floor_char_boundary(TEXT));
            text.push_str("\n(cut)\n");
            break;
        }
    }
    // With another character in the place of one that XML cannot hold, it would be another command.
    let command = report.command(&test.id).filter(|command| valid(command) == *command);
    if let Some(command) = command {
        text.push_str(&format!("again: {command}\n"));
    }
    text
}

fn text<W: Write>(xml: &mut Writer<W>, element: &str, content: &str) -> io::Result<()> {
    xml.create_element(element).write_text_content(BytesText::new(&valid(content))).map(drop)
}

/// A name in one line, never empty, as the schemas want names.
fn token(name: &str) -> String {
    match one_line(&valid(name), 500) {
        empty if empty.is_empty() => "(unnamed)".to_owned(),
        name => name,
    }
}

/// Seconds as a decimal number, which has neither sign nor exponent.
fn decimal(seconds: f64) -> String {
    format!("{:.6}", if seconds.is_finite() { seconds.max(0.0) + 0.0 } else { 0.0 })
}

/// A time in UTC to the second, without the zone, which Ant's schema does not allow.
fn without_zone(time: &str) -> String {
    match time.get(..19) {
        Some(time) => time.replace(' ', "T"),
        None => "1970-01-01T00:00:00".to_owned(),
    }
}

/// The text with a replacement character for each that XML 1.0 cannot hold, not even escaped.
fn valid(text: &str) -> Cow<'_, str> {
    let is_valid = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    if text.chars().all(is_valid) {
        return Cow::Borrowed(text);
    }
    text.chars().map(|c| if is_valid(c) { c } else { '\u{fffd}' }).collect()
}
