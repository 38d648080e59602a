//! A recording in the order of its tests, with what counts of each.

use atp_journal::{PlannedTest, Recording, RunRecord, Session, TestRecord};
use std::collections::HashMap;

/// A recording, looked at test by test.
#[derive(Debug)]
pub(crate) struct Digest<'a> {
    pub(crate) recording: &'a Recording,
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
        let mut digest =
            Self { recording, tests: Vec::with_capacity(recording.header.tests.len()) };
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

    /// Returns the numbers of all sessions that left anything, ascending.
    pub(crate) fn session_numbers(&self) -> Vec<u32> {
        let ended = self.recording.sessions.iter().map(|session| session.number);
        let mut numbers: Vec<_> =
            ended.chain(self.recording.runs.iter().map(|run| run.session)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// Returns how long a session took: what it wrote at its end, else the time up to the end of
    /// the last run that it recorded.
    pub(crate) fn session_seconds(&self, number: u32) -> f64 {
        self.session(number).map_or_else(
            || {
                let runs = self.recording.runs.iter().filter(|run| run.session == number);
                runs.map(|run| run.finished_seconds).fold(0.0, f64::max)
            },
            |session| session.wall_seconds.max(0.0),
        )
    }

    pub(crate) fn duration_seconds(&self) -> f64 {
        // From zero: the sum of no numbers is minus zero.
        self.session_numbers()
            .into_iter()
            .fold(0.0, |sum, number| sum + self.session_seconds(number))
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
