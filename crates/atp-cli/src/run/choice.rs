//! Which agent a suite is run against.

use super::arguments::RunArguments;
use atp_adapter::lazy_adapter_registry;
use atp_suite::{AgentConfig, TestSuite};
use serde_json::{Map, Value};
use std::env::{self, VarError};

/// Where the configuration is looked for that `--adapter` takes and the command line does not give.
const ADAPTER_CONFIG: &str = "ATP_ADAPTER_CONFIG";

/// An agent, as the suite or the command line describes it. Its configuration may hold secrets.
pub(super) struct Choice {
    pub(super) name: String,
    /// The kind of its adapter.
    pub(super) kind: String,
    pub(super) config: Value,
    /// What the user should know about how it was chosen.
    pub(super) note: Option<String>,
}

impl Choice {
    /// Chooses as the command line says, else the suite's only agent or its first one.
    pub(super) fn new(suite: &TestSuite, arguments: &RunArguments) -> Result<Self, String> {
        if let Some(kind) = &arguments.adapter {
            let config = parse_config(arguments.adapter_config.as_deref())?;
            return Ok(Self { name: kind.clone(), kind: kind.clone(), config, note: None });
        }
        if let Some(name) = &arguments.agent {
            let agent = suite.agent(name).ok_or_else(|| unknown(suite, name))?;
            return Self::of_suite(agent);
        }
        match suite.agents.as_slice() {
            [] => Err(format!(
                "suite {} names no agent; give one, such as \
                 --adapter cli --adapter-config '{{\"command\": \"./agent\"}}'",
                suite.name
            )),
            [agent] => Self::of_suite(agent),
            [agent, others @ ..] => {
                let others: Vec<&str> = others.iter().map(|agent| agent.name.as_str()).collect();
                let (suite, name, others) = (&suite.name, &agent.name, others.join(", "));
                let note = format!(
                    "suite {suite} has several agents; this is {name}, --agent picks another of {others}"
                );
                Ok(Self { note: Some(note), ..Self::of_suite(agent)? })
            }
        }
    }

    /// Tells which settings the adapter does not read, if there are some.
    pub(super) fn ignored(&self) -> Option<String> {
        let (_, description) = lazy_adapter_registry().try_get(self.kind.as_str()).ok()?;
        let keys: Vec<&str> = description.ignored(&self.config).collect();
        let (name, kind) = (&self.name, &self.kind);
        let keys = (!keys.is_empty()).then(|| keys.join(", "))?;
        Some(format!("agent {name}: {kind} does not use {keys}"))
    }

    fn of_suite(agent: &AgentConfig) -> Result<Self, String> {
        let name = agent.name.clone();
        let kind = agent.kind.clone().ok_or_else(|| {
            format!("agent {name} has no type in its suite, so there is no way to reach it")
        })?;
        // Entries that are null are the same as none to every adapter.
        let config = serde_json::to_value(&agent.config).map_err(|error| error.to_string())?;
        Ok(Self { name, kind, config, note: None })
    }
}

fn unknown(suite: &TestSuite, name: &str) -> String {
    let known: Vec<&str> = suite.agents.iter().map(|agent| agent.name.as_str()).collect();
    match known.as_slice() {
        [] => format!("suite {} names no agent, so none called {name:?}", suite.name),
        known => format!("suite {} has no agent {name:?}, but {}", suite.name, known.join(", ")),
    }
}

/// Reads the configuration, from the environment where the command line has none. The error tells
/// the place and nothing of the text, which may be secret.
fn parse_config(text: Option<&str>) -> Result<Value, String> {
    let (source, text) = match text {
        Some(text) => ("--adapter-config", text.to_owned()),
        None => match env::var(ADAPTER_CONFIG) {
            Ok(text) => (ADAPTER_CONFIG, text),
            Err(VarError::NotPresent) => return Ok(Value::Object(Map::new())),
            Err(VarError::NotUnicode(_)) => return Err(format!("{ADAPTER_CONFIG} is not UTF-8")),
        },
    };
    let value =
        serde_json::from_str(&text).map_err(|error| format!("{source} is not JSON: {error}"))?;
    match value {
        Value::Object(_) => Ok(value),
        _ => Err(format!("{source} must be an object in JSON")),
    }
}
