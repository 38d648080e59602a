//! `atp run`: the tests of suites against an agent, and what became of them.

mod arguments;
mod choice;
mod descriptors;
mod interrupt;
mod job;
mod output;
mod place;
mod progress;
mod selection;
mod shared_rate;
mod suite_run;

pub(crate) use arguments::RunArguments;

use crate::{BAD_INPUT, chain, ending::Ending, say};
use atp_adapter::{CancellationToken, adapter_cache, adopt_orphans, end_orphans};
use interrupt::Signals;
use job::Job;
use output::Output;
use std::{
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};
use suite_run::SuiteRun;
use tokio::runtime::{Builder, Runtime};

/// How long work on other threads has to end once the run has.
const LAST_WORK: Duration = Duration::from_secs(1);

/// Runs the suites, prints their summaries, and answers with the exit code.
///
/// Nothing is run if any of the suites is wrong, or the agent of any.
pub(crate) fn run(arguments: &RunArguments, out: impl Write) -> io::Result<ExitCode> {
    let jobs = match Job::load(arguments) {
        Ok(jobs) => jobs,
        Err(refused) => {
            say(refused.text.trim_end());
            return Ok(ExitCode::from(refused.code));
        }
    };
    let output = match Output::new(arguments, out) {
        Ok(output) => output,
        Err(error) => {
            say(format_args!("atp: {error}"));
            return Ok(ExitCode::from(BAD_INPUT));
        }
    };
    descriptors::make_room(&jobs, arguments.parallel, arguments.runs);
    if let Err(error) = adopt_orphans() {
        say(format_args!("atp: what agents leave behind may be missed: {error}"));
    }
    let runtime = runtime()?;
    let ending = runtime.block_on(until_interrupted(jobs, arguments, output));
    let left = runtime.block_on(end_orphans());
    if left > 0 {
        say(format_args!("atp: {left} processes of agents could not be ended"));
    }
    runtime.shutdown_timeout(LAST_WORK);
    Ok(ending?.exit_code())
}

/// Builds the runtime that agents are run on: of one thread, for agents want the other cores, and
/// two threads take more CPU time for the same runs.
pub(crate) fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// Runs the jobs until they are done or a signal comes. The first signal ends the agents and keeps
/// what is there; the second one kills them at once.
async fn until_interrupted(
    jobs: Vec<Job>,
    arguments: &RunArguments,
    output: Output<'_, impl Write>,
) -> io::Result<Ending> {
    let mut signals = Signals::listen()?;
    let stop = CancellationToken::new();
    let mut work = std::pin::pin!(all(jobs, arguments, output, &stop));
    tokio::select! {
        biased;
        ending = &mut work => return ending,
        () = signals.next() => {}
    }
    stop.cancel();
    tokio::select! {
        biased;
        ending = &mut work => ending,
        () = signals.next() => Ok(Ending::Interrupted),
    }
}

/// Runs one suite after the other.
async fn all(
    jobs: Vec<Job>,
    arguments: &RunArguments,
    mut output: Output<'_, impl Write>,
    stop: &CancellationToken,
) -> io::Result<Ending> {
    let (mut runs, mut ending) = (Vec::with_capacity(jobs.len()), Ending::Passed);
    for job in jobs {
        match SuiteRun::new(job, arguments).await {
            Ok(run) => runs.push(run),
            Err(error) => {
                say(format_args!("atp: {}", chain(&*error)));
                ending = Ending::Broken;
            }
        }
    }
    if ending == Ending::Broken {
        return Ok(ending);
    }
    for run in runs {
        match run.conduct(stop).await {
            Ok((ended, run)) => {
                ending = ending.max(ended);
                output.push(run);
            }
            Err(error) => {
                say(format_args!("atp: {}", chain(&*error)));
                ending = ending.max(Ending::Broken);
            }
        }
        if stop.is_cancelled() {
            ending = Ending::Interrupted;
            break;
        }
    }
    if !output.finish().await {
        ending = ending.max(Ending::Broken);
    }
    if let Err(error) = adapter_cache().cleanup_all().await {
        say(format_args!("atp: {}", chain(&error)));
    }
    Ok(ending)
}
