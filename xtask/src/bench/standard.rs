//! The reports of the standard suites.

use super::output::{End, Section};
use atp_bench::BenchmarkSuite;
use serde_json::{Map, Value};

pub(super) struct Suites(pub(super) Vec<BenchmarkSuite>);

impl Suites {
    fn joined(&self, render: fn(&BenchmarkSuite) -> String) -> String {
        self.0.iter().map(render).collect::<Vec<_>>().join("\n")
    }
}

impl Section for Suites {
    fn key(&self) -> &'static str {
        "suites"
    }

    fn text(&self) -> String {
        self.joined(BenchmarkSuite::format_report)
    }

    fn markdown(&self) -> String {
        self.joined(BenchmarkSuite::to_markdown)
    }

    fn json(&self) -> Value {
        let read = |suite: &BenchmarkSuite| parsed(&suite.to_json());
        Value::Array(self.0.iter().map(read).collect())
    }

    fn bmf(&self) -> Map<String, Value> {
        let object = |suite: &BenchmarkSuite| match parsed(&suite.to_bmf()) {
            Value::Object(benchmarks) => benchmarks,
            _ => Map::new(),
        };
        self.0.iter().flat_map(object).collect()
    }

    fn end(&self) -> End {
        End::Pass
    }
}

fn parsed(json: &str) -> Value {
    serde_json::from_str(json).expect("what a suite writes is JSON")
}
