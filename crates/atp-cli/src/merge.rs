//! `atp merge`: one report of a run that several machines shared.

use crate::{
    BAD_INPUT, chain,
    ending::{Ending, Limits},
    otlp::Collector,
    report_files::{ReportFiles, ReportedRun, append_step_summary, unless_gone},
    run::runtime,
    say,
};
use atp_journal::{Journal, Recording};
use clap::Args;
use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

/// Makes one report of the parts of a run, those of `atp run --shard`.
///
/// All parts of one plan are needed, each once and in any order; else nothing is written and the
/// exit code is 2. The summary is printed, and the exit code is that which `atp run` has for the
/// whole: 0 if all tests passed, 1 if some did not or have no result, 3 beyond --max-overhead, and
/// 2 if a report cannot be written.
#[derive(Args)]
#[command(after_help = "\
Examples:
  atp merge part1.jsonl part2.jsonl part3.jsonl --html run.html
  atp merge parts/*.jsonl --json run.json --junit run.xml --no-flaky")]
pub(crate) struct MergeArguments {
    /// The journals of the parts.
    #[arg(required = true, value_name = "JOURNAL")]
    parts: Vec<PathBuf>,
    #[command(flatten)]
    limits: Limits,
    #[command(flatten)]
    files: ReportFiles,
    #[command(flatten)]
    collector: Collector,
}

/// Merges the parts, writes what was asked for, and answers with what the run came to.
pub(crate) fn run(arguments: &MergeArguments, mut out: impl Write) -> io::Result<ExitCode> {
    let recording = match merge(arguments) {
        Ok(recording) => recording,
        Err(error) => {
            say(format_args!("atp: {error}"));
            return Ok(ExitCode::from(BAD_INPUT));
        }
    };
    let run = ReportedRun::new(recording, &arguments.limits);
    unless_gone(run.report.summary(&mut out).and_then(|()| out.flush()))?;
    let mut ending = Ending::of(&run, &arguments.limits);
    let runs = [run];
    if let Err(unwritten) = append_step_summary(&runs) {
        say(format_args!("atp: {unwritten}"));
    }
    for unwritten in arguments.files.write(&runs, false) {
        say(format_args!("atp: {unwritten}"));
        ending = ending.max(Ending::Broken);
    }
    if !runtime()?.block_on(arguments.collector.send(&runs)) {
        ending = ending.max(Ending::Broken);
    }
    Ok(ending.exit_code())
}

fn merge(arguments: &MergeArguments) -> Result<Recording, String> {
    let inputs = arguments.parts.iter().map(PathBuf::as_path);
    arguments.files.check(false, inputs).map_err(|unwritten| unwritten.to_string())?;
    let parts: Result<Vec<Recording>, _> = arguments.parts.iter().map(Journal::read).collect();
    let parts = parts.map_err(|error| chain(&error))?;
    Recording::merge(parts).map_err(|error| {
        let names = arguments.parts.iter().zip(1..);
        let names = names.map(|(path, number)| format!("\n  part {number}: {}", path.display()));
        format!("{error}{}", names.collect::<String>())
    })
}
