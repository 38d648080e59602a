//! How large, how old, and with which closures.

use super::AsyncPool;
use super::shared::Shared;
use crate::error::{ConfigError, at_least_one};
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// A boxed future that may borrow for `'a`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

pub(super) type Create<T, E> = Box<dyn Fn() -> BoxFuture<'static, Result<T, E>> + Send + Sync>;
/// True if the cleanup succeeded.
pub(super) type Cleanup<T> = Box<dyn Fn(T) -> BoxFuture<'static, bool> + Send + Sync>;
pub(super) type HealthCheck<T> =
    Box<dyn for<'a> Fn(&'a mut T) -> BoxFuture<'a, bool> + Send + Sync>;

/// The numbers of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolConfig {
    /// How many resources there may be at a time: idle, lent, being created or cleaned up.
    pub max_size: usize,
    /// What [`AsyncPool::fill`] and [`AsyncPool::maintain`] create ahead, and what reaping by
    /// idle time leaves. 0 unless set.
    pub min_size: usize,
    /// A resource older than this is not lent again. Unlimited unless set.
    pub max_lifetime: Option<Duration>,
    /// A resource idle for longer is discarded. Unlimited unless set.
    pub idle_timeout: Option<Duration>,
}

impl PoolConfig {
    /// Allows `max_size` resources.
    pub const fn new(max_size: usize) -> Self {
        Self { max_size, min_size: 0, max_lifetime: None, idle_timeout: None }
    }

    /// Sets how many resources to keep ready.
    #[must_use]
    pub const fn with_min_size(mut self, min_size: usize) -> Self {
        self.min_size = min_size;
        self
    }

    /// Sets the age from which on a resource is not lent again. Zero uses each only once.
    #[must_use]
    pub const fn with_max_lifetime(mut self, age: Duration) -> Self {
        self.max_lifetime = Some(age);
        self
    }

    /// Sets how long a resource may lie idle.
    #[must_use]
    pub const fn with_idle_timeout(mut self, time: Duration) -> Self {
        self.idle_timeout = Some(time);
        self
    }
}

/// Ten resources, none ahead.
impl Default for PoolConfig {
    fn default() -> Self {
        Self::new(10)
    }
}

/// An [`AsyncPool`] before its numbers are checked.
#[must_use = "a builder does nothing until it is built"]
pub struct PoolBuilder<T, E> {
    config: PoolConfig,
    create: Create<T, E>,
    cleanup: Option<Cleanup<T>>,
    health_check: Option<HealthCheck<T>>,
    discard_unless_clean: bool,
}

/// What a cleanup may return: nothing, or a `Result` whose error is counted.
pub trait CleanupResult {
    /// Whether the cleanup succeeded.
    fn is_ok(&self) -> bool;
}

impl CleanupResult for () {
    fn is_ok(&self) -> bool {
        true
    }
}

impl<T, E> CleanupResult for Result<T, E> {
    fn is_ok(&self) -> bool {
        self.is_ok()
    }
}

impl<T: Send + 'static, E: Send + 'static> PoolBuilder<T, E> {
    pub(super) fn new<F>(create: impl Fn() -> F + Send + Sync + 'static, config: PoolConfig) -> Self
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        Self {
            config,
            create: Box::new(move || Box::pin(create())),
            cleanup: None,
            health_check: None,
            discard_unless_clean: false,
        }
    }

    /// Runs `cleanup` once on each resource that leaves the pool.
    pub fn with_cleanup<F>(mut self, cleanup: impl Fn(T) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output: CleanupResult> + Send + 'static,
    {
        let cleanup = Arc::new(cleanup);
        self.cleanup = Some(Box::new(move |value| {
            let cleanup = Arc::clone(&cleanup);
            // Called inside the future, so that a panic of the closure itself is caught as well.
            Box::pin(async move { cleanup(value).await.is_ok() })
        }));
        self
    }

    /// Asks `check` before an idle resource is lent; on `false` it is discarded for a new one.
    ///
    /// ```
    /// # use atp_async::{AsyncPool, PoolConfig};
    /// # struct Connection;
    /// # impl Connection { async fn ping(&mut self) -> bool { true } }
    /// # async fn connect() -> std::io::Result<Connection> { Ok(Connection) }
    /// let pool = AsyncPool::builder(connect, PoolConfig::new(4))
    ///     .with_health_check(|connection: &mut Connection| Box::pin(connection.ping()))
    ///     .build()?;
    /// # Ok::<(), atp_async::ConfigError>(())
    /// ```
    pub fn with_health_check(
        mut self,
        check: impl for<'a> Fn(&'a mut T) -> BoxFuture<'a, bool> + Send + Sync + 'static,
    ) -> Self {
        self.health_check = Some(Box::new(check));
        self
    }

    /// Discards each resource that comes back without [`Lease::mark_clean`](super::Lease).
    ///
    /// For protocols of request and answer: a call that was cancelled half-way leaves an answer
    /// behind, which the next user of the connection would take for its own.
    pub fn discard_unless_clean(mut self) -> Self {
        self.discard_unless_clean = true;
        self
    }

    /// Checks the numbers and makes the pool. Nothing is created or spawned.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for a `max_size` of 0 or below `min_size`.
    pub fn build(self) -> Result<AsyncPool<T, E>, ConfigError> {
        let PoolConfig { max_size, min_size, .. } = self.config;
        at_least_one("max_size", max_size)?;
        if min_size > max_size {
            return Err(ConfigError::Inverted {
                low: "min_size",
                low_value: min_size,
                high: "max_size",
                high_value: max_size,
            });
        }
        let Self { config, create, cleanup, health_check, discard_unless_clean } = self;
        let shared = Shared::new(config, create, cleanup, health_check, discard_unless_clean);
        Ok(AsyncPool { shared: Arc::new(shared) })
    }
}

impl<T, E> fmt::Debug for PoolBuilder<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolBuilder").field("config", &self.config).finish_non_exhaustive()
    }
}
