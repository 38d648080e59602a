//! The run of one suite: its journal, its progress, its summary.

use super::{arguments::RunArguments, ending::Ending, job::Job, place::Place, progress::Progress};
use crate::{chain, report_files::ReportedRun, say};
use atp_adapter::{CancellationToken, adapter_cache};
use atp_journal::{Journal, Recording, TestStatus};
use atp_report::Report;
use atp_runner::{Agent, RunError, RunOptions, Runner};
use atp_suite::TagFilter;
use std::{collections::HashSet, error::Error, io, path::Path, sync::Arc};

/// What keeps a suite from being run.
type Failure = Box<dyn Error>;

/// A suite with the adapter that reaches its agent.
pub(super) struct SuiteRun<'a> {
    job: Job,
    agent: Agent,
    arguments: &'a RunArguments,
}

impl<'a> SuiteRun<'a> {
    /// Builds the adapter.
    pub(super) async fn new(job: Job, arguments: &'a RunArguments) -> Result<Self, Failure> {
        let adapter = adapter_cache().get_or_create(&job.choice.kind, &job.choice.config).await?;
        let agent = Agent::cached(&job.choice.name, adapter);
        Ok(Self { job, agent, arguments })
    }

    /// Runs the suite until it is done or stopped, and returns what happened with its report.
    pub(super) async fn conduct(
        self,
        stop: &CancellationToken,
    ) -> Result<(Ending, ReportedRun), Failure> {
        let place = Place::find(self.arguments, &self.job)?;
        let recorded = place.recorded();
        let mut runner = self.runner(recorded)?;
        self.select(&mut runner, recorded)?;
        let mut header = runner.header();
        header.suite_file = Some(self.job.file.clone());
        let (journal, already) = match recorded {
            None => (Journal::create(place.path(), &header)?, Recording::new(header)),
            Some(_) => {
                let (journal, mut already) = Journal::resume(place.path(), &header)?;
                if self.arguments.rerun_failed {
                    already.retain_tests(|test| self.is_good(test.status));
                }
                (journal, already)
            }
        };
        let (ended, total) = (ended(&already), already.header.tests.len());
        self.announce(&already, ended, journal.path());
        let progress = Progress::new(io::stderr(), self.arguments.quiet, ended, total);
        let result = runner.run(journal, already, stop.clone(), &progress).await;
        progress.finish();
        let (ending, recording) = match result {
            Ok(recording) => (Ending::Passed, recording),
            // What happened until then is worth a report, too.
            Err(RunError::Journal { source, recording }) => {
                say(format_args!("atp: the run was stopped: {}", chain(&source)));
                (Ending::Broken, *recording)
            }
            Err(error) => return Err(error.into()),
        };
        let mut report = Report::new(&recording);
        if let Some(percent) = self.arguments.max_overhead {
            report = report.with_budget(percent);
        }
        let ending = ending.max(Ending::of(&report, self.arguments));
        Ok((ending, ReportedRun { recording, report }))
    }

    /// Creates the runner. What the command line leaves open of a run that goes on is as it was.
    fn runner(&self, recorded: Option<&Recording>) -> Result<Runner, Failure> {
        let arguments = self.arguments;
        let runs_before = recorded.map(|recorded| recorded.header.runs_per_test);
        let options = RunOptions::new()
            .with_parallel(arguments.parallel)
            .with_runs(arguments.runs.or(runs_before))
            .with_timeout(arguments.timeout)
            .with_idle_timeout(arguments.idle_timeout)
            .with_retries(arguments.retries)
            .with_rate(arguments.rate)
            .with_fail_fast(arguments.fail_fast)
            .with_keep_workspaces(arguments.keep_workspaces.clone());
        let folder = self.job.file.parent().unwrap_or(Path::new(""));
        Ok(Runner::new(Arc::clone(&self.job.suite), folder, self.agent.clone(), options)?)
    }

    /// Leaves out the tests that were not asked for. A run that goes on has those it had, unless
    /// others are asked for.
    fn select(&self, runner: &mut Runner, recorded: Option<&Recording>) -> Result<(), Failure> {
        let tags = self.arguments.tags.as_deref().map(TagFilter::new);
        let as_before: Vec<String> = match recorded {
            Some(recorded) if tags.is_none() && self.job.tests.is_empty() => {
                let before: HashSet<&str> =
                    recorded.header.tests.iter().map(|test| test.id.as_str()).collect();
                let tests = self.job.suite.tests.iter().map(|test| &test.id);
                tests.filter(|id| before.contains(id.as_str())).cloned().collect()
            }
            _ => Vec::new(),
        };
        let ids = if as_before.is_empty() { &self.job.tests } else { &as_before };
        runner.select(tags.as_ref(), ids)?;
        Ok(())
    }

    /// Tells whether a test that ended so is not run again.
    fn is_good(&self, status: TestStatus) -> bool {
        match status {
            TestStatus::Passed | TestStatus::Skipped => true,
            TestStatus::Flaky => !self.arguments.no_flaky,
            TestStatus::Failed | TestStatus::Timeout | TestStatus::Error => false,
        }
    }

    fn announce(&self, already: &Recording, ended: usize, journal: &Path) {
        if self.arguments.quiet {
            return;
        }
        let choice = &self.job.choice;
        for note in choice.note.iter().chain(&choice.ignored()) {
            say(format_args!("{note}"));
        }
        let header = &already.header;
        let before = match ended {
            0 => String::new(),
            ended => format!(", {ended} of them done"),
        };
        say(format_args!(
            "{}: {} tests{before}, agent {} ({}), {} at a time, journal {}",
            header.suite,
            header.tests.len(),
            header.agent,
            header.adapter,
            header.parallel,
            journal.display()
        ));
    }
}

/// Returns how many of the planned tests have ended before.
fn ended(already: &Recording) -> usize {
    let planned = already.header.tests.iter().map(|test| test.id.as_str());
    let planned: HashSet<&str> = planned.collect();
    already.tests.iter().filter(|test| planned.contains(test.test.as_str())).count()
}
