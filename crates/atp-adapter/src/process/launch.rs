//! What is started, and how.

use super::environment::Environment;
use super::program::find_program;
use super::pump::Bounds;
use crate::error::Failure;
use std::ffi::OsString;
use std::io::{Error, ErrorKind};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::time::sleep;

/// A process that is to be started for one run.
#[derive(Debug, Clone)]
pub(crate) struct Launch {
    pub(crate) program: String,
    pub(crate) args: Vec<OsString>,
    pub(crate) environment: Environment,
    pub(crate) working_dir: Option<PathBuf>,
    pub(crate) bounds: Bounds,
    /// What the request says is sent as this JSON.
    pub(crate) request: String,
    /// The limit of the adapter's configuration.
    pub(crate) timeout: Option<Duration>,
    /// A command that ends what lies outside of the process tree: the container.
    pub(crate) end_with: Option<Vec<OsString>>,
}

impl Launch {
    /// Finds the program.
    pub(crate) fn resolve(&self) -> Result<PathBuf, Failure> {
        find_program(&self.program, self.environment.get("PATH"), self.working_dir.as_deref())
            .ok_or_else(|| {
                let missing = || Failure::NotFound { program: self.program.clone() };
                self.missing_folder().unwrap_or_else(missing)
            })
    }

    /// Starts the process as the leader of a group of its own, with `marker` in its environment.
    ///
    /// A program that somebody still has open for writing is tried again for a moment: it may be
    /// only a child that was forked just now and has not let go of everything yet.
    pub(crate) async fn start(&self, marker: (&str, OsString)) -> Result<Child, Failure> {
        let mut command = self.command(self.resolve()?);
        command
            .args(&self.args)
            .env(marker.0, marker.1)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        for _ in 0..20 {
            match command.spawn() {
                Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => {
                    sleep(Duration::from_millis(5)).await;
                }
                started => return started.map_err(|error| self.cannot_start(&error)),
            }
        }
        command.spawn().map_err(|error| self.cannot_start(&error))
    }

    /// Returns the command that ends what lies outside, if there is one.
    pub(crate) fn end_command(&self) -> Option<Self> {
        let args = self.end_with.as_ref()?.clone();
        Some(Self { args, end_with: None, ..self.clone() })
    }

    /// Starts the process in a group of its own, without streams.
    pub(crate) fn start_quietly(&self) -> Result<Child, Failure> {
        let mut command = self.command(self.resolve()?);
        command.args(&self.args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.process_group(0).spawn().map_err(|error| self.cannot_start(&error))
    }

    fn command(&self, program: PathBuf) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.environment.iter());
        if let Some(folder) = &self.working_dir {
            command.current_dir(folder);
        }
        command
    }

    /// Returns why a program that was found cannot be started.
    fn cannot_start(&self, error: &Error) -> Failure {
        self.missing_folder().unwrap_or_else(|| {
            let reason = match error.kind() {
                ErrorKind::NotFound => "the interpreter that it names is not there".into(),
                _ => error.to_string(),
            };
            Failure::Connection { endpoint: self.program.clone(), reason }
        })
    }

    fn missing_folder(&self) -> Option<Failure> {
        let folder = self.working_dir.as_ref().filter(|folder| !folder.is_dir())?;
        let reason = format!("the working directory {} is not there", folder.display());
        Some(Failure::Connection { endpoint: self.program.clone(), reason })
    }
}
