//! A recording in the order of its tests, each with its runs.

use atp_journal::{PlannedTest, Recording, RunRecord, TestRecord, TestStatus};
use std::collections::{BTreeMap, HashMap};

/// The tests of a recording: the planned ones in their order, then those that were recorded
/// without being planned.
#[derive(Debug)]
pub(crate) struct Tree<'a> {
    pub(crate) tests: Vec<TestNode<'a>>,
}

/// What a recording says of one test.
#[derive(Debug)]
pub(crate) struct TestNode<'a> {
    pub(crate) id: &'a str,
    pub(crate) planned: Option<&'a PlannedTest>,
    pub(crate) verdict: Option<&'a TestRecord>,
    /// The last record of each run, by its number.
    pub(crate) runs: BTreeMap<u32, &'a RunRecord>,
}

impl<'a> Tree<'a> {
    pub(crate) fn new(recording: &'a Recording) -> Self {
        let mut tree = Self { tests: Vec::with_capacity(recording.header.tests.len()) };
        let mut places = HashMap::with_capacity(recording.header.tests.len());
        for planned in &recording.header.tests {
            tree.node(&mut places, &planned.id).planned = Some(planned);
        }
        for verdict in &recording.tests {
            tree.node(&mut places, &verdict.test).verdict = Some(verdict);
        }
        for run in &recording.runs {
            tree.node(&mut places, &run.test).runs.insert(run.run, run);
        }
        tree
    }

    /// How many tests have this verdict.
    pub(crate) fn count(&self, status: TestStatus) -> usize {
        let verdicts = self.tests.iter().filter_map(|test| test.verdict);
        verdicts.filter(|verdict| verdict.status == status).count()
    }

    /// How many tests have no verdict, be it that they were not run or not to the end.
    pub(crate) fn unfinished(&self) -> usize {
        self.tests.iter().filter(|test| test.verdict.is_none()).count()
    }

    fn node(&mut self, places: &mut HashMap<&'a str, usize>, id: &'a str) -> &mut TestNode<'a> {
        let place = *places.entry(id).or_insert_with(|| {
            self.tests.push(TestNode { id, planned: None, verdict: None, runs: BTreeMap::new() });
            self.tests.len() - 1
        });
        &mut self.tests[place]
    }
}

impl TestNode<'_> {
    /// Whether anything is known of it but that it was to run.
    pub(crate) fn is_recorded(&self) -> bool {
        self.verdict.is_some() || !self.runs.is_empty()
    }

    /// The test's name, its id where it has none.
    pub(crate) fn name(&self) -> &str {
        self.planned.map_or(self.id, |planned| &planned.name)
    }
}
