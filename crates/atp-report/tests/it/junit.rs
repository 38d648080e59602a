//! JUnit XML.

use crate::fixture::{hostile, one_of_each, planned, verdict};
use atp_journal::{Recording, TestStatus};
use atp_report::{Report, junit};
use expect_test::expect;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use std::collections::BTreeMap;

fn xml(recording: &Recording) -> String {
    let mut text = Vec::new();
    junit::write(&Report::new(recording), &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn a_failed_run() {
    expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites>
          <testsuite id="0" name="checkout" package="checkout" hostname="localhost" timestamp="2026-01-02T03:04:05" tests="6" failures="2" errors="1" skipped="1" time="3.090000">
            <properties>
              <property name="agent" value="claude"/>
              <property name="overhead per test" value="2.13 %"/>
              <property name="overhead wall over ideal" value="3.00 %"/>
              <property name="overhead CPU of the platform" value="1.04 %"/>
              <property name="bottleneck" value="agent"/>
            </properties>
            <testcase name="pass" classname="checkout" time="0.980000"/>
            <testcase name="fail" classname="checkout" time="0.980000">
              <failure message="file: contains: expected &quot;total: 12&quot; in out.txt, found &quot;total: 21&quot;" type="failed">run 1: failed, 980 ms
          file: contains: expected &quot;total: 12&quot; in out.txt, found &quot;total: 21&quot;
        again: atp run &apos;suites/check out.yaml&apos; --agent claude --test fail
        </failure>
            </testcase>
            <testcase name="late" classname="checkout" time="0.980000">
              <failure message="no answer within 1 s" type="timeout">run 1: timeout, 980 ms
          no answer within 1 s
        again: atp run &apos;suites/check out.yaml&apos; --agent claude --test late
        </failure>
            </testcase>
            <testcase name="crash" classname="checkout" time="0.980000">
              <error message="the agent ended with code 3" type="error">run 1: error, 980 ms
          the agent ended with code 3
        again: atp run &apos;suites/check out.yaml&apos; --agent claude --test crash
        </error>
            </testcase>
            <testcase name="left-out" classname="checkout" time="0.000000">
              <skipped>the suite names other agents</skipped>
            </testcase>
            <testcase name="flaky" classname="checkout" time="0.780000"/>
            <system-out>flaky: flaky
        </system-out>
            <system-err></system-err>
          </testsuite>
        </testsuites>
    "#]].assert_eq(&xml(&one_of_each()));
}

#[test]
fn it_is_what_the_schemas_ask_for() {
    for recording in [one_of_each(), planned(&[]), planned(&["a", "b"]), hostile()] {
        check(&xml(&recording));
    }
}

/// Copied from there it would run another test, or none.
#[test]
fn a_command_that_xml_cannot_hold_is_left_out() {
    let mut recording = planned(&["a", "odd \u{fffe}"]);
    for id in ["a", "odd \u{fffe}"] {
        recording.tests.push(verdict(id, TestStatus::Failed));
    }
    let text = xml(&recording);
    assert_eq!(text.matches("again: ").count(), 1, "{text}");
    assert!(text.contains("--test a\n"), "{text}");
}

#[test]
fn hostile_names_stay_text() {
    let text = xml(&hostile());
    assert!(!text.contains("<script"), "{text}");
    assert!(text.chars().all(|c| matches!(c, '\n' | ' '..='\u{fffd}' | '\u{10000}'..)), "{text:?}");
    assert!(text.contains("&lt;/script&gt;"), "the text itself is kept");
}

type Attributes = BTreeMap<String, String>;

/// The rules that the schemas for Ant's reports, for Jenkins and for its xUnit plugin have in
/// common: which elements stand where in which order, and which attributes they must have.
fn check(text: &str) {
    let mut reader = Reader::from_str(text);
    let (mut path, mut seen) = (Vec::<String>::new(), Vec::<(String, Attributes)>::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                seen.push(open(&path, &start));
                path.push(seen.last().unwrap().0.rsplit('/').next().unwrap().to_owned());
            }
            Event::Empty(start) => seen.push(open(&path, &start)),
            Event::End(_) => drop(path.pop()),
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(path.is_empty(), "unclosed: {path:?}");
    let suite = &seen[1].1;
    let cases = seen.iter().filter(|(path, _)| path.ends_with("/testcase")).count();
    assert_eq!(suite["tests"], cases.to_string());
    for (attribute, element) in
        [("failures", "/failure"), ("errors", "/error"), ("skipped", "/skipped")]
    {
        let count = seen.iter().filter(|(path, _)| path.ends_with(element)).count();
        assert_eq!(suite[attribute], count.to_string(), "{attribute}");
    }
    let order: Vec<_> = seen
        .iter()
        .filter_map(|(path, _)| path.strip_prefix("/testsuites/testsuite/"))
        .filter(|path| !path.contains('/'))
        .collect();
    assert_eq!(order[0], "properties");
    assert_eq!(order[order.len() - 2..], ["system-out", "system-err"]);
    assert!(order[1..order.len() - 2].iter().all(|name| *name == "testcase"), "{order:?}");
    assert!(seen.iter().any(|(path, _)| path.ends_with("/property")), "one property at least");
}

fn open(path: &[String], start: &BytesStart<'_>) -> (String, Attributes) {
    let name = String::from_utf8(start.name().as_ref().to_vec()).unwrap();
    let path =
        format!("/{}", path.iter().map(|part| format!("{part}/")).collect::<String>() + &name);
    let attributes: Attributes = start
        .attributes()
        .map(|attribute| {
            let attribute = attribute.unwrap();
            let key = String::from_utf8(attribute.key.as_ref().to_vec()).unwrap();
            let value = attribute.normalized_value(XmlVersion::Explicit1_0).unwrap().into_owned();
            assert!(!value.contains(['\n', '\t']), "{key} = {value:?}");
            (key, value)
        })
        .collect();
    let suite = "/testsuites/testsuite";
    let (required, optional): (&[&str], &[&str]) = match path.strip_prefix(suite) {
        None if path == "/testsuites" => (&[], &[]),
        Some("") => (
            &[
                "id",
                "name",
                "package",
                "hostname",
                "timestamp",
                "tests",
                "failures",
                "errors",
                "time",
            ],
            &["skipped"],
        ),
        Some("/properties" | "/system-out" | "/system-err" | "/testcase/skipped") => (&[], &[]),
        Some("/properties/property") => (&["name", "value"], &[]),
        Some("/testcase") => (&["name", "classname", "time"], &[]),
        Some("/testcase/failure" | "/testcase/error") => (&["message", "type"], &[]),
        _ => panic!("no schema knows {path}"),
    };
    for name in required {
        assert!(attributes.contains_key(*name), "{path} lacks {name}");
        assert!(*name == "value" || *name == "message" || !attributes[*name].is_empty(), "{name}");
    }
    for name in attributes.keys() {
        assert!(
            required.contains(&name.as_str()) || optional.contains(&name.as_str()),
            "{path} {name}"
        );
    }
    if let Some(time) = attributes.get("time") {
        assert!(time.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'), "{time}");
    }
    if let Some(stamp) = attributes.get("timestamp") {
        let shape: String =
            stamp.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        assert_eq!(shape, "0000-00-00T00:00:00");
    }
    (path, attributes)
}
