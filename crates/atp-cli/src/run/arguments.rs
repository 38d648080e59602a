//! What may be said to `atp run`.

use super::{progress::Mode, shared_rate::SharedRateArguments};
use crate::{ending::Limits, otlp::Collector, report_files::ReportFiles};
use atp_runner::Shard;
use clap::{Args, value_parser};
use std::path::PathBuf;
use std::time::Duration;

/// What of every run is kept until the end must fit into memory.
pub(super) const MOST_RUNS: i64 = 1_000_000;

/// Runs the tests of suites against an agent.
///
/// Each suite is run after the other, and what happened is kept in a journal, from which --resume
/// goes on. Commands and folders of an agent are looked for from where atp is started.
///
/// The exit code is 0 if all tests passed, 1 if some did not or none was selected, 2 for bad input
/// or usage or if the journal, a report or the spans could not be written, 3 if --max-overhead was
/// exceeded, and 130 if the run was interrupted.
#[derive(Args)]
#[command(after_help = "\
Examples:
  atp run suite.yaml --agent claude --tags smoke,!slow
  atp run suite.yaml --retries 2 --no-flaky --html run.html --junit run.xml
  atp run suite.yaml --resume
  atp run suite.yaml --shard 1/3 --journal part1.jsonl --balance-by last.jsonl
  atp run suite.yaml --rate 10 --rate-limit-url redis://limits.local")]
pub(crate) struct RunArguments {
    /// The suites to run.
    #[arg(required = true, value_name = "SUITE")]
    pub(super) suites: Vec<PathBuf>,
    /// The agent of the suite to run them against. Without it: the only one, or the first.
    #[arg(long, value_name = "NAME", conflicts_with = "adapter")]
    pub(super) agent: Option<String>,
    /// The kind of adapter for an agent that no suite names, such as http, cli or container.
    #[arg(long, value_name = "TYPE")]
    pub(super) adapter: Option<String>,
    /// What that adapter is told: an object in JSON. Without it: what ATP_ADAPTER_CONFIG holds,
    /// which other users of the machine cannot see.
    #[arg(long, value_name = "JSON", requires = "adapter", conflicts_with = "agent")]
    pub(super) adapter_config: Option<String>,
    /// How many runs go on at a time.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = value_parser!(u32).range(1..), allow_negative_numbers = true)]
    pub(super) parallel: u32,
    /// How often each test is run. Without it: as the suite says.
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=MOST_RUNS), allow_negative_numbers = true)]
    pub(super) runs: Option<u32>,
    /// The tests with these tags only, such as smoke,!slow.
    #[arg(long, value_name = "EXPR")]
    pub(super) tags: Option<String>,
    /// The test of this id only; may be given several times.
    #[arg(long = "test", value_name = "ID")]
    pub(super) tests: Vec<String>,
    /// How long an agent may take. Without it: as the test or the suite says, or 300.
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true)]
    pub(super) timeout: Option<Duration>,
    /// How long an agent may give no sign of life. Without it: as long as it likes.
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true)]
    pub(super) idle_timeout: Option<Duration>,
    /// How often a run that did not pass is tried again. Without it: as the agent's config says.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(super) retries: Option<u32>,
    /// How many runs may begin in a second.
    #[arg(long, value_name = "PER_SECOND", value_parser = above_zero, allow_negative_numbers = true)]
    pub(super) rate: Option<f64>,
    /// Begins no test after one that failed.
    #[arg(long)]
    pub(super) fail_fast: bool,
    /// Where the journal is written. Without it: a new file below .atp-runs.
    #[arg(long, value_name = "FILE")]
    pub(super) journal: Option<PathBuf>,
    /// Goes on with a run that was interrupted: that of --journal, or the newest that is
    /// unfinished. If there is none, everything is run.
    #[arg(long)]
    pub(super) resume: bool,
    /// Runs again what did not pass, in the run of --journal or the newest one.
    #[arg(long, conflicts_with = "resume")]
    pub(super) rerun_failed: bool,
    /// Keeps the workspaces of the runs in this folder.
    #[arg(long, value_name = "DIR")]
    pub(super) keep_workspaces: Option<PathBuf>,
    /// What is shown on stderr while the tests run.
    #[arg(long, value_name = "HOW", value_enum, default_value_t = Mode::Auto)]
    progress: Mode,
    /// Prints nothing but warnings while the tests run: the same as --progress none.
    #[arg(long, conflicts_with = "progress")]
    quiet: bool,
    #[command(flatten)]
    pub(super) limits: Limits,
    #[command(flatten)]
    pub(super) shared_rate: SharedRateArguments,
    /// Runs one of N parts of the tests, such as 2/5, and makes a plan for all of them. The parts
    /// are disjoint, and `atp merge` makes one report of their journals.
    #[arg(long, value_name = "I/N")]
    pub(super) shard: Option<Shard>,
    /// Divides the tests among shards by how long they took in the run of this journal, the
    /// longest first. May be given several times, for the parts of a run. All shards need the same.
    #[arg(long, value_name = "JOURNAL", requires = "shard")]
    pub(super) balance_by: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) files: ReportFiles,
    #[command(flatten)]
    pub(super) collector: Collector,
}

impl RunArguments {
    pub(super) fn progress(&self) -> Mode {
        if self.quiet { Mode::None } else { self.progress }
    }

    /// What has to be said to run a test again in the same way: against `agent`, and `runs` times
    /// where the suite says otherwise. Without the agent's configuration, which may be secret.
    pub(super) fn rerun_options(&self, agent: &str, runs: Option<u32>) -> Vec<String> {
        let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64().to_string());
        let agent = match &self.adapter {
            Some(kind) => ("--adapter", Some(kind.clone())),
            None => ("--agent", Some(agent.to_owned())),
        };
        let options = [
            agent,
            ("--runs", runs.map(|runs| runs.to_string())),
            ("--timeout", seconds(self.timeout)),
            ("--idle-timeout", seconds(self.idle_timeout)),
            ("--retries", self.retries.map(|retries| retries.to_string())),
        ];
        let given = options.into_iter().filter_map(|(name, value)| Some((name, value?)));
        // As one word, a value that begins with a dash is none of the options.
        let words = given.map(|(name, value)| match value.starts_with('-') {
            true => vec![format!("{name}={value}")],
            false => vec![name.to_owned(), value],
        });
        words.flatten().collect()
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = above_zero(text)?;
    let duration = Duration::try_from_secs_f64(seconds).ok().filter(|it| !it.is_zero());
    duration.ok_or_else(|| "expected seconds from 0.000000001 to 10^19".into())
}

fn above_zero(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| number.is_finite() && *number > 0.0);
    number.ok_or_else(|| "expected a number above 0".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_can_only_go_wrong_are_refused() {
        for wrong in ["0", "-1", "nan", "inf", "", "1s", "1e300", "1e-30"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
        assert_eq!(seconds("0.25"), Ok(Duration::from_millis(250)));
        assert!(above_zero("0").is_err() && above_zero("1e400").is_err());
    }
}
