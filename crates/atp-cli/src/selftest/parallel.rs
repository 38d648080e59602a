//! Agents that work at the same time, and what the platform costs beside them.

use super::{
    Failure,
    agent::NAME,
    stage::Stage,
    target::{Limit, Target},
};
use atp_journal::{Recording, RunStatus};
use atp_report::Report;
use serde_json::json;
use std::env;

const OVERHEAD_PERCENT: f64 = 5.0;

/// How often the targets with processes are measured, until all of them are met.
const ROUNDS: usize = 3;

/// Processes in all, at a time, and how long each works.
const SPAWNED: usize = 30;
const SPAWNED_AT_A_TIME: u32 = 10;
const SPAWNED_SECONDS: f64 = 1.0;

/// Agents in process, all at a time: long enough for the last to begin before the first ends.
const IN_PROCESS: u32 = 1000;
const IN_PROCESS_SECONDS: f64 = 1.0;

/// Measures with agents that are processes: what the platform costs, and how many there are.
///
/// Other work on the machine only adds to that, so a target that is missed is measured again.
pub(super) fn spawned(stage: &Stage) -> Result<Vec<Target>, Failure> {
    for _ in 1..ROUNDS {
        let targets = spawned_once(stage)?;
        if targets.iter().all(Target::is_met) {
            return Ok(targets);
        }
    }
    spawned_once(stage)
}

fn spawned_once(stage: &Stage) -> Result<Vec<Target>, Failure> {
    let program = env::current_exe()?;
    let program = program.to_str().ok_or("the path of this program is not UTF-8")?;
    let command = shlex::try_quote(program)?;
    let args = [NAME.to_owned(), SPAWNED_SECONDS.to_string()];
    let agent = stage.agent("cli", &json!({"command": command, "args": args}))?;
    let recording = stage.play(SPAWNED, SPAWNED_AT_A_TIME, agent)?;
    all_passed(&recording)?;
    let overhead = Report::new(&recording).overhead;
    let share = |name: &str, promised: &str, share: Option<f64>| {
        let limit = Limit::PercentBelow(OVERHEAD_PERCENT);
        Target::new(name, promised, limit, share.unwrap_or(f64::NAN))
    };
    let together = Limit::AtLeast(f64::from(SPAWNED_AT_A_TIME));
    Ok(vec![
        share("overhead per test", "< 5 % of agent time", overhead.per_test_percent),
        share("overhead in wall time", "< 5 % above the ideal", overhead.wall_percent),
        share("overhead in CPU time", "< 5 % of agent time", overhead.cpu_percent),
        Target::new("parallel processes", "10 at a time", together, at_a_time(&recording) as f64),
    ])
}

/// Counts agents in process that work at the same time.
pub(super) fn in_process(stage: &Stage) -> Result<Target, Failure> {
    let agent = stage.agent("builtin:script", &json!({"delay": IN_PROCESS_SECONDS}))?;
    let recording = stage.play(IN_PROCESS as usize, IN_PROCESS, agent)?;
    all_passed(&recording)?;
    let together = Limit::AtLeast(f64::from(IN_PROCESS));
    let measured = at_a_time(&recording) as f64;
    Ok(Target::new("parallel agents in process", "1000 at a time", together, measured))
}

/// Returns how many agents worked at the same time, at most.
fn at_a_time(recording: &Recording) -> i64 {
    let attempts = recording.runs.iter().flat_map(|run| &run.attempts);
    let mut changes: Vec<(f64, i64)> = attempts
        .flat_map(|attempt| {
            let begins = attempt.started_seconds + attempt.spawn_seconds;
            [(begins, 1), (begins + attempt.agent_seconds, -1)]
        })
        .collect();
    // An agent that ends in the moment in which another begins does not work beside it.
    changes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let working = changes.iter().scan(0, |working, (_, change)| {
        *working += change;
        Some(*working)
    });
    working.max().unwrap_or(0)
}

fn all_passed(recording: &Recording) -> Result<(), Failure> {
    let failed = recording.runs.iter().find(|run| run.status != RunStatus::Passed);
    match failed {
        None => Ok(()),
        Some(run) => {
            let why = run.error.as_deref().unwrap_or("it did not pass");
            Err(format!("an agent of the self-test failed: {why}").into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use atp_journal::{AttemptRecord, Header, RunRecord};

    #[test]
    fn agents_are_counted_while_they_work() {
        let mut recording = Recording::new(Header::new("suite", "hash", "agent", "cli"));
        for (begins, seconds) in [(0.0, 1.0), (0.5, 1.0), (1.0, 1.0), (1.25, 0.125), (9.0, 1.0)] {
            let mut attempt = AttemptRecord::new(RunStatus::Passed);
            (attempt.started_seconds, attempt.agent_seconds) = (begins, seconds);
            let mut run = RunRecord::new("test", 1, RunStatus::Passed);
            run.attempts.push(attempt);
            recording.runs.push(run);
        }
        assert_eq!(at_a_time(&recording), 3);
    }
}
