//! A value without a name that is made at first use.

use crate::cell::Cell;
use crate::error::InitError;
use crate::form::{Async, Init, InitAsync};
use std::any::type_name;
use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::time::Duration;

/// A value made by a closure when it is first asked for: [`LazyModule`](crate::LazyModule)
/// without a name.
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
pub struct LazyValue<T, F = fn() -> T> {
    created_at: &'static Location<'static>,
    cell: Cell<T>,
    init: F,
}

impl<T, F> LazyValue<T, F> {
    /// Creates a value that `init` will make: a closure, or one inside
    /// [`Fallible`](crate::Fallible).
    #[track_caller]
    pub const fn new(init: F) -> Self
    where
        F: Init<Value = T>,
    {
        Self { created_at: Location::caller(), cell: Cell::new(), init }
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

    fn name_in_errors(&self) -> Cow<'static, str> {
        let (file, line) = (self.created_at.file(), self.created_at.line());
        Cow::Owned(format!("{} ({file}:{line})", type_name::<T>()))
    }
}

impl<T, F: Init<Value = T>> LazyValue<T, F> {
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
    /// Those of [`LazyModule::try_get`](crate::LazyModule::try_get).
    pub fn try_get(&self) -> Result<&T, InitError> {
        self.cell.get_or_init(|| self.name_in_errors(), &self.init)
    }
}

impl<T, F: InitAsync<Value = T>> LazyValue<T, Async<F>> {
    /// Creates a value that is awaited, as
    /// [`LazyModule::new_async`](crate::LazyModule::new_async) does.
    #[track_caller]
    pub const fn new_async(init: F) -> Self {
        Self { created_at: Location::caller(), cell: Cell::new(), init: Async(init) }
    }

    /// Returns the value, making it at the first call.
    ///
    /// # Panics
    ///
    /// With the error of [`try_get`](Self::try_get) as the message.
    pub async fn get(&self) -> &T {
        self.try_get().await.unwrap_or_else(|error| error.raise())
    }

    /// Returns the value, making it at the first call.
    ///
    /// # Errors
    ///
    /// Those of [`LazyModule::try_get`](crate::LazyModule::try_get).
    pub async fn try_get(&self) -> Result<&T, InitError> {
        self.cell.get_or_init_async(|| self.name_in_errors(), &self.init.0).await
    }
}

/// Shows the state, not the value, and does not make it.
impl<T, F> fmt::Debug for LazyValue<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LazyValue")
            .field("created_at", &format_args!("{}", self.created_at))
            .field("creation_time", &self.creation_time())
            .finish_non_exhaustive()
    }
}
