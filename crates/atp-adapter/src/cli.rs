//! Agents behind a command line.

use crate::adapter::{Adapter, BoxFuture, Retry, Run};
use crate::answer::Answer;
use crate::config::{ConfigDescription, ConfigError, ConfigField, Settings};
use crate::error::{AdapterError, Failure};
use crate::process::{Environment, Launch, find_program, talk};
use crate::run_settings::{self, RunSettings};
use crate::sink::EventSink;
use serde_json::Value;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

/// An agent that is a program: it reads the request from stdin, writes events as lines of JSON to
/// stderr, and writes its response to stdout.
///
/// The program is started without a shell, in a process group of its own, with an environment
/// that is a list of what it may see. When it has ended, or has to, everything it started ends
/// with it.
///
/// # Examples
///
/// ```
/// use atp_adapter::{Adapter, Cli};
/// use serde_json::json;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let agent = Cli::from_config(&json!({"command": "sh -c", "args": ["exit 3"]}))?;
/// agent.health_check().await?; // the program is there and may be run
///
/// let error = Cli::from_config(&json!({"comand": "sh"})).unwrap_err();
/// assert!(error.to_string().contains("command"), "{error}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Cli {
    program: String,
    args: Vec<OsString>,
    working_dir: Option<PathBuf>,
    environment: Environment,
    run_settings: RunSettings,
}

impl Cli {
    pub(crate) const CONFIG: ConfigDescription = ConfigDescription::new(
        "Starts a program for each run: request on stdin, response on stdout, events on stderr.",
        &[
            ConfigField::new("command", "a command line", "The program; no shell reads it.")
                .required(),
            ConfigField::new("args", "a list of text", "Arguments after those of the command."),
            ConfigField::new("working_dir", "a path", "Where the program is started."),
            ConfigField::new("environment", "an object of text", "Variables for the program."),
            ConfigField::new(
                "inherit_environment",
                "true or false",
                "Passes all variables on whose names do not look like those of secrets.",
            )
            .or("false"),
            ConfigField::new(
                "allowed_env_vars",
                "a list of text",
                "Variables to pass on besides PATH, HOME, LANG and TERM.",
            ),
            run_settings::TIMEOUT,
            run_settings::RETRY_COUNT,
            run_settings::RETRY_DELAY,
            run_settings::EVENT_BYTES,
            run_settings::RESPONSE_BYTES,
            run_settings::COST_TRACKING,
        ],
    );

    /// Builds the adapter that `config` describes. Nothing is started.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with the place in the configuration.
    pub fn from_config(config: &Value) -> Result<Self, ConfigError> {
        let settings = Settings::new("cli", &Self::CONFIG, config)?;
        let command = settings.text("command")?.unwrap_or_default();
        let is_plain = !command.contains('\0');
        let words = shlex::split(command).filter(|words| !words.is_empty() && is_plain);
        let mut words = words
            .ok_or_else(|| {
                let found = "nothing, or quotes that do not close".into();
                settings.invalid("command", "a command line", found)
            })?
            .into_iter();
        let program = words.next().unwrap_or_default();
        let args = words.chain(settings.texts("args")?).map(OsString::from).collect();
        let inherit = settings.flag("inherit_environment")?.unwrap_or(false);
        let allowed = settings.texts("allowed_env_vars")?;
        let own = settings.variables("environment")?;
        Ok(Self {
            program,
            args,
            working_dir: settings.text("working_dir")?.map(PathBuf::from),
            environment: Environment::new(std::env::vars_os(), inherit, &allowed, own),
            run_settings: RunSettings::read(&settings)?,
        })
    }
}

impl Adapter for Cli {
    fn execute<'a>(
        &'a self,
        run: Run<'a>,
        events: &'a mut dyn EventSink,
    ) -> BoxFuture<'a, Result<Answer, AdapterError>> {
        Box::pin(async move {
            let launch = Launch {
                program: self.program.clone(),
                args: self.args.clone(),
                environment: self.environment.clone(),
                working_dir: self.working_dir.clone(),
                bounds: self.run_settings.bounds,
                request: run.request.to_json().map_err(Failure::Request)?,
                timeout: self.run_settings.timeout,
                end_with: None,
            };
            talk(launch, &run, events).await
        })
    }

    fn health_check(&self) -> BoxFuture<'_, Result<(), AdapterError>> {
        let found =
            find_program(&self.program, self.environment.get("PATH"), self.working_dir.as_deref());
        let missing = || Failure::NotFound { program: self.program.clone() }.into();
        Box::pin(std::future::ready(found.map(drop).ok_or_else(missing)))
    }

    fn retry(&self) -> Retry {
        self.run_settings.retry
    }
}

/// Shows the program, and neither its arguments nor its environment.
impl fmt::Debug for Cli {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cli").field("program", &self.program).finish_non_exhaustive()
    }
}
