//! Which of a suite's tests a run has.

use super::{arguments::RunArguments, job::Job};
use atp_journal::{Header, Journal, JournalError, Recording};
use atp_runner::{Runner, Shard};
use atp_suite::TagFilter;
use std::{collections::HashSet, error::Error, path::PathBuf};

/// Leaves out the tests that were not asked for and those of other shards. A run that goes on has
/// those it had before, unless others are asked for; a shard stays what it is.
pub(super) fn select(
    runner: &mut Runner,
    job: &Job,
    arguments: &RunArguments,
    before: Option<&Header>,
) -> Result<(), Box<dyn Error>> {
    let shard = shard(arguments.shard, before)?;
    let tags = arguments.tags.as_deref().map(TagFilter::new);
    let asks = tags.is_some() || !job.tests.is_empty() || !arguments.balance_by.is_empty();
    if let Some(before) = before.filter(|_| !asks) {
        let ids = as_before(job, before);
        if !ids.is_empty() {
            runner.select(None, &ids)?;
            return Ok(());
        }
    }
    runner.select(tags.as_ref(), &job.tests)?;
    let Some(shard) = shard else { return Ok(()) };
    let past = past(&arguments.balance_by)?;
    let plan = runner.take_shard(shard, past.as_ref()).hash();
    match before.and_then(|before| before.shard.as_ref()) {
        Some(before) if asks && before.plan != plan => Err(format!(
            "the journal holds a shard of plan {}, and this is plan {plan}: it goes on with the \
             same --tags, --test and --balance-by, or with none of them",
            before.plan
        )
        .into()),
        _ => Ok(()),
    }
}

/// Returns what the journal begins with. A shard that goes on keeps its plan.
pub(super) fn header(
    runner: &Runner,
    job: &Job,
    arguments: &RunArguments,
    before: Option<&Header>,
) -> Header {
    let mut header = runner.header();
    header.suite_file = Some(job.file.clone());
    let runs = Some(header.runs_per_test);
    let runs = runs.filter(|runs| u64::from(*runs) != job.suite.defaults.runs_per_test);
    header.rerun_options = arguments.rerun_options(&job.choice.name, runs);
    if let Some(before) = before.filter(|before| before.shard.is_some()) {
        header.tests.clone_from(&before.tests);
        header.shard.clone_from(&before.shard);
    }
    header
}

/// Whether a run with this header can go on as the shard that was asked for, if one was.
pub(super) fn is_of(header: &Header, shard: Option<Shard>) -> bool {
    let Some(shard) = shard else { return true };
    let own = header.shard.as_ref();
    own.is_some_and(|own| (own.index, own.count) == (shard.index(), shard.count()))
}

fn shard(asked: Option<Shard>, before: Option<&Header>) -> Result<Option<Shard>, Box<dyn Error>> {
    let Some(before) = before else { return Ok(asked) };
    let own = before.shard.as_ref().map(|own| Shard::new(own.index, own.count)).transpose()?;
    match (own, asked) {
        (own, asked) if own == asked || asked.is_none() => Ok(own),
        (Some(own), Some(asked)) => {
            Err(format!("the journal holds shard {own}, not {asked}").into())
        }
        (_, asked) => {
            let asked = asked.map(|asked| asked.to_string()).unwrap_or_default();
            Err(format!("the journal holds a whole run, not shard {asked}").into())
        }
    }
}

/// The tests of the suite that the run had, in the order of the suite.
fn as_before(job: &Job, before: &Header) -> Vec<String> {
    let before: HashSet<&str> = before.tests.iter().map(|test| test.id.as_str()).collect();
    let tests = job.suite.tests.iter().map(|test| &test.id);
    tests.filter(|id| before.contains(id.as_str())).cloned().collect()
}

/// The runs of all these journals together.
fn past(journals: &[PathBuf]) -> Result<Option<Recording>, JournalError> {
    let mut past: Option<Recording> = None;
    for journal in journals {
        let mut recording = Journal::read(journal)?;
        match &mut past {
            Some(past) => past.runs.append(&mut recording.runs),
            None => past = Some(recording),
        }
    }
    Ok(past)
}
