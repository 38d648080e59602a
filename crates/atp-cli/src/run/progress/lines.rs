//! Progress as lines, for files, pipes and people who prefer them.

use super::{Look, Screen, text::clock};
use std::{
    io::{self, Write},
    time::{Duration, Instant},
};

/// After how long without a line one tells that the run goes on.
const HEARTBEAT: Duration = Duration::from_secs(60);

/// Writes lines as they come.
pub(super) struct Lines<W> {
    out: W,
    has_heartbeat: bool,
    quiet_since: Instant,
}

impl<W: Write + Send + 'static> Lines<W> {
    pub(super) fn new(out: W, has_heartbeat: bool) -> Self {
        Self { out, has_heartbeat, quiet_since: Instant::now() }
    }
}

impl<W: Write + Send + 'static> Screen for Lines<W> {
    fn rows(&self) -> usize {
        1
    }

    fn show(&mut self, look: Look) -> io::Result<()> {
        let is_quiet = self.quiet_since.elapsed() >= HEARTBEAT;
        let text = text(&look, self.has_heartbeat && is_quiet);
        if !text.is_empty() {
            self.quiet_since = Instant::now();
            self.out.write_all(text.as_bytes())?;
        }
        Ok(())
    }
}

/// All that is to be written, and where that is nothing, how far the run is if that is due.
pub(super) fn text(look: &Look, is_due: bool) -> String {
    let mut text = String::new();
    for line in look.lines.iter().chain(&look.held_up) {
        text += line;
        text.push('\n');
    }
    if look.dropped > 0 {
        text += &format!("{} lines were left out, for nobody read them\n", look.dropped);
    }
    if text.is_empty() && is_due {
        text = heartbeat(look);
    }
    text
}

fn heartbeat(look: &Look) -> String {
    let (ended, total) = (look.tests.ended, look.tests.total);
    let (runs, all) = look.runs;
    let width = total.to_string().len();
    let runs = if all > total as u64 { format!(", {runs} of {all} runs") } else { String::new() };
    let longest = look.rows.first().map_or(String::new(), |row| {
        format!(", the longest {} for {}", row.label, clock(row.time))
    });
    let (failed, at_work) = (look.tests.failed, look.at_work);
    format!("[{ended:>width$}/{total}] {failed} failed{runs}, {at_work} at work{longest}\n")
}
