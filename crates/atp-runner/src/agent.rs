//! The agent that tests are run against.

use atp_adapter::Adapter;
use atp_cache::Instance;
use std::sync::Arc;

/// The agent that tests are run against: its name, and the adapter that reaches it.
#[derive(Debug, Clone)]
pub struct Agent {
    name: String,
    kind: String,
    adapter: Reach,
}

/// An adapter, whoever keeps it.
#[derive(Debug, Clone)]
enum Reach {
    Own(Arc<dyn Adapter>),
    Cached(Arc<Instance<dyn Adapter>>),
}

impl Agent {
    /// Creates an agent that is reached through `adapter`, which is of this `kind`, such as `cli`.
    pub fn new(
        name: impl Into<String>,
        kind: impl Into<String>,
        adapter: Arc<dyn Adapter>,
    ) -> Self {
        Self { name: name.into(), kind: kind.into(), adapter: Reach::Own(adapter) }
    }

    /// Creates an agent that is reached through an adapter of an
    /// [`AdapterCache`](atp_adapter::AdapterCache), which stays in use as long as the agent.
    pub fn cached(name: impl Into<String>, adapter: Arc<Instance<dyn Adapter>>) -> Self {
        Self { name: name.into(), kind: adapter.kind().into(), adapter: Reach::Cached(adapter) }
    }

    /// Returns what tests call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the kind of its adapter.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    pub(crate) fn adapter(&self) -> &dyn Adapter {
        match &self.adapter {
            Reach::Own(adapter) => &**adapter,
            Reach::Cached(instance) => &***instance,
        }
    }

    /// Whether it could work in a folder. Agents that are built in never do, and need not pay for
    /// one.
    pub(crate) fn may_use_workspace(&self) -> bool {
        !self.kind.starts_with("builtin:")
    }
}
