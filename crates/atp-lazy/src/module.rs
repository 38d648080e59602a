//! A named subsystem that is built at first use.

use crate::cell::Cell;
use crate::error::InitError;
use crate::form::{Async, Fallible, Init, InitAsync};
use std::borrow::Cow;
use std::fmt;
use std::pin::Pin;
use std::time::Duration;

/// A named part of a program, such as an HTTP client or a set of compiled patterns, that is
/// built when it is first used.
///
/// It stands in a `static` or in a field. Threads that ask while it is being built wait, and get
/// the same value. A build that fails or panics fails for those who waited for it, and the
/// next call tries again. Asking for it while it is being built by, or because of, the asker is
/// an error that names the way round, not a hang.
///
/// # Examples
///
/// ```
/// use atp_lazy::LazyModule;
/// use std::collections::HashMap;
///
/// static PORTS: LazyModule<HashMap<&str, u16>> =
///     LazyModule::new("ports", || HashMap::from([("http", 80), ("https", 443)]));
///
/// assert!(!PORTS.is_loaded());
/// assert_eq!(PORTS.get()["https"], 443);
/// assert!(PORTS.load_time().is_some());
/// ```
pub struct LazyModule<T, F = fn() -> T> {
    name: &'static str,
    cell: Cell<T>,
    init: F,
}

/// A [`LazyModule`] whose build may fail, as the type of a `static`.
///
/// ```
/// use atp_lazy::{Fallible, FallibleModule, LazyModule};
/// use std::net::{AddrParseError, IpAddr};
///
/// static HOST: FallibleModule<IpAddr, AddrParseError> =
///     LazyModule::new("host", Fallible(|| "127.0.0.1".parse()));
/// assert!(HOST.try_get()?.is_loopback());
/// # Ok::<(), atp_lazy::InitError>(())
/// ```
pub type FallibleModule<T, E> = LazyModule<T, Fallible<fn() -> Result<T, E>>>;

/// A [`LazyModule`] that is awaited, as the type of a `static`; its closure boxes the future.
///
/// ```
/// use atp_lazy::{AsyncModule, LazyModule};
///
/// async fn connect() -> u32 {
///     // … with a few awaits …
///     7
/// }
///
/// static POOL: AsyncModule<u32> = LazyModule::new_async("pool", || Box::pin(connect()));
/// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// # runtime.block_on(async {
/// assert_eq!(POOL.get().await, &7);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub type AsyncModule<T> = LazyModule<T, Async<fn() -> BoxFuture<T>>>;

/// A [`LazyModule`] that is awaited and may fail, as the type of a `static`.
pub type AsyncFallibleModule<T, E> =
    LazyModule<T, Async<Fallible<fn() -> BoxFuture<Result<T, E>>>>>;

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl<T, F> LazyModule<T, F> {
    /// Creates a module that `init` will build: a closure, or one inside
    /// [`Fallible`].
    pub const fn new(name: &'static str, init: F) -> Self
    where
        F: Init<Value = T>,
    {
        Self { name, cell: Cell::new(), init }
    }

    /// Returns the name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Tells whether the module is built. Does not build it.
    #[must_use]
    pub fn is_loaded(&self) -> bool {
        self.cell.value().is_some()
    }

    /// Returns how long the build took, once it is done.
    #[must_use]
    #[doc(alias = "import_time")]
    pub fn load_time(&self) -> Option<Duration> {
        self.cell.took()
    }

    fn name_in_errors(&self) -> Cow<'static, str> {
        Cow::Borrowed(self.name)
    }
}

impl<T, F: Init<Value = T>> LazyModule<T, F> {
    /// Returns the module, building it at the first call.
    ///
    /// # Panics
    ///
    /// With the error of [`try_get`](Self::try_get) as the message.
    #[inline]
    #[track_caller]
    pub fn get(&self) -> &T {
        match self.cell.value() {
            Some(value) => value,
            None => self.try_get().unwrap_or_else(|error| error.raise()),
        }
    }

    /// Returns the module, building it at the first call.
    ///
    /// # Errors
    ///
    /// [`InitError::Failed`] and [`InitError::Panicked`] if this attempt ended so, whether it
    /// ran here or on the thread that this one waited for, and [`InitError::Cycle`] if building
    /// the module needs the module.
    pub fn try_get(&self) -> Result<&T, InitError> {
        self.cell.get_or_init(|| self.name_in_errors(), &self.init)
    }
}

impl<T, F: InitAsync<Value = T>> LazyModule<T, Async<F>> {
    /// Creates a module whose value is awaited: `init` is a closure that returns a future, or
    /// one inside [`Fallible`].
    ///
    /// All callers who wait carry the one build on together. A caller that is dropped, or no
    /// longer polled, takes nothing down: the next one continues where the build stands. Only
    /// when the last of them goes is the build dropped with them, and the next call starts anew.
    pub const fn new_async(name: &'static str, init: F) -> Self {
        Self { name, cell: Cell::new(), init: Async(init) }
    }

    /// Returns the module, building it at the first call.
    ///
    /// # Panics
    ///
    /// With the error of [`try_get`](Self::try_get) as the message.
    pub async fn get(&self) -> &T {
        self.try_get().await.unwrap_or_else(|error| error.raise())
    }

    /// Returns the module, building it at the first call.
    ///
    /// # Errors
    ///
    /// As for the form that blocks.
    pub async fn try_get(&self) -> Result<&T, InitError> {
        self.cell.get_or_init_async(|| self.name_in_errors(), &self.init.0).await
    }
}

/// Shows the state, not the value, and does not build it.
impl<T, F> fmt::Debug for LazyModule<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LazyModule")
            .field("name", &self.name)
            .field("load_time", &self.load_time())
            .finish_non_exhaustive()
    }
}
