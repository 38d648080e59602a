//! How a run goes, told on stderr while it does.

mod bars;
mod board;
mod lines;
mod text;

pub(super) use text::plain;

use atp_journal::{Recording, RunRecord, TestRecord};
use atp_runner::Observer;
use bars::Bars;
use board::{Board, Look, Told};
use clap::ValueEnum;
use lines::Lines;
use std::{
    env,
    io::{self, IsTerminal},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::Duration,
};

/// How long nothing ends until the runner is asked what holds it up.
pub(super) const HELD_UP_AFTER: Duration = Duration::from_secs(30);
/// How often what is shown is brought up to date.
const TICK: Duration = Duration::from_millis(100);
/// How long the end of a run waits for its last lines to be read.
const LAST_LINES: Duration = Duration::from_secs(1);

/// What is shown while tests run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Mode {
    /// Bars on a terminal, else as plain.
    Auto,
    /// A line for each test that ends, and at least one a minute.
    Plain,
    /// A line for each test that did not pass, and at least one a minute.
    Terse,
    /// Warnings alone.
    None,
}

/// Shows how a run goes.
///
/// The runner only notes what happens on a board. A thread looks there and writes: a terminal that
/// was paused, or a pipe that nobody reads, never holds up the run, and what it costs depends on
/// time more than on tests.
pub(super) struct Progress {
    board: Arc<Mutex<Board>>,
    /// Dropped once the run is over.
    over: Option<Sender<()>>,
    /// Hears when everything was shown. Only the end waits there.
    shown: Mutex<Receiver<()>>,
}

/// Where progress is shown.
trait Screen: Send + 'static {
    /// How many of the runs that are under way can be shown.
    fn rows(&self) -> usize;

    /// Shows what happened since it was last called, and what goes on.
    fn show(&mut self, look: Look) -> io::Result<()>;
}

impl Progress {
    /// Tells of a run on stderr, of which `ended` tests are `already` recorded.
    pub(super) fn new(mode: Mode, already: &Recording, ended: usize) -> Self {
        let on_lines = |told, has_heartbeat| {
            let lines = Lines::new(io::stderr(), has_heartbeat);
            Self::on(lines, Board::new(told, already, ended))
        };
        match mode {
            Mode::Auto if can_show_bars() => {
                Self::on(Bars::on_stderr(), Board::new(Told::Failures, already, ended))
            }
            Mode::Auto | Mode::Plain => on_lines(Told::Tests, true),
            Mode::Terse => on_lines(Told::Failures, true),
            Mode::None => on_lines(Told::Warnings, false),
        }
    }

    fn on(screen: impl Screen, board: Board) -> Self {
        let board = Arc::new(Mutex::new(board));
        let ((over, is_over), (done, shown)) = (mpsc::channel(), mpsc::channel());
        let seen = Arc::clone(&board);
        let shows = thread::Builder::new().name("atp-progress".into());
        let started = shows.spawn(move || {
            show(screen, &seen, &is_over);
            done.send(()).ok();
        });
        // Where no thread can be had, the run goes on and nothing is shown.
        drop(started);
        Self { board, over: Some(over), shown: Mutex::new(shown) }
    }

    /// Tells something of the run as a whole.
    pub(super) fn announce(&self, line: String) {
        self.board().announce(line);
    }

    /// Tells something that must not be missed.
    pub(super) fn warn(&self, line: String) {
        self.board().tell(line);
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        lock(&self.board)
    }
}

/// Waits for a moment until everything is shown.
impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.over.take());
        let shown = self.shown.get_mut().unwrap_or_else(PoisonError::into_inner);
        shown.recv_timeout(LAST_LINES).ok();
    }
}

impl Observer for Progress {
    fn run_started(&self, test: &str, run: u32, slot: u32) {
        self.board().run_started(test, run, slot);
    }

    fn run_finished(&self, run: &RunRecord) {
        self.board().run_finished(run);
    }

    fn test_finished(&self, test: &TestRecord) {
        self.board().test_finished(test);
    }

    fn held_up(&self, test: &str, run: u32, time: Duration, why: &str) {
        self.board().held_up(test, run, time, why);
    }

    fn warned(&self, warning: &str) {
        self.warn(format!("warning: {}", plain(warning)));
    }
}

/// Whether stderr is a terminal on which lines can be written anew.
fn can_show_bars() -> bool {
    let is_dumb = env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
    io::stderr().is_terminal() && !is_dumb
}

fn show(mut screen: impl Screen, board: &Mutex<Board>, over: &Receiver<()>) {
    loop {
        let is_over = over.recv_timeout(TICK) != Err(RecvTimeoutError::Timeout);
        let look = lock(board).look(screen.rows());
        // A reader that is gone has had enough, and the run goes on.
        if screen.show(look).is_err() || is_over {
            return;
        }
    }
}

/// Nothing under this lock waits for anything.
fn lock(board: &Mutex<Board>) -> MutexGuard<'_, Board> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
