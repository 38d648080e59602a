//! The one maker of benchmark inputs.

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// An event as an agent writes it, 245 bytes.
pub(super) const EVENT: &str = concat!(
    r#"{"version":"1.0","task_id":"3f2b8c1e-9d47-4a6b-8e15-0c7d92f4ab36","#,
    r#""timestamp":"2026-03-14T09:26:53.589793Z","sequence":421700,"event_type":"tool_call","#,
    r#""payload":{"tool":"read_file","input":{"path":"src/lib.rs"},"duration_ms":12.5,"#,
    r#""status":"ok"}}"#
);

/// Returns a suite of `tests` tests as YAML, about 315 bytes each and without variables: 3.4 KB
/// for 10 tests, 32 KB for 100.
///
/// # Examples
///
/// ```
/// let text = atp_bench::suite_text(10);
/// assert!((3_300..3_500).contains(&text.len()));
/// ```
pub fn suite_text(tests: usize) -> String {
    let mut text = String::from(
        "test_suite: benchmark\nversion: \"1.0\"\ndescription: >-\n  Made for benchmarks. Every test \
         asks for one report, allows ten steps and a minute,\n  and checks that the report is \
         there; what they are about differs by a number, so\n  that suites of any size are alike.\n\
         defaults:\n  runs_per_test: 1\n  timeout_seconds: 60\ntests:\n",
    );
    for n in 1..=tests {
        write!(
            text,
            "  - id: test-{n:04}\n    name: Test {n}\n    tags: [smoke, group-{group}]\n    \
             task:\n      description: Write a report about item {n}\n      \
             expected_artifacts: [report-{n}.md]\n    constraints:\n      max_steps: 10\n      \
             timeout_seconds: 60\n    assertions:\n      - type: artifact_exists\n        \
             config:\n          path: report-{n}.md\n",
            group = n % 7,
        )
        .expect("a string takes all that is written");
    }
    text
}

/// A suite in a temporary file, removed when it is dropped.
pub(super) struct SuiteFile {
    _folder: TempDir,
    path: PathBuf,
}

impl SuiteFile {
    /// # Panics
    ///
    /// If the file cannot be written.
    pub(super) fn with(tests: usize) -> Self {
        let folder = TempDir::new().expect("a folder for temporary files can be made");
        let path = folder.path().join("suite.yaml");
        fs::write(&path, suite_text(tests)).expect("the temporary folder can be written to");
        Self { _folder: folder, path }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use atp_suite::{Environment, load_str};

    #[test]
    fn every_size_is_a_valid_suite() {
        for (tests, bytes) in [(1, 500..700), (10, 3_300..3_500), (100, 31_000..33_500)] {
            let text = suite_text(tests);
            assert!(bytes.contains(&text.len()), "{tests}: {}", text.len());
            let suite = load_str(text, &Environment::new()).unwrap();
            assert_eq!(suite.tests.len(), tests);
        }
    }

    #[test]
    fn b7_the_file_is_gone_after_a_panic() {
        let file = SuiteFile::with(1);
        let path = file.path.clone();
        assert!(path.is_file());
        let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
            let _file = file;
            panic!("a benchmark broke");
        }));
        assert!(unwound.is_err() && !path.exists());
    }
}
