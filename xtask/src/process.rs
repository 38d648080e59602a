//! Commands of other programs, run in the workspace's root.

use crate::Outcome;
use std::{
    env,
    path::PathBuf,
    process::{Command, ExitCode, ExitStatus},
};

/// Returns the folder that holds the workspace's manifest.
///
/// Cargo tells where this crate lies when it starts it. The place it was built at is no more than
/// a guess: a folder that is moved or copied takes its built xtask along, and that must not work on
/// the folder it came from.
pub(crate) fn root() -> PathBuf {
    let built_at = env!("CARGO_MANIFEST_DIR").into();
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or(built_at));
    here.parent().expect("xtask lies in the workspace").to_owned()
}

/// Starts a `cargo` command line: the same cargo that runs this task.
pub(crate) fn cargo(words: &[&str]) -> Command {
    command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), words)
}

/// Starts a command line of `program` in the workspace's root.
pub(crate) fn command(program: impl AsRef<std::ffi::OsStr>, words: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(words).current_dir(root());
    command
}

/// What git sets for its hooks. Inherited, it would point a git that is started in another folder
/// at the repository of the hook.
pub(crate) const OF_A_HOOK: &[&str] = &[
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
];

/// Prints the command line, runs it with this terminal and tells how it ended.
pub(crate) fn status(command: &mut Command) -> Result<ExitStatus, String> {
    eprintln!("$ {}", shown(command));
    command.status().map_err(|error| format!("{}: {error}", shown(command)))
}

/// Prints the command line, runs it with this terminal and turns its end into an exit code.
pub(crate) fn run(command: &mut Command) -> Outcome {
    Ok(if status(command)?.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs commands one after the other and stops at the first that fails.
pub(crate) fn run_all(commands: impl IntoIterator<Item = Command>) -> Outcome {
    for mut command in commands {
        let code = run(&mut command)?;
        if code != ExitCode::SUCCESS {
            return Ok(code);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Refuses arguments that a task does not take.
pub(crate) fn no_arguments(words: &[std::ffi::OsString]) -> Result<(), String> {
    match words.first() {
        Some(word) => Err(format!("unexpected argument {}", word.display())),
        None => Ok(()),
    }
}

fn shown(command: &Command) -> String {
    let mut words = vec![PathBuf::from(command.get_program()).file_stem().map_or_else(
        || command.get_program().display().to_string(),
        |stem| stem.display().to_string(),
    )];
    words.extend(command.get_args().map(|word| word.display().to_string()));
    words.join(" ")
}
