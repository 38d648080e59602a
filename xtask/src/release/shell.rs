//! Commands in the folder of the workspace that is released.

use super::Failure;
use crate::process::OF_A_HOOK;
use std::{
    env,
    ffi::{OsStr, OsString},
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// Where commands run, and what is added to their environment.
#[derive(Debug, Clone)]
pub(super) struct Shell {
    root: PathBuf,
    environment: Vec<(String, OsString)>,
}

/// How a command ended.
pub(super) struct Finished {
    pub(super) success: bool,
    pub(super) stdout: String,
    pub(super) stderr: String,
    line: String,
}

impl Shell {
    pub(super) fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), environment: Vec::new() }
    }

    /// Adds a variable to the environment of every command.
    #[cfg(test)]
    pub(super) fn with_env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Runs `git` to its end.
    pub(super) fn git(&self, words: &[&str]) -> Result<Finished, Failure> {
        self.capture(OsStr::new("git"), words)
    }

    /// Runs the cargo that runs this task to its end.
    pub(super) fn cargo(&self, words: &[&str]) -> Result<Finished, Failure> {
        self.capture(&cargo(), words)
    }

    /// Runs cargo to its end and shows meanwhile what it says, for it may take minutes.
    pub(super) fn cargo_watched(&self, words: &[&str]) -> Result<Finished, Failure> {
        let line = format!("cargo {}", words.join(" "));
        eprintln!("$ {line}");
        let mut command = self.command(&cargo(), words);
        let mut child =
            command.stderr(Stdio::piped()).spawn().map_err(|error| format!("{line}: {error}"))?;
        let mut stderr = String::new();
        if let Some(pipe) = child.stderr.take() {
            for said in BufReader::new(pipe).split(b'\n') {
                let said = said.map_err(|error| format!("{line}: {error}"))?;
                let said = String::from_utf8_lossy(&said);
                eprintln!("{said}");
                stderr += &said;
                stderr.push('\n');
            }
        }
        let success = child.wait()?.success();
        Ok(Finished { success, stdout: String::new(), stderr, line })
    }

    fn capture(&self, program: &OsStr, words: &[&str]) -> Result<Finished, Failure> {
        let name = Path::new(program).file_stem().unwrap_or(program).to_string_lossy();
        let line = format!("{name} {}", words.join(" "));
        let Output { status, stdout, stderr } =
            self.command(program, words).output().map_err(|error| format!("{line}: {error}"))?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok(Finished { success: status.success(), stdout: text(stdout), stderr: text(stderr), line })
    }

    fn command(&self, program: &OsStr, words: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(words).current_dir(&self.root);
        // What a reader sees in colour, a program has to read without, and warnings it has to see.
        command.env("CARGO_TERM_COLOR", "never").env("CARGO_TERM_PROGRESS_WHEN", "never");
        command.env("CARGO_TERM_QUIET", "false");
        for name in OF_A_HOOK {
            command.env_remove(name);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}

impl Finished {
    /// Returns the output of a command that had to succeed.
    pub(super) fn or_fail(self) -> Result<String, Failure> {
        if self.success {
            return Ok(self.stdout);
        }
        // What a command says before it fails is of no use to the reader.
        let from = self.stderr.find("\nerror").map_or(0, |at| at + 1);
        Err(format!("{} failed:\n{}", self.line, self.stderr[from..].trim_end()).into())
    }
}

fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_s_repository_is_not_the_one_that_is_released() {
        let shell = Shell::new("elsewhere").with_env("GIT_PREFIX", "said so");
        let command = shell.command(OsStr::new("git"), &[]);
        let of = |name: &str| command.get_envs().find(|(key, _)| *key == name).unwrap().1;
        assert_eq!((of("GIT_DIR"), of("GIT_INDEX_FILE")), (None, None));
        assert_eq!(of("GIT_PREFIX").unwrap(), "said so");
    }
}
