//! Words, times and widths of what is shown.

use super::board::Tests;
use atp_journal::{TestRecord, TestStatus};
use std::time::Duration;
use unicode_width::UnicodeWidthChar;

/// What is shown of a message at most.
const MESSAGE_CHARACTERS: usize = 160;

/// The line of a test that has ended.
pub(super) fn line_of(test: &TestRecord, seconds: Option<f64>, tests: Tests) -> String {
    let status = match test.status {
        TestStatus::Passed => "passed",
        TestStatus::Failed => "FAILED",
        TestStatus::Timeout => "TIMEOUT",
        TestStatus::Error => "ERROR",
        TestStatus::Skipped => "skipped",
        TestStatus::Flaky => "flaky",
    };
    let seconds = seconds.map(|seconds| format!("  {}", atp_table::nanos(seconds * 1e9)));
    let error = test.error.as_ref().map(|error| format!("  {}", plain(error)));
    let (seconds, error) = (seconds.unwrap_or_default(), error.unwrap_or_default());
    let Tests { ended, total, .. } = tests;
    let width = total.to_string().len();
    format!("[{ended:>width$}/{total}] {status:<7} {}{seconds}{error}", plain(&test.test))
}

/// A time as a clock shows it, such as `0:07` or `1:02:03`.
pub(super) fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// Text of a suite's or an agent's, made fit for one line of a terminal.
pub(crate) fn plain(text: &str) -> String {
    let mut characters = text.chars().map(|c| if steers(c) { ' ' } else { c });
    let mut plain: String = characters.by_ref().take(MESSAGE_CHARACTERS).collect();
    if characters.next().is_some() {
        plain.push('…');
    }
    plain
}

/// Whether a terminal would obey the character, or show others elsewhere for it.
fn steers(c: char) -> bool {
    let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{2028}'..='\u{202e}');
    c.is_control() || turns || matches!(c, '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{feff}')
}

/// The beginning of a line, as far as it fits into so many columns.
pub(super) fn cut(line: &str, columns: usize) -> String {
    let width = |c: char| c.width().unwrap_or(0);
    if line.chars().map(width).sum::<usize>() <= columns {
        return line.to_owned();
    }
    let (mut cut, mut used) = (String::new(), 0);
    for c in line.chars() {
        used += width(c);
        // The last column is the ellipsis's.
        if used >= columns {
            break;
        }
        cut.push(c);
    }
    if columns > 0 {
        cut.push('…');
    }
    cut
}
