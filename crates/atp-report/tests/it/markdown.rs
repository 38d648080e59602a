//! The summary for pull requests.

use crate::fixture::{hostile, one_of_each, planned, run, verdict};
use atp_journal::{Recording, RunStatus, TestStatus};
use atp_report::{Report, markdown};
use expect_test::expect;

fn page(recording: &Recording) -> String {
    let mut text = Vec::new();
    markdown::write(&Report::new(recording), &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn a_failed_run() {
    expect![[r###"
        ## FAILED: 3 of 6 tests in `checkout` with `claude` did not pass, 3.09 s

        Tests: 1 passed, 1 flaky, 1 failed, 1 timeout, 1 error, 1 skipped

        | overhead | measured | budget | margin |
        |---|---:|---:|---:|
        | per test | 2.13 % | 5.00 % | 2.87 % |
        | wall over ideal | 3.00 % | 5.00 % | 2.00 % |
        | CPU of the platform | 1.04 % | 5.00 % | 3.96 % |

        **Bottleneck:** agent: it works 940 ms a run

        ### Failures

        - **failed** `fail`: `file: contains: expected "total: 12" in out.txt, found "total: 21"`\
          `atp run 'suites/check out.yaml' --agent claude --test fail`
        - **timeout** `late`: `no answer within 1 s`\
          `atp run 'suites/check out.yaml' --agent claude --test late`
        - **error** `crash`: `the agent ended with code 3`\
          `atp run 'suites/check out.yaml' --agent claude --test crash`

        ### Slowest

        - 980 ms `pass`
        - 980 ms `fail`
        - 980 ms `late`
        - 980 ms `crash`
        - 780 ms `flaky`

        **Flaky:** 1 test passed only at a later try: `flaky`

        **Notes:** 1 invalid event line (first: `oops: not JSON`); 1 leaky run; 2 agent processes had to be ended
    "###]].assert_eq(&page(&one_of_each()));
}

#[test]
fn nothing_ran() {
    expect![[r#"
        ## NOTHING RAN: no test of `checkout` was chosen for `claude`

        Tests: none

        | overhead | measured | budget | margin |
        |---|---:|---:|---:|
        | per test | not measured | 5.00 % | - |
        | wall over ideal | not measured | 5.00 % | - |
        | CPU of the platform | not measured | 5.00 % | - |

        **Bottleneck:** none: no agent ran
    "#]]
    .assert_eq(&page(&planned(&[])));
}

#[test]
fn it_never_takes_more_lines_than_promised() {
    let ids: Vec<_> = (0..300).map(|number| format!("t-{number}")).collect();
    let mut recording = planned(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    for (number, id) in ids.iter().enumerate() {
        let failed = number % 2 == 0;
        let mut run = run(id, if failed { RunStatus::Failed } else { RunStatus::Passed }, 0, 0.0);
        run.error = Some("line\n\n# break ".repeat(1000));
        (run.leaky, run.invalid_events, run.misordered_events) = (true, 2, 2);
        recording.runs.push(run);
        recording
            .tests
            .push(verdict(id, if failed { TestStatus::Failed } else { TestStatus::Flaky }));
    }
    let text = page(&recording);
    assert!(text.lines().count() <= markdown::MARKDOWN_LINES, "{} lines", text.lines().count());
}

fn pages(recordings: &[Recording]) -> String {
    let reports: Vec<Report> = recordings.iter().map(Report::new).collect();
    let mut text = Vec::new();
    markdown::write_suites(&reports, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn several_suites_are_one_page() {
    let mut good = one_of_each();
    good.header.suite = "search | find".to_owned();
    let is_good = |status| matches!(status, TestStatus::Passed | TestStatus::Flaky);
    good.tests.retain(|test| is_good(test.status));
    good.runs.retain(|run| run.test == "pass" || run.test == "flaky");
    good.header.tests.retain(|test| test.id == "pass" || test.id == "flaky");
    expect![[r###"
        ## FAILED: 1 of 2 suites did not pass

        | suite | agent | verdict | tests | time | overhead per test | margin |
        |---|---|---|---|---:|---:|---:|
        | `checkout` | `claude` | failed | 1 passed, 1 flaky, 1 failed, 1 timeout, 1 error, 1 skipped | 3.09 s | 2.13 % | 2.87 % |
        | `search \| find` | `claude` | passed | 1 passed, 1 flaky | 3.09 s | 2.27 % | 2.73 % |

        ### Failures

        - **failed** `fail` of `checkout`: `file: contains: expected "total: 12" in out.txt, found "total: 21"`\
          `atp run 'suites/check out.yaml' --agent claude --test fail`
        - **timeout** `late` of `checkout`: `no answer within 1 s`\
          `atp run 'suites/check out.yaml' --agent claude --test late`
        - **error** `crash` of `checkout`: `the agent ended with code 3`\
          `atp run 'suites/check out.yaml' --agent claude --test crash`

        ### Slowest

        - 980 ms `pass` of `checkout`
        - 980 ms `fail` of `checkout`
        - 980 ms `late` of `checkout`
        - 980 ms `crash` of `checkout`
        - 980 ms `pass` of `search | find`

        **Flaky:** 2 tests passed only at a later try: `flaky` of `checkout`, `flaky` of `search | find`
    "###]].assert_eq(&pages(&[good, one_of_each()]));
    assert_eq!(pages(&[one_of_each()]), page(&one_of_each()));
}

#[test]
fn however_many_suites_there_are_the_page_is_short() {
    let mut recording = one_of_each();
    recording.tests = (0..30)
        .map(|number| {
            let status = if number % 3 == 0 { TestStatus::Flaky } else { TestStatus::Failed };
            verdict(&format!("t-{number}"), status)
        })
        .collect();
    let text = pages(&vec![recording; 200]);
    let lines = text.lines().count();
    assert!((30..=markdown::MARKDOWN_LINES).contains(&lines), "{lines} lines");
    assert!(text.starts_with("## FAILED: 200 of 200 suites did not pass\n"), "{text}");
    assert!(text.contains("and 191 more suites"), "{text}");
    let lines = pages(&vec![hostile(); 3]);
    for line in lines.lines() {
        let outside = outside_code(line);
        for mark in ["<", "@", "{{", "]]>", "&amp;"] {
            assert!(!outside.contains(mark), "{mark} is outside of code in {line}");
        }
        let bars = line.replace("\\|", "").matches('|').count();
        assert!(!line.starts_with("| ") || bars == 8, "{bars} bars in {line}");
    }
}

#[test]
fn hostile_names_stay_in_code_spans() {
    let text = page(&hostile());
    assert!(text.lines().count() <= markdown::MARKDOWN_LINES);
    for line in text.lines() {
        let outside = outside_code(line);
        for mark in ["<", "@", "{{", "]]>", "&amp;"] {
            assert!(!outside.contains(mark), "{mark} is outside of code in {line}");
        }
    }
}

/// What of a line is outside of its code spans, read as CommonMark reads it: a span begins with a
/// run of backticks and ends with the next run of equal length.
fn outside_code(line: &str) -> String {
    let mut outside = String::new();
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        outside.push_str(&rest[..start]);
        rest = &rest[start..];
        let fence = rest.len() - rest.trim_start_matches('`').len();
        rest = &rest[fence..];
        let mut at = 0;
        let end = loop {
            let found = rest[at..].find('`').map(|found| at + found);
            let Some(found) = found else { break None };
            let run = rest[found..].len() - rest[found..].trim_start_matches('`').len();
            if run == fence {
                break Some(found + run);
            }
            at = found + run;
        };
        match end {
            Some(end) => rest = &rest[end..],
            None => outside.push_str(&"`".repeat(fence)),
        }
    }
    outside + rest
}
