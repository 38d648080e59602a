//! Records to write.

use atp_journal::{
    AttemptRecord, Header, Journal, PlannedTest, RunRecord, RunStatus, TestRecord, TestStatus,
};
use atp_protocol::Timestamp;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub(crate) fn header() -> Header {
    let mut header = Header::new("smoke", "sha256:5f1c", "my-agent", "cli");
    header.tests = vec![PlannedTest::new("greets", "Greets"), PlannedTest::new("sums", "Sums")];
    header.started_at = Timestamp::from_micros(1_700_000_000_000_001);
    header
}

pub(crate) fn run(test: &str, run: u32) -> RunRecord {
    let mut record = RunRecord::new(test, run, RunStatus::Passed);
    record.attempts = vec![AttemptRecord::new(RunStatus::Passed)];
    record.ledger.agent = 0.1;
    record.ledger.balance(0.3);
    record.events = 3;
    record
}

pub(crate) fn test(test: &str) -> TestRecord {
    TestRecord::new(test, TestStatus::Passed)
}

/// A journal in a folder of its own.
pub(crate) fn new_journal() -> (TempDir, PathBuf, Journal) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.jsonl");
    let journal = Journal::create(&path, &header()).unwrap();
    (folder, path, journal)
}

/// An event line of about 245 bytes, as agents write them.
pub(crate) fn event_line(sequence: u64) -> String {
    format!(
        r#"{{"version":"1.0","task_id":"3f2b8c1e-9d47-4a6b-8e15-0c7d92f4ab36","timestamp":"2026-03-14T09:26:53.589793Z","sequence":{sequence},"event_type":"tool_call","payload":{{"tool":"read_file","input":{{"path":"src/lib.rs"}},"duration_ms":12.5,"status":"ok"}}}}"#
    )
}

/// Writes a file that may be there already. To empty one and fill it again costs a wait for the
/// disk on some file systems.
pub(crate) fn replace(path: &Path, bytes: &[u8]) {
    drop(fs::remove_file(path));
    fs::write(path, bytes).unwrap();
}
