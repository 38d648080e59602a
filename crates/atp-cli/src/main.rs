//! `atp`: checks test suites for agents and measures the platform.
#![expect(clippy::print_stderr, reason = "a program talks to the person who started it")]

mod bench;
mod validate;

use clap::{Parser, Subcommand, ValueEnum};
use std::{io, path::PathBuf, process::ExitCode};

/// Bad input or usage: the exit code that clap uses as well.
const BAD_INPUT: u8 = 2;

/// Checks test suites for agents and measures the platform.
#[derive(Debug, Parser)]
#[command(name = "atp", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Checks suites and reports every problem with its place.
    ///
    /// Variables are taken from the environment. The exit code is 0 if all suites are valid, else 2.
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
    Bench {
        /// How to print the report.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
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
        Command::Validate { files, format } => validate::run(&files, format, io::stdout().lock()),
        Command::Bench { format } => bench::run(format, io::stdout().lock()),
    };
    match outcome {
        Ok(code) => code,
        // Whoever read the output has had enough of it, as `head` does.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("atp: cannot write the output: {error}");
            ExitCode::from(BAD_INPUT)
        }
    }
}
