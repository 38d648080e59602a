//! The run of one suite: its journal, its progress, its summary.

use super::{
    arguments::RunArguments,
    job::Job,
    place::Place,
    progress::{HELD_UP_AFTER, Progress, plain},
    selection,
};
use crate::{chain, ending::Ending, report_files::ReportedRun, say};
use atp_adapter::{CancellationToken, adapter_cache};
use atp_journal::{Journal, Recording, TestStatus};
use atp_runner::{Agent, RunError, RunOptions, Runner, SharedRate};
use std::{collections::HashSet, error::Error, path::Path, pin::pin, sync::Arc};

/// What is told after the first signal.
const INTERRUPTED: &str =
    "atp: interrupted; the agents are being ended, and another signal kills them";

/// What keeps a suite from being run.
type Failure = Box<dyn Error>;

/// A suite with the adapter that reaches its agent.
pub(super) struct SuiteRun<'a> {
    job: Job,
    agent: Agent,
    shared_rate: Option<SharedRate>,
    arguments: &'a RunArguments,
}

impl<'a> SuiteRun<'a> {
    /// Builds the adapter, and the rate if it is shared.
    pub(super) async fn new(job: Job, arguments: &'a RunArguments) -> Result<Self, Failure> {
        let adapter = adapter_cache().get_or_create(&job.choice.kind, &job.choice.config).await?;
        let agent = Agent::cached(&job.choice.name, adapter);
        let shared_rate = arguments.shared_rate.rate(&agent, arguments)?;
        Ok(Self { job, agent, shared_rate, arguments })
    }

    /// Runs the suite until it is done or stopped, and returns what happened with its report.
    pub(super) async fn conduct(
        self,
        stop: &CancellationToken,
    ) -> Result<(Ending, ReportedRun), Failure> {
        let place = Place::find(self.arguments, &self.job)?;
        let recorded = place.recorded();
        let mut runner = self.runner(recorded)?;
        let before = recorded.map(|recorded| &recorded.header);
        selection::select(&mut runner, &self.job, self.arguments, before)?;
        let header = selection::header(&runner, &self.job, self.arguments, before);
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
        let ended = ended(&already);
        let progress = Progress::new(self.arguments.progress(), &already, ended);
        self.announce(&progress, &already, ended, journal.path());
        let result = {
            let mut running = pin!(runner.run(journal, already, stop.clone(), &progress));
            tokio::select! {
                biased;
                result = &mut running => result,
                () = stop.cancelled() => {
                    progress.warn(INTERRUPTED.into());
                    running.await
                }
            }
        };
        drop(progress);
        let (ending, recording) = match result {
            Ok(recording) => (Ending::Passed, recording),
            // What happened until then is worth a report, too.
            Err(RunError::Journal { source, recording }) => {
                say(format_args!("atp: the run was stopped: {}", chain(&source)));
                (Ending::Broken, *recording)
            }
            Err(RunError::RateLost { source, recording }) => {
                say(format_args!("atp: the run was stopped: {}", chain(&source)));
                (Ending::Broken, *recording)
            }
            Err(error) => return Err(error.into()),
        };
        let run = ReportedRun::new(recording, &self.arguments.limits);
        Ok((ending.max(Ending::of(&run, &self.arguments.limits)), run))
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
            .with_keep_workspaces(arguments.keep_workspaces.clone())
            .with_held_up_after(HELD_UP_AFTER);
        let folder = self.job.file.parent().unwrap_or(Path::new(""));
        let suite = Arc::clone(&self.job.suite);
        let mut runner = Runner::new(suite, folder, self.agent.clone(), options)?;
        if let Some(rate) = &self.shared_rate {
            runner.share_rate(rate.clone());
        }
        Ok(runner)
    }

    /// Tells whether a test that ended so is not run again.
    fn is_good(&self, status: TestStatus) -> bool {
        match status {
            TestStatus::Passed | TestStatus::Skipped => true,
            TestStatus::Flaky => !self.arguments.limits.no_flaky,
            TestStatus::Failed | TestStatus::Timeout | TestStatus::Error => false,
        }
    }

    fn announce(&self, progress: &Progress, already: &Recording, ended: usize, journal: &Path) {
        let choice = &self.job.choice;
        for note in choice.note.iter().chain(&choice.ignored()) {
            progress.announce(plain(note));
        }
        let header = &already.header;
        let before = match ended {
            0 => String::new(),
            ended => format!(", {ended} of them done"),
        };
        let shard = header.shard.as_ref().map_or(String::new(), |shard| {
            format!(", shard {}/{} of plan {}", shard.index, shard.count, shard.plan)
        });
        let (suite, agent, adapter) =
            (plain(&header.suite), plain(&header.agent), plain(&header.adapter));
        let (parallel, journal) = (header.parallel, journal.display());
        let tests = match header.tests.len() {
            1 => "1 test".to_owned(),
            tests => format!("{tests} tests"),
        };
        progress.announce(format!(
            "{suite}: {tests}{before}{shard}, agent {agent} ({adapter}), \
             {parallel} at a time, journal {journal}"
        ));
    }
}

/// Returns how many of the planned tests have ended before.
fn ended(already: &Recording) -> usize {
    let planned = already.header.tests.iter().map(|test| test.id.as_str());
    let planned: HashSet<&str> = planned.collect();
    already.tests.iter().filter(|test| planned.contains(test.test.as_str())).count()
}
