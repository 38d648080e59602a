//! Adapters by name, none of which is set up before it is asked for.

use crate::adapter::Adapter;
use crate::builtin::{Echo, Script};
use crate::cli::Cli;
use crate::config::{ConfigDescription, ConfigError};
use crate::container::Container;
use crate::http::Http;
use atp_lazy::{DeferredRegistry, RegistryError};
use serde_json::Value;
use std::fmt;
use std::sync::{Arc, LazyLock};

/// Adapters by name: how to build one, and what its configuration may say.
///
/// # Examples
///
/// An adapter of one's own:
///
/// ```
/// use atp_adapter::builtin::Echo;
/// use atp_adapter::{AdapterBuilder, ConfigDescription, lazy_adapter_registry};
/// use serde_json::json;
///
/// let registry = lazy_adapter_registry();
/// registry.register("mine", || {
///     let build = AdapterBuilder::new(|_config| Ok(Echo::default()));
///     (build, ConfigDescription::new("Echoes.", &[]))
/// })?;
/// assert!(!registry.is_created("mine"));
/// let (mine, _config) = registry.get("mine")?;
/// let adapter = mine.build(&json!({}))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type AdapterRegistry = DeferredRegistry<&'static str, (AdapterBuilder, ConfigDescription)>;

/// How adapters of one kind are built.
#[derive(Clone)]
pub struct AdapterBuilder(Arc<Build>);

type Build = dyn Fn(&Value) -> Result<Arc<dyn Adapter>, ConfigError> + Send + Sync;

/// Why no adapter of a kind and configuration can be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// There is no such kind, or setting it up failed.
    #[error(transparent)]
    Kind(RegistryError),
    /// The configuration is not one for this kind.
    #[error(transparent)]
    Config(ConfigError),
}

impl AdapterBuilder {
    /// Builds with `build`, which reads a configuration, for example with
    /// [`Settings`](crate::Settings). It does not connect to anything yet.
    pub fn new<A: Adapter + 'static>(
        build: impl Fn(&Value) -> Result<A, ConfigError> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(move |config| Ok(Arc::new(build(config)?))))
    }

    /// Builds an adapter.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with the place in the configuration.
    pub fn build(&self, config: &Value) -> Result<Arc<dyn Adapter>, ConfigError> {
        self.0(config)
    }
}

/// Returns the registry of the process: `http`, `cli`, `container`, `builtin:echo`,
/// `builtin:script`, and what was registered since.
///
/// # Examples
///
/// ```
/// use atp_adapter::lazy_adapter_registry;
///
/// let registry = lazy_adapter_registry();
/// let (builder, config) = registry.get("cli")?;
/// println!("{config}"); // each key with its kind, its meaning and its default
/// let agent = builder.build(&serde_json::json!({"command": "true"}))?;
/// # drop(agent);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "get_lazy_adapter_registry")]
pub fn lazy_adapter_registry() -> &'static AdapterRegistry {
    static REGISTRY: LazyLock<AdapterRegistry> = LazyLock::new(|| {
        let registry = DeferredRegistry::new("adapters");
        let kinds: [(_, fn() -> _); 5] = [
            ("http", || (AdapterBuilder::new(Http::from_config), Http::CONFIG)),
            ("cli", || (AdapterBuilder::new(Cli::from_config), Cli::CONFIG)),
            ("container", || (AdapterBuilder::new(Container::from_config), Container::CONFIG)),
            ("builtin:echo", || (AdapterBuilder::new(Echo::from_config), Echo::CONFIG)),
            ("builtin:script", || (AdapterBuilder::new(Script::from_config), Script::CONFIG)),
        ];
        for (name, make) in kinds {
            registry.register(name, make).expect("the names are distinct");
        }
        registry
    });
    &REGISTRY
}

impl fmt::Debug for AdapterBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdapterBuilder")
    }
}
