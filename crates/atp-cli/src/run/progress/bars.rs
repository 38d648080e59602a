//! Progress as a bar and the slots at work, for people at a terminal.

use super::{
    Look, Screen,
    text::{clock, cut},
};
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::{
    fmt::Write,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Slots that are shown at most. The others are counted.
const MOST_ROWS: usize = 16;
/// Rows of a terminal that are left to lines, the bar and the count.
const OTHER_ROWS: usize = 4;
/// What is drawn. No colour tells anything by itself, and NO_COLOR takes it away.
const TEMPLATE: &str = "{head} {wide_bar:.green}{slots}";

/// Draws a bar with what each slot runs below it, and lines above.
pub(super) struct Bars {
    bar: ProgressBar,
    size: Size,
    frame: Arc<Mutex<Frame>>,
}

/// Tells the rows and columns of a terminal.
pub(super) type Size = fn() -> (usize, usize);

/// What is drawn beside the bar.
#[derive(Debug, Default)]
struct Frame {
    /// Before the bar.
    head: String,
    /// Below it, a line break before each line.
    slots: String,
}

impl Bars {
    pub(super) fn on_stderr() -> Self {
        Self::new(ProgressDrawTarget::stderr(), size_of_stderr)
    }

    pub(super) fn new(target: ProgressDrawTarget, size: Size) -> Self {
        let frame = Arc::new(Mutex::new(Frame::default()));
        let (head, slots) = (Arc::clone(&frame), Arc::clone(&frame));
        let style = ProgressStyle::with_template(TEMPLATE).expect("the template is right");
        let style = style
            .with_key("head", move |_: &ProgressState, out: &mut dyn Write| {
                // It is written to memory.
                out.write_str(&lock(&head).head).ok();
            })
            .with_key("slots", move |_: &ProgressState, out: &mut dyn Write| {
                out.write_str(&lock(&slots).slots).ok();
            });
        let bar = ProgressBar::with_draw_target(Some(0), target).with_style(style);
        Self { bar, size, frame }
    }
}

impl Screen for Bars {
    fn rows(&self) -> usize {
        let (rows, _) = (self.size)();
        rows.saturating_sub(OTHER_ROWS).min(MOST_ROWS)
    }

    fn show(&mut self, look: Look) -> io::Result<()> {
        let (_, columns) = (self.size)();
        let (done, all) = look.runs;
        *lock(&self.frame) = Frame::new(&look, self.bar.eta(), columns);
        if self.bar.length() != Some(all) {
            // The first look: what was there before says nothing of the time to come.
            self.bar.update(|state| {
                state.set_len(all);
                state.set_pos(done);
            });
            self.bar.reset_eta();
        }
        if !look.lines.is_empty() {
            self.bar.println(look.lines.join("\n"));
        }
        if look.dropped > 0 {
            self.bar.println(format!("{} lines were left out", look.dropped));
        }
        self.bar.update(|state| state.set_pos(done));
        Ok(())
    }
}

/// What is left on the terminal are the lines.
impl Drop for Bars {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Frame {
    fn new(look: &Look, eta: Duration, columns: usize) -> Self {
        let (tests, at_work) = (look.tests, look.at_work);
        let mut head = format!(
            "{}/{} tests, {} failed, {at_work} at work",
            tests.ended, tests.total, tests.failed
        );
        let (done, all) = look.runs;
        if done < all && !eta.is_zero() {
            head += &format!(", ETA {:#}", HumanDuration(eta));
        }
        let rows = look.rows.iter();
        let mut lines: Vec<String> = rows
            .map(|row| format!("{:>5} {:>8}  {}", row.slot, clock(row.time), row.label))
            .collect();
        let more = at_work.saturating_sub(lines.len());
        if more > 0 && !lines.is_empty() {
            lines.push(format!("      and {more} more"));
        }
        // A terminal goes on to the next line as soon as the last column is used.
        let columns = columns.saturating_sub(1);
        let slots = lines.iter().map(|line| format!("\n{}", cut(line, columns))).collect();
        Self { head: cut(&head, columns), slots }
    }
}

fn lock(frame: &Mutex<Frame>) -> MutexGuard<'_, Frame> {
    frame.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The terminal's size, or what most terminals have at least where it does not tell.
fn size_of_stderr() -> (usize, usize) {
    let size = rustix::termios::tcgetwinsize(io::stderr()).ok();
    let size = size.filter(|size| size.ws_row > 0 && size.ws_col > 0);
    size.map_or((24, 79), |size| (usize::from(size.ws_row), usize::from(size.ws_col)))
}
