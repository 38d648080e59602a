//! Writing down what happened: into the journal, into memory, and to whoever observes.

use crate::observer::Told;
use crate::verdict;
use atp_journal::{Journal, JournalError, Recording, RunRecord, RunStatus, TestRecord, TestStatus};
use atp_suite::TestCase;
use std::collections::{BTreeMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

/// Everything that happened so far, and the tests that wait for their verdict.
///
/// What cannot be written to the journal is in memory all the same.
pub(crate) struct Tally<'a> {
    journal: Journal,
    told: Told<'a>,
    recording: Recording,
    /// How many verdicts and runs there were before, of which some are done anew.
    before: (usize, usize),
    /// How often each test is to run.
    runs: u32,
    /// By position of the test.
    open: BTreeMap<usize, Open>,
}

/// A test that has no verdict yet.
struct Open {
    test: Arc<TestCase>,
    /// Runs that have no result.
    missing: usize,
    /// Where its runs are in the recording.
    done: Vec<usize>,
}

impl<'a> Tally<'a> {
    pub(crate) fn new(journal: Journal, told: Told<'a>, recording: Recording, runs: u32) -> Self {
        let before = (recording.tests.len(), recording.runs.len());
        Self { journal, told, recording, before, runs, open: BTreeMap::new() }
    }

    pub(crate) fn told(&mut self) -> &mut Told<'a> {
        &mut self.told
    }

    pub(crate) fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Opens the test at `index`, of which the runs at the positions `done` were made before. One
    /// that misses none has its verdict at once.
    pub(crate) fn open(
        &mut self,
        index: usize,
        test: Arc<TestCase>,
        done: Vec<usize>,
    ) -> Result<(), JournalError> {
        let missing = (self.runs as usize).saturating_sub(done.len());
        self.open.insert(index, Open { test, missing, done });
        if missing == 0 { self.close(index) } else { Ok(()) }
    }

    /// Notes a run of the test at `index`. The last one brings the verdict on the test; one that
    /// was stopped brings it no nearer.
    pub(crate) fn run(&mut self, index: usize, run: RunRecord) -> Result<(), JournalError> {
        let is_stopped = run.status == RunStatus::Skipped;
        let position = self.recording.runs.len();
        let written = self.journal.run(&run);
        self.told.tell(|observer| observer.run_finished(&run));
        self.recording.runs.push(run);
        let missing = self.open.get_mut(&index).map(|open| {
            open.done.push(position);
            open.missing -= usize::from(!is_stopped);
            open.missing
        });
        written?;
        if missing == Some(0) { self.close(index) } else { Ok(()) }
    }

    /// Notes that a test is left out.
    pub(crate) fn skip(&mut self, test: &TestCase, reason: &str) -> Result<(), JournalError> {
        let mut record = TestRecord::new(test.id.as_str(), TestStatus::Skipped);
        record.error = Some(reason.to_owned());
        self.test(record)
    }

    /// Gives a verdict on every test that waits for one, for no more runs come. `reason` says why.
    pub(crate) fn close_all(&mut self, reason: &str) -> Result<(), JournalError> {
        for open in std::mem::take(&mut self.open).into_values() {
            let mut record = self.verdict(&open);
            if record.status == TestStatus::Skipped {
                record.error = Some(reason.to_owned());
            }
            self.test(record)?;
        }
        Ok(())
    }

    /// Whether tests wait for their verdict.
    pub(crate) fn has_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// Gives back everything as the journal has it: of two records of the same the later one, and
    /// no verdict that was given before a run.
    pub(crate) fn into_recording(self) -> Recording {
        let (mut recording, (tests, runs)) = (self.recording, self.before);
        if (tests, runs) == (0, 0) {
            return recording;
        }
        let anew: HashSet<&str> = recording.runs[runs..].iter().map(|run| &*run.test).collect();
        let mut position = 0;
        recording.tests.retain(|test| {
            position += 1;
            position > tests || !anew.contains(&*test.test)
        });
        keep_last(&mut recording.tests, |test| test.test.clone());
        keep_last(&mut recording.runs, |run| (run.test.clone(), run.run));
        recording
    }

    fn close(&mut self, index: usize) -> Result<(), JournalError> {
        let Some(open) = self.open.remove(&index) else { return Ok(()) };
        let record = self.verdict(&open);
        self.test(record)
    }

    fn verdict(&self, open: &Open) -> TestRecord {
        let runs = open.done.iter().map(|&position| &self.recording.runs[position]).collect();
        verdict::of(&open.test, self.runs, runs)
    }

    fn test(&mut self, record: TestRecord) -> Result<(), JournalError> {
        let written = self.journal.test(&record);
        self.told.tell(|observer| observer.test_finished(&record));
        self.recording.tests.push(record);
        written
    }
}

/// Keeps the last of the records with the same key.
fn keep_last<T, K: Eq + Hash>(records: &mut Vec<T>, key: impl Fn(&T) -> K) {
    let mut seen = HashSet::new();
    records.reverse();
    records.retain(|record| seen.insert(key(record)));
    records.reverse();
}
