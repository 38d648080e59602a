//! Suites and the forms they are printed in.

use atp_bench::{BenchmarkResult, BenchmarkSuite, Error, SCHEMA, Throughput};
use expect_test::expect;
use serde_json::Value;

fn suite() -> BenchmarkSuite {
    let mut suite = BenchmarkSuite::new("Custom Benchmarks");
    (suite.start_time, suite.end_time) = (100.0, Some(101.0));
    let mut parse = BenchmarkResult::from_samples("parse|all", &[40e-9, 42e-9]).expect("durations");
    (parse.batch, parse.percentiles, parse.work) = (25_000, None, Some(Throughput::Bytes(64)));
    (parse.allocations, parse.allocated_bytes) = (Some(2.5), Some(80.0));
    let mut load = BenchmarkResult::from_samples("load", &[0.1; 10]).expect("durations");
    load.allocations = Some(7.0);
    load.metadata.insert("tests".to_owned(), 10.into());
    let mut tick = BenchmarkResult::from_samples("tick", &[1e-9]).expect("a duration");
    tick.near_limit = true;
    suite.results = vec![parse, load, tick];
    suite
}

#[test]
fn be_03_a_suite_lasts_from_its_start_to_its_end() {
    let mut suite = BenchmarkSuite::new("x");
    (suite.start_time, suite.end_time) = (100.0, Some(110.0));
    assert_eq!(suite.duration_seconds(), 10.0);
}

#[test]
fn an_open_suite_lasts_until_now_and_finishes_once() {
    let mut suite = BenchmarkSuite::new("x");
    assert!(suite.duration_seconds() >= 0.0 && suite.end_time.is_none());
    suite.finish();
    let end = suite.end_time;
    suite.finish();
    assert!(end.is_some() && suite.end_time == end);
}

#[test]
fn be_02_be_04_json_has_the_figures_and_a_schema() {
    let json: Value = serde_json::from_str(&suite().to_json()).unwrap();
    assert_eq!((&json["schema"], &json["name"]), (&SCHEMA.into(), &"Custom Benchmarks".into()));
    assert_eq!((&json["start_time"], &json["end_time"]), (&100.0.into(), &101.0.into()));
    assert_eq!(json["duration_seconds"], 1.0);
    let load = &json["results"][1];
    assert_eq!((&load["name"], &load["iterations"]), (&"load".into(), &10.into()));
    assert_eq!((&load["mean_ms"], &load["metadata"]["tests"]), (&100.0.into(), &10.into()));
    for key in
        ["total_seconds", "mean_seconds", "min_seconds", "max_seconds", "std_seconds", "throughput"]
    {
        assert!(load[key].is_number(), "{key}");
    }
    // What was not measured is null, not zero.
    assert_eq!(
        (&load["allocated_bytes"], &json["results"][0]["percentiles"]),
        (&Value::Null, &Value::Null)
    );
}

#[test]
fn json_comes_back_as_it_was() {
    let read = BenchmarkSuite::from_json(&suite().to_json()).unwrap();
    assert_eq!(read.results, suite().results);
    assert_eq!((read.name.as_str(), read.duration_seconds()), ("Custom Benchmarks", 1.0));
}

#[test]
fn json_of_another_kind_or_version_is_refused() {
    let newer = suite().to_json().replacen("\"schema\": 1", "\"schema\": 99", 1);
    assert!(matches!(BenchmarkSuite::from_json(&newer), Err(Error::Schema { found: 99, .. })));
    for text in ["", "[]", "{}", "{\"schema\": 1}", "{\"schema\": -1}"] {
        assert!(matches!(BenchmarkSuite::from_json(text), Err(Error::Json(_))), "{text}");
    }
}

#[test]
fn be_05_b6_the_report_has_units_that_fit() {
    expect![[r#"
        ================================================================================
        Benchmark Results: Custom Benchmarks
        ================================================================================
        Total duration: 1.00 s

        benchmark   iterations     mean      min      max   ops/s  allocs/op        rate
        --------------------------------------------------------------------------------
        parse|all*           2  41.0 ns  40.0 ns  42.0 ns  24.4 M       2.50  1.45 GiB/s
        load                10   100 ms   100 ms   100 ms    10.0          7
        tick~                1  1.00 ns  1.00 ns  1.00 ns  1.00 G

        * called in batches: min and max are those of batch means

        ~ too short to be told from what measuring costs: lift iteration limits if there are any
    "#]]
    .assert_eq(&suite().format_report());
}

#[test]
fn a_report_without_results_is_its_title() {
    let mut empty = suite();
    empty.results.clear();
    expect![[r#"
        ============================================
        Benchmark Results: Custom Benchmarks
        ============================================
        Total duration: 1.00 s

        benchmark  iterations  mean  min  max  ops/s
        --------------------------------------------
    "#]]
    .assert_eq(&empty.format_report());
}

#[test]
fn markdown_escapes_what_would_break_its_table() {
    expect![[r#"
        ### Custom Benchmarks

        | benchmark | iterations | mean | min | max | ops/s | allocs/op | rate |
        | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
        | parse\|all\* | 2 | 41.0 ns | 40.0 ns | 42.0 ns | 24.4 M | 2.50 | 1.45 GiB/s |
        | load | 10 | 100 ms | 100 ms | 100 ms | 10.0 | 7 |  |
        | tick~ | 1 | 1.00 ns | 1.00 ns | 1.00 ns | 1.00 G |  |  |

        Total duration: 1.00 s

        \* called in batches: min and max are those of batch means

        ~ too short to be told from what measuring costs: lift iteration limits if there are any
    "#]]
    .assert_eq(&suite().to_markdown());
}

#[test]
fn a_name_of_several_lines_stays_in_its_line() {
    let mut suite = BenchmarkSuite::new("a\nb");
    suite.push(BenchmarkResult::from_samples("c\r\nd", &[1.0]).unwrap());
    let markdown = suite.to_markdown();
    assert!(markdown.starts_with("### a b\n"), "{markdown}");
    assert!(markdown.contains("\n| c  d | 1 |"), "{markdown}");
    let report = suite.format_report();
    assert!(report.contains("\nBenchmark Results: a b\n"), "{report}");
    assert!(report.contains("\nc  d "), "{report}");
}

#[test]
fn bencher_metric_format_has_nanoseconds_and_bounds() {
    let bmf: Value = serde_json::from_str(&suite().to_bmf()).unwrap();
    let latency = &bmf["parse|all"]["latency"];
    let ns = |value: &Value| (value.as_f64().unwrap() * 1e3).round() / 1e3;
    assert_eq!((ns(&latency["value"]), ns(&latency["lower_value"])), (41.0, 40.0));
    assert_eq!(bmf["parse|all"]["allocations"]["value"], 2.5);
    assert_eq!(bmf["tick"].as_object().unwrap().len(), 2);
}
