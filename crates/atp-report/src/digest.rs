//! A recording in the order of its tests, with what counts of each.

use crate::axis::Axis;
use atp_journal::{PlannedTest, Recording, RunRecord, Session, TestRecord};
use std::collections::HashMap;

/// A recording, looked at test by test.
#[derive(Debug)]
pub(crate) struct Digest<'a> {
    pub(crate) recording: &'a Recording,
    pub(crate) axis: Axis,
    /// The planned tests in their order, then those that were recorded without being planned.
    pub(crate) tests: Vec<TestView<'a>>,
}

/// What a recording says of one test.
///
/// A resumed recording may tell of a run, or of the whole test, more than once: then the later
/// telling counts, and the time of the earlier ones still counts as time spent.
#[derive(Debug)]
pub(crate) struct TestView<'a> {
    pub(crate) id: &'a str,
    pub(crate) planned: Option<&'a PlannedTest>,
    pub(crate) record: Option<&'a TestRecord>,
    /// The last record of each run, by its number.
    pub(crate) runs: Vec<&'a RunRecord>,
}

impl<'a> Digest<'a> {
    pub(crate) fn new(recording: &'a Recording) -> Self {
        let mut digest = Self {
            recording,
            axis: Axis::new(recording),
            tests: Vec::with_capacity(recording.header.tests.len()),
        };
        let mut places = HashMap::with_capacity(recording.header.tests.len());
        for planned in &recording.header.tests {
            let place = digest.place(&mut places, &planned.id);
            digest.tests[place].planned = Some(planned);
        }
        for record in &recording.tests {
            let place = digest.place(&mut places, &record.test);
            digest.tests[place].record = Some(record);
        }
        for run in &recording.runs {
            let place = digest.place(&mut places, &run.test);
            digest.tests[place].runs.push(run);
        }
        for test in &mut digest.tests {
            test.keep_last_runs();
        }
        digest
    }

    fn place(&mut self, places: &mut HashMap<&'a str, usize>, id: &'a str) -> usize {
        *places.entry(id).or_insert_with(|| {
            self.tests.push(TestView { id, planned: None, record: None, runs: Vec::new() });
            self.tests.len() - 1
        })
    }

    /// Returns the session of a number, unless it never wrote its end.
    pub(crate) fn session(&self, number: u32) -> Option<&'a Session> {
        self.recording.sessions.iter().find(|session| session.number == number)
    }
}

impl TestView<'_> {
    /// The test's name, its id where it has none.
    pub(crate) fn name(&self) -> &str {
        self.planned.map_or(self.id, |planned| &planned.name)
    }

    fn keep_last_runs(&mut self) {
        // Stable: of two records of one run, the one written later stays behind the other.
        self.runs.sort_by_key(|run| run.run);
        self.runs.reverse();
        self.runs.dedup_by_key(|run| run.run);
        self.runs.reverse();
    }
}
