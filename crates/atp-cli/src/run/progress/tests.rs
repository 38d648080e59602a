//! What is shown of a run, and that showing it holds nothing up.

use super::{
    board::WAITING_LINES,
    text::{clock, cut},
    *,
};
use atp_journal::{Header, PlannedTest, RunStatus, TestStatus};
use indicatif::{ProgressDrawTarget, TermLike};
use std::io::Write;

#[derive(Clone, Debug, Default)]
struct Tape(Arc<Mutex<Vec<u8>>>);

impl Tape {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Tape {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A terminal of 60 columns that remembers all it was told.
impl TermLike for Tape {
    fn width(&self) -> u16 {
        60
    }
    fn move_cursor_up(&self, _rows: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_down(&self, _rows: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_right(&self, _columns: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_left(&self, _columns: usize) -> io::Result<()> {
        Ok(())
    }
    fn write_line(&self, line: &str) -> io::Result<()> {
        self.write_str(&format!("{line}\n"))
    }
    fn write_str(&self, text: &str) -> io::Result<()> {
        self.0.lock().unwrap().write_all(text.as_bytes())
    }
    fn clear_line(&self) -> io::Result<()> {
        Ok(())
    }
    fn flush(&self) -> io::Result<()> {
        self.write_str("\n")
    }
}

/// A run of 12 tests, of which one has passed before.
fn already(runs_per_test: u32) -> Recording {
    let mut header = Header::new("suite", "hash", "agent", "cli");
    header.runs_per_test = runs_per_test;
    header.tests = (0..12).map(|n| PlannedTest::new(format!("t{n}"), "T")).collect();
    let mut already = Recording::new(header);
    already.tests.push(TestRecord::new("t0", TestStatus::Passed));
    already
}

fn shown(told: Told, tell: impl FnOnce(&Progress)) -> String {
    let tape = Tape::default();
    let progress = Progress::on(Lines::new(tape.clone(), true), Board::new(told, &already(1), 1));
    tell(&progress);
    drop(progress);
    tape.text()
}

fn tell(progress: &Progress) {
    progress.announce("suite: 12 tests".into());
    progress.run_started("hello", 1, 0);
    let mut run = RunRecord::new("hello", 1, RunStatus::Passed);
    run.ledger.agent = 0.5;
    progress.run_finished(&run);
    progress.test_finished(&TestRecord::new("hello", TestStatus::Passed));
    let mut failed = TestRecord::new("evil\n\u{1b}[2J\u{202e}", TestStatus::Failed);
    failed.error = Some("x".repeat(1000));
    progress.test_finished(&failed);
    progress.held_up("slow", 2, Duration::from_secs(61), "slot 3 is with the agent");
    progress.held_up("slower", 1, Duration::from_secs(60), "slot 4 is with the agent");
    progress.warned("the machine is too slow");
}

#[test]
fn each_test_is_one_plain_line() {
    let shown = shown(Told::Tests, tell);
    let mut lines: Vec<&str> = shown.lines().collect();
    // A look may fall between any two of them, and who holds up the run is told at its end.
    lines.retain(|line| !line.starts_with("waiting"));
    let failed = format!("[ 3/12] FAILED  evil  [2J   {}…", "x".repeat(160));
    let passed = "[ 2/12] passed  hello  500 ms";
    assert_eq!(lines, ["suite: 12 tests", passed, &failed, "warning: the machine is too slow"]);
    let held_up = "waiting for slow, run 2, for 1:01: slot 3 is with the agent";
    assert!(shown.contains(held_up), "{shown}");
}

#[test]
fn terse_leaves_out_what_passed() {
    let shown = shown(Told::Failures, tell);
    assert!(!shown.contains("passed") && shown.contains("FAILED"), "{shown}");
    assert!(shown.contains("waiting for slow"), "{shown}");
}

#[test]
fn none_leaves_warnings() {
    assert_eq!(shown(Told::Warnings, tell), "warning: the machine is too slow\n");
}

#[test]
fn a_run_that_says_nothing_is_told_to_go_on() {
    let mut board = Board::new(Told::Failures, &already(100), 1);
    board.run_started("t1", 1, 0);
    board.run_finished(&RunRecord::new("t1", 1, RunStatus::Passed));
    board.run_started("t1", 2, 0);
    let look = board.look(1);
    assert_eq!(lines::text(&look, false), "");
    let text = lines::text(&look, true);
    let expected =
        "[ 1/12] 0 failed, 101 of 1200 runs, 1 at work, the longest t1, run 2 for 0:00\n";
    assert_eq!(text, expected);
}

/// Of retried runs the slot may be another than it was; of tests left out there is no run.
#[test]
fn what_ended_is_not_at_work() {
    let mut board = Board::new(Told::Tests, &already(2), 1);
    for (test, slot) in [("a", 0), ("b", 1), ("c", 2)] {
        board.run_started(test, 1, slot);
    }
    let mut elsewhere = RunRecord::new("a", 1, RunStatus::Passed);
    elsewhere.slot = 7;
    board.run_finished(&elsewhere);
    let look = board.look(1);
    assert_eq!((look.at_work, look.runs), (2, (3, 24)));
    assert_eq!((look.rows.len(), look.rows[0].label.as_str()), (1, "b, run 1"));
    board.test_finished(&TestRecord::new("a", TestStatus::Skipped));
    board.test_finished(&TestRecord::new("z", TestStatus::Skipped));
    let look = board.look(16);
    assert_eq!((look.runs, look.tests.ended, look.rows.len()), ((6, 24), 3, 2));
}

#[test]
fn bars_fit_into_the_terminal_and_obey_nobody() {
    let tape = Tape::default();
    let target = ProgressDrawTarget::term_like(Box::new(tape.clone()));
    let mut bars = Bars::new(target, || (8, 60));
    assert_eq!(bars.rows(), 4);
    let mut board = Board::new(Told::Failures, &already(1), 1);
    for slot in 0..6 {
        let test = format!("漢字\u{1b}[31m{}", "界".repeat(100));
        board.run_started(&test, 1, slot);
    }
    board.test_finished(&TestRecord::new("bad\r", TestStatus::Timeout));
    let look = board.look(4);
    bars.show(look).unwrap();
    let shown = tape.text();
    assert!(shown.contains("[ 2/12] TIMEOUT bad "), "{shown}");
    assert!(shown.contains("2/12 tests, 1 failed, 6 at work"), "{shown}");
    assert!(shown.contains("and 2 more"), "{shown}");
    assert!(!shown.contains("\u{1b}[31m") && !shown.contains('\r'), "{shown:?}");
    let row = cut(&format!("    0     0:00  漢字 [31m{}", "界".repeat(100)), 59);
    assert!(shown.contains(&row) && row.ends_with('…'), "{shown}");
}

#[test]
fn nothing_is_wider_than_it_may_be() {
    for (text, columns, expected) in [
        ("hello", 5, "hello"),
        ("hello", 4, "hel…"),
        ("界界界", 6, "界界界"),
        ("界界界", 5, "界界…"),
        ("界界界", 4, "界…"),
        ("界界", 1, "…"),
        ("hello", 0, ""),
    ] {
        assert_eq!(cut(text, columns), expected);
    }
    let times = [(0, "0:00"), (61, "1:01"), (3_723, "1:02:03"), (360_000, "100:00:00")];
    for (seconds, text) in times {
        assert_eq!(clock(Duration::from_secs(seconds)), text);
    }
}

/// Nobody reads: the run is not held up, and the memory for lines is bounded.
#[test]
fn a_reader_that_never_reads_holds_nothing_up() {
    struct Stuck(Sender<()>, Receiver<()>);
    impl Write for Stuck {
        fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
            self.0.send(()).ok();
            self.1.recv().ok();
            Ok(0)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let ((begins, begun), (reads, stuck)) = (mpsc::channel(), mpsc::channel());
    let board = Board::new(Told::Tests, &already(1), 1);
    let progress = Progress::on(Lines::new(Stuck(begins, stuck), true), board);
    // Once the thread is stuck with the first line, it takes no other.
    progress.announce("stuck".into());
    begun.recv().unwrap();
    for number in 0..5000 {
        progress.test_finished(&TestRecord::new(format!("t{number}"), TestStatus::Passed));
    }
    let look = progress.board().look(0);
    assert_eq!((look.lines.len(), look.dropped), (WAITING_LINES, 5000 - WAITING_LINES as u64));
    let text = lines::text(&look, false);
    assert!(text.ends_with("3976 lines were left out, for nobody read them\n"));
    drop(reads);
}
