//! A value that is made at first use: `LazyModule` with a name, `LazyValue` without one.

use crate::cell::Cell;
use crate::error::InitError;
use crate::form::{Async, Fallible, Init, InitAsync};
use crate::name::{CreatedAt, Name};
use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::time::Duration;

/// What [`LazyModule`] and [`LazyValue`] are: a cell, what fills it, and what it is called.
///
/// It stands in a `static` or in a field. Threads that ask while the value is being made wait, and
/// get the same one. An attempt that fails or panics fails for those who waited for it, and the
/// next call tries again. Asking for the value while it is being made by, or because of, the
/// asker is an error that names the way round, not a hang.
pub struct Lazy<T, F, N> {
    cell: Cell<T>,
    init: F,
    name: N,
}

/// A named part of a program, such as an HTTP client or a set of compiled patterns, that is
/// built when it is first used. [`Lazy`] says what happens when several ask, or when it fails.
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
pub type LazyModule<T, F = fn() -> T> = Lazy<T, F, &'static str>;

/// A value made by a closure when it is first asked for: a [`LazyModule`] without a name.
///
/// In errors it is called by its type and by the line that created it.
///
/// # Examples
///
/// ```
/// use atp_lazy::LazyValue;
///
/// let squares = LazyValue::new(|| (0..10).map(|n| n * n).collect::<Vec<u32>>());
/// assert!(!squares.is_created());
/// assert_eq!(squares.get()[3], 9);
/// assert!(squares.creation_time().is_some());
/// ```
#[doc(alias = "LazyClass")]
pub type LazyValue<T, F = fn() -> T> = Lazy<T, F, CreatedAt>;

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
    /// Creates a module that `init` will build: a closure, or one inside [`Fallible`].
    pub const fn new(name: &'static str, init: F) -> Self
    where
        F: Init<Value = T>,
    {
        Self { cell: Cell::new(), init, name }
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
}

impl<T, F: InitAsync<Value = T>> LazyModule<T, Async<F>> {
    /// Creates a module whose value is awaited: `init` is a closure that returns a future, or
    /// one inside [`Fallible`].
    ///
    /// All callers who wait carry the one build on together. A caller that is dropped, or no
    /// longer polled, takes nothing down: the next one continues where the build stands. Only
    /// when the last of them goes is the build dropped with them, and the next call starts anew.
    pub const fn new_async(name: &'static str, init: F) -> Self {
        Self { cell: Cell::new(), init: Async(init), name }
    }
}

impl<T, F> LazyValue<T, F> {
    /// Creates a value that `init` will make: a closure, or one inside [`Fallible`].
    #[track_caller]
    pub const fn new(init: F) -> Self
    where
        F: Init<Value = T>,
    {
        Self { cell: Cell::new(), init, name: CreatedAt(Location::caller()) }
    }

    /// Tells whether the value is made. Does not make it.
    #[must_use]
    pub fn is_created(&self) -> bool {
        self.cell.value().is_some()
    }

    /// Returns how long making the value took, once it is done.
    #[must_use]
    pub fn creation_time(&self) -> Option<Duration> {
        self.cell.took()
    }
}

impl<T, F: InitAsync<Value = T>> LazyValue<T, Async<F>> {
    /// Creates a value that is awaited, as [`LazyModule::new_async`] does.
    #[track_caller]
    pub const fn new_async(init: F) -> Self {
        Self { cell: Cell::new(), init: Async(init), name: CreatedAt(Location::caller()) }
    }
}

impl<T, F: Init<Value = T>, N: Name> Lazy<T, F, N> {
    /// Returns the value, making it at the first call.
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

    /// Returns the value, making it at the first call.
    ///
    /// # Errors
    ///
    /// [`InitError::Failed`] and [`InitError::Panicked`] if this attempt ended so, whether it
    /// ran here or on the thread that this one waited for, and [`InitError::Cycle`] if making
    /// the value needs the value.
    pub fn try_get(&self) -> Result<&T, InitError> {
        self.cell.get_or_init(|| self.name.of::<T>(), &self.init)
    }
}

impl<T, F: InitAsync<Value = T>, N: Name> Lazy<T, Async<F>, N> {
    /// Returns the value, making it at the first call.
    ///
    /// A caller that is dropped leaves the making to the others who wait, where it stands. When
    /// the last one goes it is dropped, and the next call starts anew.
    ///
    /// # Panics
    ///
    /// With the error of [`try_get`](Self::try_get) as the message.
    pub async fn get(&self) -> &T {
        self.try_get().await.unwrap_or_else(|error| error.raise())
    }

    /// Returns the value, making it at the first call. Being dropped is as for
    /// [`get`](Self::get).
    ///
    /// # Errors
    ///
    /// Those of the form that blocks.
    pub async fn try_get(&self) -> Result<&T, InitError> {
        self.cell.get_or_init_async(|| self.name.of::<T>(), &self.init.0).await
    }
}

/// Shows the name and the state, not the value, and does not make it.
impl<T, F, N: Name> fmt::Debug for Lazy<T, F, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lazy")
            .field("name", &self.name.of::<T>())
            .field("took", &self.cell.took())
            .finish_non_exhaustive()
    }
}
