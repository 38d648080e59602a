//! `atp`: runs test suites against agents, checks them, and measures the platform.

mod bench;
#[cfg(unix)]
mod compare;
#[cfg(unix)]
mod ending;
mod examples;
mod manual;
#[cfg(unix)]
mod merge;
#[cfg(unix)]
mod otlp;
#[cfg(unix)]
mod report;
#[cfg(unix)]
mod report_files;
#[cfg(unix)]
mod run;
#[cfg(unix)]
mod selftest;
mod validate;
mod warnings;

use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
#[cfg(unix)]
use std::error::Error;
use std::{
    fmt,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

/// Some tests did not pass, or there was none.
#[cfg(unix)]
const SOME_FAILED: u8 = 1;
/// Bad input or usage: the exit code that clap uses as well.
const BAD_INPUT: u8 = 2;
/// A budget or a target was missed.
#[cfg(unix)]
const MISSED: u8 = 3;
/// A signal ended the run.
#[cfg(unix)]
const INTERRUPTED: u8 = 130;

/// Runs test suites against agents, checks them, and measures the platform.
#[derive(Parser)]
#[command(name = "atp", version, arg_required_else_help = true, after_long_help = examples::ATP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    #[cfg(unix)]
    Run(Box<run::RunArguments>),
    #[cfg(unix)]
    Report(report::ReportArguments),
    #[cfg(unix)]
    Merge(merge::MergeArguments),
    #[cfg(unix)]
    Compare(compare::CompareArguments),
    /// Checks suites and reports every problem with its place.
    ///
    /// Variables are taken from the environment. What the format allows but will hardly do what was
    /// meant is a warning. The exit code is 0 if all suites are valid, warnings or not, else 2.
    #[command(after_long_help = examples::VALIDATE)]
    Validate {
        /// The suite files to check.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// How to print what was found.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Runs the standard benchmarks on this machine and prints their report.
    ///
    /// The exit code is 0 once the report is printed: this measures, and judges nothing.
    #[command(after_long_help = examples::BENCH)]
    Bench {
        /// How to print the report.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Measures what the platform promises on this machine, with agents that only sleep.
    ///
    /// The exit code is 0 if every target is met, else 3.
    #[cfg(unix)]
    #[command(after_long_help = examples::SELFTEST)]
    Selftest {
        /// How to print the targets.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Prints what a shell needs to complete the words of atp.
    #[command(after_long_help = examples::COMPLETIONS)]
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Prints the manual page of atp, or of one of its commands.
    #[command(after_long_help = examples::MAN)]
    Man {
        /// The command, such as run.
        command: Option<String>,
    },
    #[cfg(unix)]
    #[command(name = selftest::agent::NAME, hide = true)]
    SleepingAgent { seconds: f64 },
}

/// How a command prints what it has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        #[cfg(unix)]
        Command::Run(arguments) => run::run(&arguments, io::stdout()),
        #[cfg(unix)]
        Command::Report(arguments) => report::run(&arguments, io::stdout().lock()),
        #[cfg(unix)]
        Command::Merge(arguments) => merge::run(&arguments, io::stdout().lock()),
        #[cfg(unix)]
        Command::Compare(arguments) => compare::run(&arguments, io::stdout().lock()),
        Command::Validate { files, format } => validate::run(&files, format, io::stdout().lock()),
        Command::Bench { format } => bench::run(format, io::stdout().lock()),
        #[cfg(unix)]
        Command::Selftest { format } => selftest::run(format, io::stdout().lock()),
        Command::Completions { shell } => manual::completions(shell, io::stdout().lock()),
        Command::Man { command } => manual::man(command.as_deref(), io::stdout().lock()),
        #[cfg(unix)]
        Command::SleepingAgent { seconds } => selftest::agent::run(seconds, io::stdout().lock()),
    };
    match outcome {
        Ok(code) => code,
        // Whoever read the output has had enough of it, as `head` does.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            say(format_args!("atp: {error}"));
            ExitCode::from(BAD_INPUT)
        }
    }
}

/// An error and what it comes from, in one line.
#[cfg(unix)]
fn chain(error: &dyn Error) -> String {
    let (mut text, mut cause) = (error.to_string(), error.source());
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// Prints a line on stderr. Whoever read it may be gone, and that changes nothing. What steers a
/// terminal is shown as `·`, for names in it may come from anywhere.
fn say(line: impl fmt::Display) {
    let line = line.to_string().replace(|c: char| c.is_control() && c != '\n', "·");
    let _gone = writeln!(io::stderr(), "{line}");
}
