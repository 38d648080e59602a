//! The JSON report.

use crate::fixture::{one_of_each, planned, run, verdict};
use atp_journal::{RunStatus, Session, TestStatus};
use atp_protocol::Timestamp;
use atp_report::{Bottleneck, Report, ReportError, Verdict};
use expect_test::expect;
use serde_json::Value;

fn json(report: &Report) -> Value {
    serde_json::to_value(report).unwrap()
}

#[test]
fn the_fields_that_programs_rely_on_are_there() {
    let report = json(&Report::new(&one_of_each()));
    for field in ["suite", "agent", "overhead", "bottleneck"] {
        assert!(report.get(field).is_some(), "{field}");
    }
    assert_eq!(report["schema"], 1);
    for (field, value) in [
        ("total", 6),
        ("passed", 1),
        ("failed", 1),
        ("timeout", 1),
        ("error", 1),
        ("skipped", 1),
        ("flaky", 1),
    ] {
        assert_eq!(report["summary"][field], value, "{field}");
    }
    assert_eq!(report["summary"]["duration_seconds"], 3.09);
    for ratio in ["per_test_percent", "wall_percent", "cpu_percent"] {
        assert!(report["overhead"][ratio].is_number(), "{ratio}");
    }
    for test in report["tests"].as_array().unwrap() {
        for field in ["id", "status", "unasserted", "score", "runs", "statistics"] {
            assert!(test.get(field).is_some(), "{field}");
        }
        for run in test["runs"].as_array().unwrap() {
            for field in [
                "status",
                "agent_seconds",
                "queue_seconds",
                "overhead_seconds",
                "events",
                "invalid_events",
                "leaky",
                "error",
            ] {
                assert!(run.get(field).is_some(), "{field}");
            }
        }
    }
}

#[test]
fn tests_keep_the_order_of_the_suite() {
    let report = Report::new(&one_of_each());
    let ids: Vec<_> = report.tests.iter().map(|test| test.id.as_str()).collect();
    assert_eq!(ids, ["pass", "fail", "late", "crash", "left-out", "flaky"]);
}

