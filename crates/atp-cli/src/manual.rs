//! `atp completions` and `atp man`: the command line as shells and readers of manuals want it.

use crate::{BAD_INPUT, Cli, say};
use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;
use std::{
    io::{self, Write},
    process::ExitCode,
};

/// Prints what a shell needs to complete the words of `atp`.
pub(crate) fn completions(shell: Shell, mut out: impl Write) -> io::Result<ExitCode> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command(), "atp", &mut text);
    out.write_all(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the manual page of `atp`, or of the subcommand that is named.
pub(crate) fn man(name: Option<&str>, mut out: impl Write) -> io::Result<ExitCode> {
    let mut atp = command();
    // Gives the subcommands their names as a whole, such as `atp-run`.
    atp.build();
    let page = match name {
        None => atp,
        Some(name) => match atp.find_subcommand(name) {
            Some(subcommand) => subcommand.clone(),
            None => {
                say(format_args!("atp: there is no subcommand {name:?}; atp --help names all"));
                return Ok(ExitCode::from(BAD_INPUT));
            }
        },
    };
    Man::new(page).render(&mut out)?;
    Ok(ExitCode::SUCCESS)
}

/// The command line without what is nobody's to type.
fn command() -> Command {
    let full = Cli::command();
    let shown: Vec<Command> =
        full.get_subcommands().filter(|it| !it.is_hide_set()).cloned().collect();
    let mut command = Command::new("atp").version(env!("CARGO_PKG_VERSION"));
    if let Some(about) = full.get_about() {
        command = command.about(about.clone());
    }
    if let Some(examples) = full.get_after_long_help() {
        command = command.after_long_help(examples.clone());
    }
    command.subcommands(shown)
}
