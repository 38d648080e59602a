//! Lines on stderr that tell how a run goes.

use atp_journal::{RunRecord, TestRecord, TestStatus};
use atp_runner::Observer;
use std::{
    collections::HashMap,
    io::Write,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
        mpsc::{self, Receiver, SyncSender, TrySendError},
    },
    thread,
    time::Duration,
};

/// Lines that wait while whoever reads them is slow. Beyond it they are dropped.
const WAITING_LINES: usize = 1024;
/// How long the end of a run waits for its last lines to be read.
const LAST_LINES: Duration = Duration::from_secs(1);
/// What is shown of a message at most.
const MESSAGE_CHARACTERS: usize = 160;

/// Prints a line for each test that ends, and for what holds up the run.
///
/// A thread writes them: a terminal that was paused, or a pipe that nobody reads, never holds up
/// the run.
pub(super) struct Progress {
    lines: SyncSender<String>,
    /// Hears of it when all of them are written. Only [`Progress::finish`] waits there.
    all_written: Mutex<Receiver<()>>,
    dropped: AtomicU64,
    /// Whether only warnings are printed.
    is_quiet: bool,
    /// How many tests there are, and how many have ended.
    total: usize,
    ended: AtomicUsize,
    /// Seconds of the longest run so far, for tests that have not ended.
    seconds: Mutex<HashMap<String, f64>>,
}

impl Progress {
    /// Prints to `out` about a run of which `ended` of its `total` tests have ended before.
    pub(super) fn new(
        mut out: impl Write + Send + 'static,
        is_quiet: bool,
        ended: usize,
        total: usize,
    ) -> Self {
        let (lines, waiting) = mpsc::sync_channel::<String>(WAITING_LINES);
        let (done, all_written) = mpsc::channel();
        thread::spawn(move || {
            // A reader that is gone has had enough, and the run goes on.
            waiting.iter().try_for_each(|line| out.write_all(line.as_bytes())).ok();
            done.send(()).ok();
        });
        Self {
            lines,
            all_written: Mutex::new(all_written),
            dropped: AtomicU64::new(0),
            is_quiet,
            total,
            ended: AtomicUsize::new(ended),
            seconds: Mutex::default(),
        }
    }

    /// Waits for a moment until all lines are written.
    pub(super) fn finish(self) {
        let dropped = self.dropped.load(Relaxed);
        if dropped > 0 {
            self.print(format!("{dropped} lines were left out, for nobody read them\n"));
        }
        drop(self.lines);
        let all_written = self.all_written.into_inner().unwrap_or_else(PoisonError::into_inner);
        all_written.recv_timeout(LAST_LINES).ok();
    }

    fn print(&self, line: String) {
        if let Err(TrySendError::Full(_)) = self.lines.try_send(line) {
            self.dropped.fetch_add(1, Relaxed);
        }
    }
}

impl Observer for Progress {
    fn run_finished(&self, run: &RunRecord) {
        if !self.is_quiet {
            let mut seconds = self.seconds.lock().unwrap_or_else(PoisonError::into_inner);
            let longest = seconds.entry(run.test.clone()).or_default();
            *longest = run.ledger.agent.max(*longest);
        }
    }

    fn test_finished(&self, test: &TestRecord) {
        if self.is_quiet {
            return;
        }
        let ended = self.ended.fetch_add(1, Relaxed) + 1;
        let seconds = {
            let mut seconds = self.seconds.lock().unwrap_or_else(PoisonError::into_inner);
            seconds.remove(&test.test)
        };
        self.print(line(test, seconds, ended, self.total));
    }

    fn held_up(&self, test: &str, run: u32, time: Duration, why: &str) {
        if !self.is_quiet {
            let (test, why, seconds) = (plain(test), plain(why), time.as_secs());
            self.print(format!("waiting for {test}, run {run}, for {seconds} s: {why}\n"));
        }
    }

    fn warned(&self, warning: &str) {
        self.print(format!("warning: {}\n", plain(warning)));
    }
}

/// The line of a test that has ended.
fn line(test: &TestRecord, seconds: Option<f64>, ended: usize, total: usize) -> String {
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
    let width = total.to_string().len();
    format!("[{ended:>width$}/{total}] {status:<7} {}{seconds}{error}\n", plain(&test.test))
}

/// Text of a suite's or an agent's, made fit for one line of a terminal.
fn plain(text: &str) -> String {
    let mut characters = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut plain: String = characters.by_ref().take(MESSAGE_CHARACTERS).collect();
    if characters.next().is_some() {
        plain.push('…');
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[derive(Clone, Default)]
    struct Screen(Arc<Mutex<Vec<u8>>>);

    impl Write for Screen {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn shown(is_quiet: bool, tell: impl FnOnce(&Progress)) -> String {
        let screen = Screen::default();
        let progress = Progress::new(screen.clone(), is_quiet, 1, 12);
        tell(&progress);
        progress.finish();
        let bytes = screen.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    fn tell(progress: &Progress) {
        let mut run = RunRecord::new("hello", 1, atp_journal::RunStatus::Passed);
        run.ledger.agent = 0.5;
        progress.run_finished(&run);
        progress.test_finished(&TestRecord::new("hello", TestStatus::Passed));
        let mut failed = TestRecord::new("evil\n\u{1b}[2J", TestStatus::Failed);
        failed.error = Some("x".repeat(1000));
        progress.test_finished(&failed);
        progress.held_up("slow", 2, Duration::from_secs(61), "slot 3 is with the agent");
        progress.warned("the machine is too slow");
    }

    #[test]
    fn each_test_is_one_plain_line() {
        let shown = shown(false, tell);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[0], "[ 2/12] passed  hello  500 ms");
        assert_eq!(lines[1], format!("[ 3/12] FAILED  evil  [2J  {}…", "x".repeat(160)));
        assert_eq!(lines[2], "waiting for slow, run 2, for 61 s: slot 3 is with the agent");
        assert_eq!(lines[3..], ["warning: the machine is too slow"]);
    }

    #[test]
    fn quiet_leaves_warnings() {
        assert_eq!(shown(true, tell), "warning: the machine is too slow\n");
    }

    /// Nobody reads: the run is not held up, and the memory for lines is bounded.
    #[test]
    fn a_reader_that_never_reads_holds_nothing_up() {
        struct Stuck(Receiver<()>);
        impl Write for Stuck {
            fn write(&mut self, _bytes: &[u8]) -> std::io::Result<usize> {
                self.0.recv().ok();
                Ok(0)
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let (_reads, stuck) = mpsc::channel();
        let progress = Progress::new(Stuck(stuck), false, 0, 5000);
        for number in 0..5000 {
            progress.test_finished(&TestRecord::new(format!("t{number}"), TestStatus::Passed));
        }
        assert!(progress.dropped.load(Relaxed) >= 5000 - 1 - WAITING_LINES as u64);
    }
}
