//! Timing a closure and a command.

use atp_lazy::{MeasureError, measure_startup_time};
use std::time::{Duration, Instant};

/// ST-18, ST-19, ST-20.
#[test]
fn st_18_to_20_the_last_result_comes_back_with_the_times() {
    for (warmup, iterations) in [(0, 1), (3, 1), (0, 5), (2, 4)] {
        let mut calls = 0;
        let count = || {
            calls += 1;
            calls
        };
        let (last, time) = measure_startup_time(count, warmup, iterations).unwrap();
        assert_eq!((last, calls), (warmup + iterations, warmup + iterations));
        assert!(time.min <= time.median && time.median <= time.max);
        assert!(time.min <= time.mean && time.mean <= time.max);
        assert!(time.deviation <= time.max - time.min);
    }
    // However coarse the clock is, it ticks within the call.
    let tick = || {
        let begin = Instant::now();
        while begin.elapsed().is_zero() {}
    };
    let ((), time) = measure_startup_time(tick, 0, 1).unwrap();
    assert!(time.median > Duration::ZERO);
    assert_eq!((time.median, time.deviation), (time.mean, Duration::ZERO));
}

#[test]
fn l7_no_iterations_is_an_error() {
    let error = measure_startup_time(|| 1, 3, 0).unwrap_err();
    assert!(matches!(error, MeasureError::NoIterations));
}

#[cfg(unix)]
mod process {
    use atp_lazy::{MeasureError, measure_process_startup};
    use std::process::Command;
    use std::time::Duration;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn every_run_is_a_process_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let script = format!("echo run >> '{}'; echo output; cat", log.display());
        let startup = measure_process_startup(&mut shell(&script), 2, 3).unwrap();
        assert_eq!(startup.runs, 3);
        assert_eq!(std::fs::read_to_string(log).unwrap().lines().count(), 5);
        assert!(startup.wall.min > Duration::ZERO);
        assert!(startup.format_report().starts_with("3 runs, spawn to exit\n"));
    }

    #[test]
    #[cfg(any(target_os = "linux", target_os = "macos", target_os = "freebsd"))]
    fn cpu_time_is_the_command_s_own() {
        let busy = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done";
        let busy = measure_process_startup(&mut shell(busy), 0, 3).unwrap();
        let idle = measure_process_startup(&mut shell(":"), 0, 3).unwrap();
        assert!(busy.cpu.unwrap().min > idle.cpu.unwrap().min);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn peak_rss_is_absent_when_it_may_be_our_own_and_right_when_it_is_not() {
        let small = measure_process_startup(&mut Command::new("true"), 0, 2).unwrap();
        assert_eq!(small.peak_rss_bytes, None, "smaller than this process");
        let report = small.format_report();
        let shown: Vec<_> = report.lines().last().unwrap().split_whitespace().collect();
        assert_eq!(shown, ["peak", "RSS", "-", "-", "-", "-", "-"]);

        const HELD: u64 = 96 << 20;
        let script = format!("x=$(head -c {HELD} /dev/zero | tr '\\0' a); test ${{#x}} -gt 0");
        let large = measure_process_startup(&mut shell(&script), 0, 1).unwrap();
        let peak = large.peak_rss_bytes.expect("larger than this process");
        assert!(peak.median >= HELD, "{peak:?}");
    }

    #[test]
    fn what_goes_wrong_says_which_program_and_run() {
        let missing = measure_process_startup(&mut Command::new("/no/such/program"), 0, 1);
        let error = missing.unwrap_err();
        assert_eq!(error.to_string(), "`/no/such/program` could not be run");
        assert!(std::error::Error::source(&error).is_some());

        let failed = measure_process_startup(shell("exit 3").env("TOKEN", "secret"), 1, 1);
        let error = failed.unwrap_err();
        assert!(matches!(&error, MeasureError::Failed { run: 1, .. }));
        assert_eq!(error.to_string(), "`sh` ended with exit status: 3 in run 1, warm-up included");

        let none = measure_process_startup(&mut Command::new("/no/such/program"), 0, 0);
        assert!(matches!(none, Err(MeasureError::NoIterations)));
    }
}
