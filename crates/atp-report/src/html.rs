//! The run as one page that needs no network.

mod columns;
mod texts;

use crate::report::Report;
use atp_journal::Recording;
use columns::Page;
use std::io::{self, Write};

const PAGE: &str = include_str!("html/page.html");
const STYLES: [&str; 2] = [include_str!("html/base.css"), include_str!("html/charts.css")];
/// In the order in which they build upon each other; they share one scope.
const SCRIPTS: [&str; 13] = [
    include_str!("html/format.js"),
    include_str!("html/model.js"),
    include_str!("html/dom.js"),
    include_str!("html/head.js"),
    include_str!("html/failures.js"),
    include_str!("html/lanes.js"),
    include_str!("html/timeline.js"),
    include_str!("html/select.js"),
    include_str!("html/phases.js"),
    include_str!("html/latency.js"),
    include_str!("html/curves.js"),
    include_str!("html/tests.js"),
    include_str!("html/main.js"),
];

/// Writes the page: failures first with what was expected and found, the timeline of the slots,
/// where the time went, latencies, waits, memory and events over time, and all tests.
///
/// The page loads nothing and is forbidden to. Foreign text reaches it as data, never as markup.
/// Without scripts it shows the text summary. Each run takes some 150 bytes; messages are cut and
/// beyond 2 MB left out, and the page says how many.
///
/// # Errors
///
/// The writer's.
pub fn write(recording: &Recording, report: &Report, mut out: impl Write) -> io::Result<()> {
    let mut rest = PAGE;
    while let Some((before, after)) = rest.split_once("{{") {
        out.write_all(before.as_bytes())?;
        let (part, after) = after.split_once("}}").unwrap_or((after, ""));
        match part {
            "title" => out.write_all(escaped(&title(report)).as_bytes())?,
            "style" => STYLES.iter().try_for_each(|style| out.write_all(style.as_bytes()))?,
            "summary" => out.write_all(escaped(&summary(report)?).as_bytes())?,
            "data" => write_data(&Page::new(recording, report), &mut out)?,
            "script" => SCRIPTS.iter().try_for_each(|script| out.write_all(script.as_bytes()))?,
            other => unreachable!("the page has no part {other}"),
        }
        rest = after;
    }
    out.write_all(rest.as_bytes())?;
    out.flush()
}

fn title(report: &Report) -> String {
    crate::text::one_line(&format!("{}: {}", report.suite, report.verdict().as_str()), 100)
}

fn summary(report: &Report) -> io::Result<String> {
    let mut text = Vec::new();
    report.summary(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// Writes the data as JSON that cannot end the script element it stands in: a `<` is only ever
/// found within strings, where it may as well be an escape.
fn write_data(page: &Page<'_>, out: &mut impl Write) -> io::Result<()> {
    let json = serde_json::to_vec(page)?;
    for (index, part) in json.split(|byte| *byte == b'<').enumerate() {
        if index > 0 {
            out.write_all(b"\\u003c")?;
        }
        out.write_all(part)?;
    }
    Ok(())
}

/// Text for an element of the page.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
