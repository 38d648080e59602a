//! Agents in a container.

mod image;
mod mounts;
mod runtime;

use crate::adapter::{Adapter, BoxFuture, Retry, Run};
use crate::answer::Answer;
use crate::config::{ConfigDescription, ConfigError, ConfigField, Settings};
use crate::error::{AdapterError, Failure};
use crate::process::{Environment, Launch, new_token, succeeds, talk};
use crate::run_settings::{self, RunSettings};
use crate::sink::EventSink;
use atp_protocol::Request;
use mounts::Mounts;
use runtime::Runtime;
use serde_json::Value;
use std::ffi::OsString;
use std::fmt;
use std::time::Duration;

/// An agent in a container, reached over the command line of docker or podman.
///
/// To the agent it is the same as [`Cli`](crate::Cli): request on stdin, response on stdout,
/// events on stderr. The workspace of the request is mounted, and the request tells the agent
/// the path inside. A run that fails also kills the container.
///
/// # Examples
///
/// ```
/// use atp_adapter::Container;
/// use serde_json::json;
///
/// let config = json!({"image": "registry.example.org/agent:1", "environment": {"MODE": "test"}});
/// let agent = Container::from_config(&config)?;
/// println!("{agent:?}");
/// # Ok::<(), atp_adapter::ConfigError>(())
/// ```
pub struct Container {
    runtime: Runtime,
    /// The arguments between `run --name NAME` and the mounts.
    limits: Vec<OsString>,
    mounts: Mounts,
    image: String,
    /// That of the runtime's program, which passes the agent's part of it on by name.
    environment: Environment,
    run_settings: RunSettings,
}

/// How long the runtime may take to say that it is there.
const HEALTH_TIME: Duration = Duration::from_secs(5);

impl Container {
    pub(crate) const CONFIG: ConfigDescription = ConfigDescription::new(
        "Starts a container for each run, with the same streams as the cli adapter.",
        &[
            ConfigField::new("image", "the name of an image", "What to run.").required(),
            ConfigField::new(
                "runtime",
                "auto, docker, podman or the path of a program like them",
                "What runs it; auto is ATP_CONTAINER_RUNTIME, then podman, then docker.",
            )
            .or("auto"),
            ConfigField::new(
                "resources",
                "an object with memory, such as \"2g\", and cpu, above 0 and at most 16",
                "What it may use.",
            )
            .or("{\"memory\": \"2g\", \"cpu\": \"1\"}"),
            ConfigField::new("network", "none, bridge or host", "What it can reach.").or("none"),
            ConfigField::new("environment", "an object of text", "Variables for the agent."),
            ConfigField::new(
                "volumes",
                "an object of paths: of the host to inside",
                "What is mounted.",
            ),
            ConfigField::new(
                "allowed_volume_paths",
                "a list of text",
                "If there are any, only what lies below them may be mounted.",
            ),
            ConfigField::new(
                "working_dir",
                "an absolute path",
                "Where the agent works, and where its workspace is mounted.",
            )
            .or("/workspace"),
            ConfigField::new("auto_remove", "true or false", "Removes the container.").or("true"),
            ConfigField::new("read_only_root", "true or false", "Forbids writing outside mounts.")
                .or("false"),
            ConfigField::new("no_new_privileges", "true or false", "Forbids to gain privileges.")
                .or("true"),
            ConfigField::new("cap_drop", "a list of text", "Capabilities it does not get.")
                .or("[\"ALL\"]"),
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
        let settings = Settings::new("container", &Self::CONFIG, config)?;
        let runtime = Runtime::read(&settings)?;
        let own = settings.variables("environment")?;
        let mut limits = runtime::limits(&settings)?;
        let mut passed_on = std::collections::BTreeMap::new();
        for (name, value) in own {
            limits.push("-e".into());
            if runtime.uses(&name) {
                limits.push(format!("{name}={value}").into());
            } else {
                // By name only: the arguments of a process are for everybody to see.
                limits.push(name.clone().into());
                passed_on.insert(name, value);
            }
        }
        let allowed = Runtime::VARIABLES.map(str::to_owned);
        Ok(Self {
            runtime,
            limits,
            mounts: Mounts::read(&settings)?,
            image: image::read(&settings)?,
            environment: Environment::new(std::env::vars_os(), false, &allowed, passed_on),
            run_settings: RunSettings::read(&settings)?,
        })
    }

    fn launch(&self, request: &Request) -> Result<Launch, Failure> {
        let program = self.runtime.program(self.environment.get("PATH"))?;
        let name = format!("atp-{}", new_token());
        let mut args: Vec<OsString> = ["run", "-i", "--name", &name].map(OsString::from).into();
        args.extend(self.limits.iter().cloned());
        let request = self.mounts.enter(request, &mut args)?;
        args.push(OsString::from(&self.image));
        Ok(Launch {
            program,
            args,
            environment: self.environment.clone(),
            working_dir: None,
            bounds: self.run_settings.bounds,
            request: request.to_json().map_err(Failure::Request)?,
            timeout: self.run_settings.timeout,
            end_with: Some(["kill", &name].map(OsString::from).into()),
        })
    }
}

impl Adapter for Container {
    fn execute<'a>(
        &'a self,
        run: Run<'a>,
        events: &'a mut dyn EventSink,
    ) -> BoxFuture<'a, Result<Answer, AdapterError>> {
        Box::pin(async move { talk(self.launch(run.request)?, &run, events).await })
    }

    /// Asks the runtime for its version, which needs its service to be there.
    fn health_check(&self) -> BoxFuture<'_, Result<(), AdapterError>> {
        Box::pin(async move {
            let program = self.runtime.program(self.environment.get("PATH"))?;
            let launch = Launch {
                program,
                args: vec!["version".into()],
                environment: self.environment.clone(),
                working_dir: None,
                bounds: self.run_settings.bounds,
                request: String::new(),
                timeout: None,
                end_with: None,
            };
            Ok(succeeds(&launch, HEALTH_TIME).await?)
        })
    }

    fn retry(&self) -> Retry {
        self.run_settings.retry
    }
}

/// Shows the image, and not the environment.
impl fmt::Debug for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Container").field("image", &self.image).finish_non_exhaustive()
    }
}
