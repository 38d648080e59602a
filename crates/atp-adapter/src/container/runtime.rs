//! The program that runs containers, and the limits that it is told.

use crate::config::{ConfigError, Settings};
use crate::error::Failure;
use crate::process::find_program;
use serde_json::Value;
use std::ffi::{OsStr, OsString};

const PIDS: &str = "256";

#[derive(Debug)]
pub(super) enum Runtime {
    /// The first of these that is there.
    Auto,
    Program(String),
}

impl Runtime {
    /// What docker and podman want to know of the environment.
    pub(super) const VARIABLES: [&str; 9] = [
        "ATP_CONTAINER_RUNTIME",
        "CONTAINER_HOST",
        "DOCKER_CERT_PATH",
        "DOCKER_CONFIG",
        "DOCKER_CONTEXT",
        "DOCKER_HOST",
        "DOCKER_TLS_VERIFY",
        "XDG_CONFIG_HOME",
        "XDG_RUNTIME_DIR",
    ];

    pub(super) fn read(settings: &Settings<'_>) -> Result<Self, ConfigError> {
        match settings.text("runtime")?.unwrap_or("auto") {
            "auto" => Ok(Self::Auto),
            name if ["docker", "podman"].contains(&name) || name.starts_with('/') => {
                Ok(Self::Program(name.into()))
            }
            _ => {
                let expected = "auto, docker, podman or an absolute path";
                Err(settings.invalid("runtime", expected, "another name".into()))
            }
        }
    }

    /// Returns the program to start.
    pub(super) fn program(&self, path: Option<&OsStr>) -> Result<String, Failure> {
        match self {
            Self::Program(program) => Ok(program.clone()),
            Self::Auto => {
                let chosen = std::env::var("ATP_CONTAINER_RUNTIME").ok();
                if let Some(program) = chosen.filter(|program| !program.is_empty()) {
                    return Ok(program);
                }
                let programs = ["podman", "docker"];
                let found = programs.into_iter().find(|it| find_program(it, path, None).is_some());
                let missing = || Failure::NotFound { program: programs.join(" or ") };
                found.map(str::to_owned).ok_or_else(missing)
            }
        }
    }

    /// Tells whether the runtime's own program goes by this variable.
    pub(super) fn uses(&self, variable: &str) -> bool {
        Self::VARIABLES.contains(&variable)
            || ["PATH", "HOME", "LANG", "TERM"].contains(&variable)
            || ["DOCKER_", "CONTAINER", "PODMAN", "LD_"].iter().any(|it| variable.starts_with(it))
    }
}

/// The arguments that limit what the container may do.
pub(super) fn limits(settings: &Settings<'_>) -> Result<Vec<OsString>, ConfigError> {
    let (memory, cpu) = resources(settings)?;
    let network = settings.text("network")?.unwrap_or("none");
    if !["none", "bridge", "host"].contains(&network) {
        let expected = "none, bridge or host";
        return Err(settings.invalid("network", expected, "another name".into()));
    }
    let mut limits = Vec::new();
    if settings.flag("auto_remove")?.unwrap_or(true) {
        limits.push("--rm");
    }
    limits.extend(["--memory", &memory, "--memory-swap", &memory, "--cpus", &cpu]);
    limits.extend(["--pids-limit", PIDS, "--network", network]);
    if settings.flag("no_new_privileges")?.unwrap_or(true) {
        limits.extend(["--security-opt", "no-new-privileges"]);
    }
    if settings.flag("read_only_root")?.unwrap_or(false) {
        limits.push("--read-only");
    }
    let dropped = match settings.get("cap_drop") {
        None => vec!["ALL".to_owned()],
        Some(_) => settings.texts("cap_drop")?,
    };
    for (index, capability) in dropped.iter().enumerate() {
        if capability.is_empty()
            || !capability.bytes().all(|it| it.is_ascii_uppercase() || it == b'_')
        {
            let place = format!("cap_drop[{index}]");
            return Err(settings.invalid(&place, "a name such as NET_RAW", "another name".into()));
        }
        limits.extend(["--cap-drop", capability]);
    }
    Ok(limits.into_iter().map(OsString::from).collect())
}

fn resources(settings: &Settings<'_>) -> Result<(String, String), ConfigError> {
    let resources = settings.read("resources", Value::as_object)?;
    let known = ["memory", "cpu"];
    let keys = || resources.into_iter().flat_map(serde_json::Map::keys);
    if let Some(key) = keys().find(|key| !known.contains(&key.as_str())) {
        let key: String = key.chars().take(64).collect();
        let place = format!("resources.{key}");
        return Err(settings.invalid(&place, "memory or cpu", "an unknown key".into()));
    }
    // Numbers may come as text and the other way round.
    let value = |key: &str| match resources.and_then(|resources| resources.get(key)) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Null) | None => None,
        Some(other) => Some(other.to_string()),
    };
    let memory = value("memory").unwrap_or_else(|| "2g".into());
    let digits = memory.trim_end_matches(|unit: char| "bkmgBKMG".contains(unit));
    let is_size = digits.len() + 1 >= memory.len() && digits.parse::<u64>().is_ok_and(|it| it > 0);
    if !is_size {
        let expected = "a number with b, k, m or g behind it";
        return Err(settings.invalid("resources.memory", expected, "something else".into()));
    }
    let cpu = value("cpu").unwrap_or_else(|| "1".into());
    if !cpu.parse::<f64>().is_ok_and(|cpu| cpu > 0.0 && cpu <= 16.0) {
        let expected = "a number above 0 and at most 16";
        return Err(settings.invalid("resources.cpu", expected, "something else".into()));
    }
    Ok((memory, cpu))
}