#[test]
fn a_failed_test_says_why() {
    let report = Report::new(&one_of_each());
    let why: Vec<_> =
        report.tests.iter().map(|test| test.error.as_deref().unwrap_or("-")).collect();
    expect![[r#"
        [
            "-",
            "file: contains: expected \"total: 12\" in out.txt, found \"total: 21\"",
            "no answer within 1 s",
            "the agent ended with code 3",
            "the suite names other agents",
            "-",
        ]
    "#]]
    .assert_debug_eq(&why);
}

#[test]
fn the_ratios_are_what_they_are_said_to_be() {
    let report = Report::new(&one_of_each());
    let overhead = &report.overhead;
    // Four runs of 0.98 s and one of 0.78 s; 0.02 s of platform in each.
    let agents = 4.0 * 0.98 + 0.78;
    let close = |ratio: Option<f64>, expected: f64| (ratio.unwrap() - expected).abs() < 1e-9;
    assert!(close(overhead.per_test_percent, 100.0 * 0.1 / agents), "{overhead:?}");
    assert!(close(overhead.wall_percent, 3.0), "{overhead:?}");
    assert!(close(overhead.cpu_percent, 100.0 * 0.049 / agents), "{overhead:?}");
    assert!(!overhead.is_over_budget());
    assert!(report.with_budget(2.5).overhead.is_over_budget());
}

#[test]
fn what_was_not_measured_is_null() {
    let mut recording = planned(&["a"]);
    recording.tests = vec![verdict("a", TestStatus::Skipped)];
    let report = json(&Report::new(&recording));
    for ratio in ["per_test_percent", "wall_percent", "cpu_percent"] {
        assert_eq!(report["overhead"][ratio], Value::Null, "{ratio}");
    }
    assert_eq!(report["bottleneck"], Value::Null);
    assert_eq!(report["tests"][0]["score"], Value::Null);
}

#[test]
fn a_figure_that_is_no_number_stays_unknown() {
    let mut recording = one_of_each();
    recording.runs[0].ledger.agent = f64::NAN;
    recording.runs[0].ledger.queue = f64::INFINITY;
    recording.runs[0].score = Some(f64::NAN);
    recording.runs[0].events = u64::MAX;
    recording.sessions[0].wall_seconds = f64::NAN;
    let report = Report::new(&recording);
    assert_eq!(report.tests[0].runs[0].agent_seconds, None);
    assert_eq!(report.tests[0].runs[0].queue_seconds, None);
    assert_eq!(report.overhead.wall_percent, None);
    assert!(report.overhead.per_test_percent.is_some_and(f64::is_finite));
    let read = Report::from_json(&serde_json::to_vec(&report).unwrap()).unwrap();
    assert_eq!(read, report);
}

#[test]
fn a_run_that_ended_early_shows_what_is_missing() {
    let mut recording = planned(&["a", "b", "c"]);
    recording.header.runs_per_test = 3;
    recording.runs = vec![run("a", RunStatus::Passed, 0, 0.0), run("b", RunStatus::Passed, 1, 0.5)];
    recording.tests = vec![verdict("a", TestStatus::Passed)];
    // No session: the process was killed.
    let report = Report::new(&recording);
    assert_eq!(report.verdict(), Verdict::Interrupted);
    assert!(report.interrupted);
    let errors: Vec<_> = report.tests.iter().map(|test| test.error.as_deref()).collect();
    assert_eq!(errors, [None, Some("not finished: 1 of 3 runs done"), Some("not run")]);
    assert_eq!((report.summary.skipped, report.summary.unfinished), (2, 2));
    assert_eq!(report.summary.duration_seconds, 1.5, "up to the end of the last run");
    assert_eq!(report.overhead.wall_percent, None);
    assert!(report.overhead.per_test_percent.is_some());
}

#[test]
fn a_process_that_was_killed_after_the_last_verdict_finished_its_work() {
    let mut recording = planned(&["a"]);
    recording.runs = vec![run("a", RunStatus::Passed, 0, 0.0)];
    recording.tests = vec![verdict("a", TestStatus::Passed)];
    assert_eq!(Report::new(&recording).verdict(), Verdict::Passed);
}

#[test]
fn a_run_that_was_stopped_is_not_done() {
    let mut recording = planned(&["a"]);
    recording.runs = vec![run("a", RunStatus::Skipped, 0, 0.0)];
    let report = Report::new(&recording);
    assert_eq!(report.verdict(), Verdict::Interrupted);
    assert_eq!(report.tests[0].error.as_deref(), Some("not finished: 0 of 1 runs done"));
}

#[test]
fn a_resumed_run_adds_up_its_sessions() {
    let mut recording = one_of_each();
    let mut second = Session::new(2, Timestamp::parse("2026-01-02T04:00:00Z").unwrap());
    (second.wall_seconds, second.ideal_seconds) = (1.0, Some(1.0));
    let mut again = run("pass", RunStatus::Passed, 0, 0.0);
    again.session = 2;
    let mut killed = run("pass", RunStatus::Passed, 0, 0.0);
    killed.session = 1;
    recording.sessions.push(second);
    recording.runs.extend([killed, again]);
    let report = Report::new(&recording);
    assert!((report.summary.duration_seconds - 5.09).abs() < 1e-12);
    assert!(!report.interrupted);
    assert_eq!(report.tests[0].runs.len(), 1, "of one run told three times the last counts");
    assert!((report.overhead.wall_percent.unwrap() - 100.0 * 0.09 / 4.0).abs() < 1e-9);
}

#[test]
fn an_empty_recording_ran_nothing() {
    let report = Report::new(&planned(&[]));
    assert_eq!(report.verdict(), Verdict::NothingRan);
    assert_eq!(report.summary.total, 0);
    assert_eq!(report.bottleneck, None);
    let skipped = {
        let mut recording = planned(&["a"]);
        recording.tests = vec![verdict("a", TestStatus::Skipped)];
        recording
    };
    assert_eq!(Report::new(&skipped).verdict(), Verdict::NothingRan);
}

#[test]
fn the_bottleneck_is_what_fills_the_slots() {
    let bottleneck = |queue: f64, limiter: f64, agent: f64, spawn: f64| {
        let mut recording = planned(&["a"]);
        let mut run = run("a", RunStatus::Passed, 0, 0.0);
        run.ledger = Default::default();
        (run.ledger.queue, run.ledger.limiter) = (queue, limiter);
        (run.ledger.agent, run.ledger.spawn) = (agent, spawn);
        recording.runs = vec![run];
        Report::new(&recording).bottleneck
    };
    assert_eq!(bottleneck(0.0, 0.0, 0.0, 0.0), None);
    assert_eq!(bottleneck(0.9, 0.5, 1.0, 0.5), Some(Bottleneck::Agent));
    assert_eq!(bottleneck(9.0, 0.5, 1.0, 0.5), Some(Bottleneck::Queue));
    // The queue is long because of what fills the slots.
    assert_eq!(bottleneck(9.0, 2.0, 1.0, 0.5), Some(Bottleneck::RateLimit));
    assert_eq!(bottleneck(9.0, 0.5, 1.0, 2.0), Some(Bottleneck::Platform));
    assert_eq!(bottleneck(0.0, 1.0, 1.0, 1.0), Some(Bottleneck::Agent));
}

#[test]
fn flaky_tests_fail_a_run_that_has_no_patience_with_them() {
    let mut recording = planned(&["a", "b"]);
    recording.tests = vec![verdict("a", TestStatus::Passed), verdict("b", TestStatus::Flaky)];
    let told = |report: &Report| {
        let (mut text, mut xml) = (Vec::new(), Vec::new());
        report.summary(&mut text).unwrap();
        atp_report::junit::write(report, &mut xml).unwrap();
        (String::from_utf8(text).unwrap(), String::from_utf8(xml).unwrap())
    };
    let (text, xml) = told(&Report::new(&recording));
    assert!(text.starts_with("PASSED: 2 of 2 tests in checkout with claude, 1 flaky"), "{text}");
    assert!(xml.contains("failures=\"0\"") && !xml.contains("<failure"), "{xml}");

    let report = Report::new(&recording).with_flaky_failing(true);
    assert_eq!(report.verdict(), Verdict::Failed);
    let (text, xml) = told(&report);
    let headline = "FAILED: 1 of 2 tests in checkout with claude passed only at a later try";
    assert!(text.starts_with(headline), "{text}");
    assert!(xml.contains("failures=\"1\"") && xml.contains("type=\"flaky\""), "{xml}");

    recording.tests[0].status = TestStatus::Error;
    let report = Report::new(&recording).with_flaky_failing(true);
    assert!(
        told(&report)
            .0
            .starts_with("FAILED: 1 of 2 tests in checkout with claude did not pass, 1 flaky")
    );
}

#[test]
fn a_report_reads_back_as_it_was() {
    let report = Report::new(&one_of_each());
    let read = Report::from_json(&serde_json::to_vec_pretty(&report).unwrap()).unwrap();
    assert_eq!(read, report);
}

#[test]
fn other_files_and_other_versions_are_refused() {
    assert!(matches!(Report::from_json(b""), Err(ReportError::Json(_))));
    assert!(matches!(Report::from_json(b"{\"schema\": 1}"), Err(ReportError::Json(_))));
    let other = Report::from_json(b"{\"schema\": 2, \"whatever\": []}").unwrap_err();
    assert_eq!(other.to_string(), "report of schema 2, but only 1 can be read");
}

#[test]
fn commands_are_quoted_for_a_shell() {
    let report = Report::new(&one_of_each());
    assert_eq!(
        report.command("a b'$(x)").unwrap(),
        r#"atp run 'suites/check out.yaml' --agent claude --test "a b'"'$(x)'"#
    );
    for deceiving in ["a\0b", "a\u{1b}[2Jb", "a\rb", "a\u{202e}b", "a\u{2066}b", "a\u{61c}b"] {
        assert_eq!(report.command(deceiving), None, "{deceiving:?}");
    }
    assert!(
        report.command("two\nlines").is_some() && report.command("مرحبا 👨\u{200d}👩").is_some()
    );
    let mut recording = one_of_each();
    recording.header.suite_file = None;
    assert_eq!(Report::new(&recording).command("a"), None);
}

#[test]
fn commands_have_the_options_of_the_run_and_take_no_name_for_one() {
    let mut recording = one_of_each();
    recording.header.rerun_options =
        ["--adapter", "cli", "--timeout", "0.5"].map(String::from).into();
    assert_eq!(
        Report::new(&recording).command("--help").unwrap(),
        "atp run 'suites/check out.yaml' --adapter cli --timeout 0.5 '--test=--help'"
    );
    recording.header.rerun_options.clear();
    recording.header.suite_file = Some("-suite.yaml".into());
    recording.header.agent = "-a b".to_owned();
    assert_eq!(
        Report::new(&recording).command("t").unwrap(),
        "atp run ./-suite.yaml '--agent=-a b' --test t"
    );
}
