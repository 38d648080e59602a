//! Two reports held against each other.

use crate::fixture::{HOSTILE, planned, run, verdict};
use atp_journal::{RunStatus, TestStatus};
use atp_report::{Comparison, ComparisonVerdict, Report};
use expect_test::expect;

/// A report of tests, each with the outcomes of its runs and how long the agent took for each.
fn report(tests: &[(&str, &[(RunStatus, f64)])]) -> Report {
    let ids: Vec<_> = tests.iter().map(|(id, _)| *id).collect();
    let mut recording = planned(&ids);
    for (id, runs) in tests {
        for (number, (status, seconds)) in runs.iter().enumerate() {
            let mut run = run(id, *status, 0, 0.0);
            run.run = number as u32 + 1;
            run.ledger.agent = *seconds;
            recording.runs.push(run);
        }
        let failed = runs.iter().any(|(status, _)| *status != RunStatus::Passed);
        recording
            .tests
            .push(verdict(id, if failed { TestStatus::Failed } else { TestStatus::Passed }));
    }
    Report::new(&recording)
}

const PASS: RunStatus = RunStatus::Passed;
const FAIL: RunStatus = RunStatus::Failed;

fn text(comparison: &Comparison) -> String {
    let mut text = Vec::new();
    comparison.text(&mut text).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn a_report_is_the_same_as_itself() {
    let one = report(&[("a", &[(PASS, 1.0), (PASS, 1.1)]), ("b", &[(FAIL, 2.0), (PASS, 2.1)])]);
    let comparison = Comparison::new(&one, &one);
    assert_eq!(comparison.verdict, ComparisonVerdict::Same);
    assert!(comparison.outcomes.is_empty() && comparison.tests.is_empty());
}

#[test]
fn noise_is_called_the_same() {
    let base = report(&[
        ("a", &[(PASS, 1.00), (PASS, 1.10), (PASS, 0.95)]),
        ("b", &[(PASS, 2.00), (FAIL, 2.10), (PASS, 1.90)]),
        ("c", &[(PASS, 0.50), (PASS, 0.70), (PASS, 0.60)]),
    ]);
    let candidate = report(&[
        ("a", &[(PASS, 1.05), (FAIL, 0.98), (PASS, 1.15)]),
        ("b", &[(PASS, 1.95), (PASS, 2.05), (PASS, 2.15)]),
        ("c", &[(PASS, 0.65), (PASS, 0.55), (PASS, 0.45)]),
    ]);
    let comparison = Comparison::new(&base, &candidate);
    assert_eq!(comparison.verdict, ComparisonVerdict::Same, "{comparison:#?}");
    assert_eq!(comparison.outcomes.len(), 2, "they are told all the same");
    assert!(comparison.outcomes.iter().all(|outcome| outcome.is_noise));
    expect![[r#"
        SAME: 3 tests compared

        test  before  after   passed
        -----------------------------------------
        a     passed  failed  3/3 -> 2/3  noise
        b     failed  passed  2/3 -> 3/3  noise

        per run    before    after  ratio   95 % interval
        -------------------------------------------------------
        agent      1.19 s   1.23 s  1.014  0.814 to 1.264  same
        overhead  20.0 ms  20.0 ms  1.000  1.000 to 1.000  same

        overhead                   before         after
        -----------------------------------------------
        per test                   1.66 %        1.64 %
        wall over ideal      not measured  not measured
        CPU of the platform  not measured  not measured
    "#]]
    .assert_eq(&text(&comparison));
}

#[test]
fn a_test_that_broke_is_worse_and_one_that_was_fixed_better() {
    let good = report(&[("a", &[(PASS, 1.0)]), ("b", &[(PASS, 1.0)])]);
    let bad = report(&[("a", &[(FAIL, 1.0)]), ("b", &[(PASS, 1.0)])]);
    assert_eq!(Comparison::new(&good, &bad).verdict, ComparisonVerdict::Worse);
    assert_eq!(Comparison::new(&bad, &good).verdict, ComparisonVerdict::Better);
    let other = report(&[("a", &[(PASS, 1.0)]), ("b", &[(FAIL, 1.0)])]);
    assert_eq!(Comparison::new(&bad, &other).verdict, ComparisonVerdict::Mixed);
    let three = |status| report(&[("a", &[(status, 1.0); 3])]);
    let comparison = Comparison::new(&three(PASS), &three(FAIL));
    assert_eq!(comparison.verdict, ComparisonVerdict::Worse);
    assert!(!comparison.outcomes[0].is_noise);
}

#[test]
fn slower_agents_are_found_over_all_tests_and_by_test() {
    let times = |factor: f64| {
        let runs: Vec<_> =
            [1.0, 1.02, 0.99, 1.01].iter().map(|time| (PASS, time * factor)).collect();
        runs
    };
    let (base, slower) = (times(1.0), times(1.3));
    let before = report(&[("a", &base), ("b", &base), ("c", &base)]);
    let one = Comparison::new(&before, &report(&[("a", &base), ("b", &slower), ("c", &base)]));
    let ids: Vec<_> = one.tests.iter().map(|test| test.id.as_str()).collect();
    assert_eq!(ids, ["b"]);
    assert_eq!(one.verdict, ComparisonVerdict::Worse);
    assert!(one.latency.unwrap().is_noise, "one of three tests says little of all");

    let all = report(&[("a", &slower), ("b", &slower), ("c", &slower)]);
    let all = Comparison::new(&before, &all);
    let latency = all.latency.unwrap();
    assert!(!latency.is_noise && (latency.ratio - 1.3).abs() < 1e-9, "{latency:?}");
    expect![[r#"
        WORSE: 3 tests compared
        No test has another outcome.

        per run    before    after  ratio   95 % interval
        --------------------------------------------------------
        agent      1.00 s   1.31 s  1.300  1.300 to 1.300  worse
        overhead  20.0 ms  20.0 ms  1.000  1.000 to 1.000  same

        agent, by test  before   after  ratio        interval
        ------------------------------------------------------------
        a               1.00 s  1.31 s  1.300  1.244 to 1.359  worse
        b               1.00 s  1.31 s  1.300  1.244 to 1.359  worse
        c               1.00 s  1.31 s  1.300  1.244 to 1.359  worse

        overhead                   before         after
        -----------------------------------------------
        per test                   1.99 %        1.53 %
        wall over ideal      not measured  not measured
        CPU of the platform  not measured  not measured
    "#]]
    .assert_eq(&text(&all));
}

#[test]
fn what_is_sure_but_small_is_the_same() {
    let runs = |factor: f64| [1.0, 1.001, 0.999].map(|time| (PASS, time * factor));
    let (before, after) = (runs(1.0), runs(1.02));
    let comparison = Comparison::new(&report(&[("a", &before)]), &report(&[("a", &after)]));
    let latency = comparison.latency.unwrap();
    assert!(latency.lower.unwrap() > 1.0, "it is real");
    assert!(latency.is_noise, "and too small to matter");
    let tiny = |factor: f64| report(&[("a", &[(PASS, 1e-5 * factor), (PASS, 1.01e-5 * factor)])]);
    assert_eq!(Comparison::new(&tiny(1.0), &tiny(9.0)).verdict, ComparisonVerdict::Same);
}

#[test]
fn one_run_of_one_test_tells_nothing_about_time() {
    let before = report(&[("a", &[(PASS, 1.0)])]);
    let after = report(&[("a", &[(PASS, 5.0)])]);
    let comparison = Comparison::new(&before, &after);
    let latency = comparison.latency.unwrap();
    assert_eq!((latency.lower, latency.upper), (None, None));
    assert_eq!(comparison.verdict, ComparisonVerdict::Same);
}

#[test]
fn a_thousand_tests_with_noise_alone_are_the_same() {
    // Runs that differ by a hash of their number: no two sides alike, nothing changed.
    let noisy = |seed: u64| {
        let ids: Vec<_> = (0..1000_u64).map(|number| format!("t-{number}")).collect();
        let times: Vec<Vec<_>> = (0..1000_u64)
            .map(|test| {
                (0..5_u64)
                    .map(|run| {
                        let mixed =
                            (test * 31 + run * 7 + seed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                        (PASS, 1.0 + (mixed >> 40) as f64 / (1_u64 << 24) as f64)
                    })
                    .collect()
            })
            .collect();
        let tests: Vec<_> =
            ids.iter().map(String::as_str).zip(times.iter().map(Vec::as_slice)).collect();
        report(&tests)
    };
    let comparison = Comparison::new(&noisy(1), &noisy(123_456));
    assert_eq!(comparison.verdict, ComparisonVerdict::Same, "{}", text(&comparison));
}

#[test]
fn tests_that_only_one_side_has_are_named_and_nothing_in_common_is_no_comparison() {
    let before = report(&[("a", &[(PASS, 1.0)]), ("b", &[(PASS, 1.0)])]);
    let after = report(&[("b", &[(PASS, 1.0)]), ("c", &[(FAIL, 1.0)])]);
    let comparison = Comparison::new(&before, &after);
    assert_eq!(comparison.only_in_base, ["a"]);
    assert_eq!(comparison.only_in_candidate, ["c"]);
    assert_eq!(comparison.verdict, ComparisonVerdict::Same);
    let nothing = Comparison::new(&before, &Report::new(&planned(&[])));
    assert_eq!(nothing.verdict, ComparisonVerdict::Incomparable);
    assert!(text(&nothing).starts_with("INCOMPARABLE: 0 tests compared, 2 only before"));
}

#[test]
fn hostile_names_stay_on_their_line() {
    let before = report(&[(HOSTILE, &[(PASS, 1.0)])]);
    let after = report(&[(HOSTILE, &[(FAIL, 1.0)])]);
    let text = text(&Comparison::new(&before, &after));
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
}
