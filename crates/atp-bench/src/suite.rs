//! Results that belong together, and the file they are kept in.

use crate::{error::Error, result::BenchmarkResult};
use serde::{Deserialize, Serialize};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The number that a saved suite carries. It changes when an old reader would misread the file.
pub const SCHEMA: u64 = 1;

/// A named list of results with the time it took to make them.
///
/// # Examples
///
/// ```
/// use atp_bench::{BenchmarkResult, BenchmarkSuite};
///
/// let mut suite = BenchmarkSuite::new("Custom Benchmarks");
/// suite.push(BenchmarkResult::from_samples("my_operation", &[40e-9, 41e-9])?);
/// suite.finish();
/// assert!(suite.format_report().contains("40.5 ns"));
/// assert_eq!(BenchmarkSuite::from_json(&suite.to_json())?.results, suite.results);
/// # Ok::<(), atp_bench::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct BenchmarkSuite {
    /// The title of the report.
    pub name: String,
    /// Seconds since the Unix epoch when the suite was begun.
    pub start_time: f64,
    /// Seconds since the Unix epoch when it was finished; absent until then.
    pub end_time: Option<f64>,
    /// The results in the order in which they were made.
    pub results: Vec<BenchmarkResult>,
    /// Set while the suite is open in the process that began it: wall clocks are set, this is not.
    begun: Option<Instant>,
}

/// The suite as it is written.
#[derive(Serialize)]
struct Written<'a> {
    schema: u64,
    name: &'a str,
    start_time: f64,
    end_time: Option<f64>,
    duration_seconds: f64,
    results: Vec<WrittenResult<'a>>,
}

#[derive(Serialize)]
struct WrittenResult<'a> {
    #[serde(flatten)]
    result: &'a BenchmarkResult,
    mean_ms: f64,
}

/// The part of a written suite that is not derived from the rest.
#[derive(Deserialize)]
struct Read {
    name: String,
    start_time: f64,
    end_time: Option<f64>,
    results: Vec<BenchmarkResult>,
}

#[derive(Deserialize)]
struct Version {
    schema: u64,
}

impl BenchmarkSuite {
    /// Creates a suite that begins now.
    pub fn new(name: impl Into<String>) -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            name: name.into(),
            start_time: since_epoch.as_secs_f64(),
            end_time: None,
            results: Vec::new(),
            begun: Some(Instant::now()),
        }
    }

    /// Adds a result.
    pub fn push(&mut self, result: BenchmarkResult) {
        self.results.push(result);
    }

    /// Ends the suite; a second call changes nothing.
    pub fn finish(&mut self) {
        if let Some(begun) = self.begun.take() {
            self.end_time = Some(self.start_time + begun.elapsed().as_secs_f64());
        }
    }

    /// Returns the seconds from begin to end, or until now while the suite is open.
    pub fn duration_seconds(&self) -> f64 {
        match (self.end_time, self.begun) {
            (Some(end), _) => end - self.start_time,
            (None, Some(begun)) => begun.elapsed().as_secs_f64(),
            (None, None) => 0.0,
        }
    }

    /// Returns the result of a benchmark, the last one if there are several.
    pub fn result(&self, name: &str) -> Option<&BenchmarkResult> {
        self.results.iter().rfind(|result| result.name == name)
    }

    /// Returns the suite as JSON with a [schema version](SCHEMA), times in seconds.
    #[expect(clippy::missing_panics_doc, reason = "serialising strings and numbers cannot fail")]
    pub fn to_json(&self) -> String {
        let results = self.results.iter();
        let written = Written {
            schema: SCHEMA,
            name: &self.name,
            start_time: self.start_time,
            end_time: self.end_time,
            duration_seconds: self.duration_seconds(),
            results: results
                .map(|result| WrittenResult { result, mean_ms: result.mean_ms() })
                .collect(),
        };
        serde_json::to_string_pretty(&written).expect("keys are strings and no value can fail")
    }

    /// Reads what [`BenchmarkSuite::to_json`] wrote. Fields that are unknown here are skipped.
    ///
    /// # Errors
    ///
    /// [`Error::Schema`] for a suite of another version, [`Error::Json`] for anything else.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let json = |error: serde_json::Error| Error::Json(error.to_string());
        let version: Version = serde_json::from_str(text).map_err(json)?;
        if version.schema != SCHEMA {
            return Err(Error::Schema { found: version.schema, known: SCHEMA });
        }
        let Read { name, start_time, end_time, results } =
            serde_json::from_str(text).map_err(json)?;
        Ok(Self { name, start_time, end_time, results, begun: None })
    }
}
