//! What is to be run: suites that are right, each with its agent.

use super::{
    arguments::{MOST_RUNS, RunArguments},
    choice::Choice,
};
use crate::{BAD_INPUT, SOME_FAILED, say, warnings::Checked};
use atp_suite::{Environment, TagFilter, TestSuite};
use std::{path::PathBuf, sync::Arc};

/// A suite that is to be run, and against what.
pub(super) struct Job {
    pub(super) suite: Arc<TestSuite>,
    pub(super) file: PathBuf,
    pub(super) choice: Choice,
    /// The ids of the tests that were asked for; all of the suite's if empty.
    pub(super) tests: Vec<String>,
}

/// Why nothing is run: the text to print, and the exit code.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) text: String,
    pub(super) code: u8,
}

impl Job {
    /// Loads all suites and chooses their agents. What is wrong with any of them is told at once,
    /// and what is odd keeps nothing from being run.
    pub(super) fn load(arguments: &RunArguments) -> Result<Vec<Self>, Refused> {
        if arguments.journal.is_some() && arguments.suites.len() > 1 {
            let text = "atp: --journal is for one suite; without it each has its own".into();
            return Err(Refused { text, code: BAD_INPUT });
        }
        let environment = Environment::process();
        let (mut jobs, mut wrong) = (Vec::new(), String::new());
        for file in &arguments.suites {
            match Checked::load(file, &environment) {
                Ok(Checked { suite, .. }) if has_too_many_runs(&suite, arguments) => {
                    let (file, runs) = (file.display(), suite.defaults.runs_per_test);
                    wrong +=
                        &format!("atp: {file}: runs_per_test is {runs}, more than {MOST_RUNS}\n");
                }
                Ok(checked) => {
                    if !checked.warnings.is_empty() {
                        say(checked.shown(file).to_string().trim_end());
                    }
                    jobs.push((Arc::new(checked.suite), file.clone()));
                }
                Err(error) => wrong += &error.render().to_string(),
            }
        }
        let chosen = jobs.into_iter().filter_map(|(suite, file)| {
            let choice = Choice::new(&suite, arguments);
            let choice = choice.map_err(|error| wrong += &format!("atp: {error}\n")).ok()?;
            Some(Self { suite, file, choice, tests: Vec::new() })
        });
        let jobs: Vec<Self> = chosen.collect();
        if wrong.is_empty() {
            Self::select(jobs, arguments)
        } else {
            Err(Refused { text: wrong, code: BAD_INPUT })
        }
    }

    /// Leaves the suites that have tests which were asked for.
    fn select(mut jobs: Vec<Self>, arguments: &RunArguments) -> Result<Vec<Self>, Refused> {
        let none = |text| Err(Refused { text, code: SOME_FAILED });
        let has = |job: &Self, id: &str| job.suite.tests.iter().any(|test| test.id == id);
        for id in &arguments.tests {
            if !jobs.iter().any(|job| has(job, id)) {
                let known = jobs.iter().flat_map(|job| &job.suite.tests).map(|test| &*test.id);
                let question = nearest(id, known).map(|id| format!("; did you mean {id:?}?"));
                let question = question.unwrap_or_default();
                return none(format!("atp: no test has the id {id:?}{question}\n"));
            }
        }
        let filter = arguments.tags.as_deref().map(TagFilter::new).unwrap_or_default();
        jobs.retain_mut(|job| {
            job.tests = arguments.tests.iter().filter(|id| has(job, id)).cloned().collect();
            let is_asked_for = |id: &String| arguments.tests.is_empty() || job.tests.contains(id);
            let mut tests = job.suite.tests.iter();
            tests.any(|test| filter.matches(&test.tags) && is_asked_for(&test.id))
        });
        if jobs.is_empty() {
            return none("atp: no test matches\n".into());
        }
        Ok(jobs)
    }
}

fn has_too_many_runs(suite: &TestSuite, arguments: &RunArguments) -> bool {
    arguments.runs.is_none() && suite.defaults.runs_per_test > MOST_RUNS as u64
}

/// Returns the identifier that was probably meant, if one is near, in whatever case.
fn nearest<'a>(id: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    /// How alike two identifiers must be for one to be a slip of the other.
    const NEAR: f64 = 0.8;
    /// Comparing costs the product of both lengths.
    const LONGEST: usize = 200;
    let known = known.filter(|known| id.len().max(known.len()) <= LONGEST);
    let id = id.to_lowercase();
    let likeness = known.map(|known| (strsim::jaro_winkler(&id, &known.to_lowercase()), known));
    let (likeness, known) = likeness.max_by(|one, other| one.0.total_cmp(&other.0))?;
    (likeness >= NEAR).then_some(known)
}
