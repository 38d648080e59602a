//! Agents in shell and Python, and what is left of them, seen from outside of the adapter.

use crate::heard::{Heard, adapter, execute, request};
use atp_adapter::{Adapter, AdapterError, Answer, RunLimits};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// The response that the agents of these tests give.
pub(crate) const RESPONSE: &str = r#"{"task_id":"task-1","status":"completed"}"#;

/// An agent whose processes all carry a mark of this test's own in their environment.
pub(crate) struct Agent {
    pub(crate) adapter: Arc<dyn Adapter>,
    pub(crate) mark: String,
}

impl Agent {
    pub(crate) fn sh(script: &str) -> Self {
        Self::with("sh -c", script, json!({}))
    }

    /// An agent in Python; nothing where there is no Python, and the test says that it is skipped.
    pub(crate) fn python(script: &str) -> Option<Self> {
        if Command::new("python3").arg("--version").output().is_err() {
            println!("skipped: there is no python3 on this machine");
            return None;
        }
        Some(Self::with("python3 -c", script, json!({})))
    }

    pub(crate) fn with(command: &str, script: &str, mut config: Value) -> Self {
        static AGENTS_MADE: AtomicU64 = AtomicU64::new(0);
        let count = AGENTS_MADE.fetch_add(1, Relaxed);
        let mark = format!("mark-{}-{count}-end", std::process::id());
        config["command"] = command.into();
        config["args"] = json!([script]);
        config["environment"]["ATP_TEST_MARK"] = mark.as_str().into();
        // Where pyenv stands in for python3, it wants to find its versions.
        config["allowed_env_vars"] = json!(["PYENV_ROOT", "PYENV_VERSION"]);
        Self { adapter: adapter("cli", &config), mark }
    }

    pub(crate) async fn run(&self, limits: RunLimits) -> (Result<Answer, AdapterError>, Heard) {
        execute(&*self.adapter, &request(), limits).await
    }

    /// Fails the test if any process of the agent is alive.
    pub(crate) fn assert_nothing_left(&self) {
        assert_eq!(alive(&self.mark), Vec::<String>::new());
    }
}

/// The living processes with `mark` in their environment, by their command lines; none where
/// there is no `/proc` to see them in.
pub(crate) fn alive(mark: &str) -> Vec<String> {
    let folders = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let mut alive = Vec::new();
    for folder in folders.map(|entry| entry.path()) {
        let read = |name: &str| std::fs::read(folder.join(name)).unwrap_or_default();
        let environment = read("environ");
        let has_mark = environment.windows(mark.len()).any(|part| part == mark.as_bytes());
        if has_mark && !is_ending(&folder) {
            alive.push(String::from_utf8_lossy(&read("cmdline")).into_owned());
        }
    }
    alive
}

/// Waits until no process with `mark` is alive, for those whose end nobody waits for.
pub(crate) async fn assert_ends(mark: &str) {
    for _ in 0..500 {
        if alive(mark).is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(alive(mark), Vec::<String>::new());
}

fn is_ending(folder: &Path) -> bool {
    let stat = std::fs::read_to_string(folder.join("stat")).unwrap_or_default();
    let state = stat.rsplit(") ").next().unwrap_or_default();
    state.is_empty() || state.starts_with(['Z', 'X'])
}
