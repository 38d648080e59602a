//! The forms an initialiser comes in: plain or fallible, at once or async.

use std::error::Error;

/// What [`Init`] and [`InitAsync`] fail with: any error, or its text.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Makes a value, again if the last attempt failed: a closure, or one inside [`Fallible`].
pub trait Init {
    /// What is made.
    type Value;

    /// Makes the value.
    ///
    /// # Errors
    ///
    /// Whatever keeps the value from being made; it reaches the caller as
    /// [`InitError::Failed`](crate::InitError::Failed).
    fn init(&self) -> Result<Self::Value, BoxError>;
}

/// Begins to make a value: a closure that returns a future, or one inside [`Fallible`].
///
/// The future owns what it needs, because another caller may go on with it.
pub trait InitAsync {
    /// What is made.
    type Value;

    /// Begins to make the value.
    fn start(&self) -> impl Future<Output = Result<Self::Value, BoxError>> + Send + 'static;
}

/// Marks a closure that returns a `Result`: only its `Ok` is kept, its `Err` is tried again.
///
/// ```
/// use atp_lazy::{Fallible, LazyValue};
///
/// let port = LazyValue::new(Fallible(|| "8080".parse::<u16>()));
/// assert_eq!(port.try_get()?, &8080);
/// # Ok::<(), atp_lazy::InitError>(())
/// ```
///
/// As the type of a `static` it is spelled [`FallibleModule`](crate::FallibleModule).
#[derive(Debug, Clone, Copy)]
pub struct Fallible<F>(pub F);

/// Marks the initialiser of a value that is awaited; `new_async` puts it around its argument.
///
/// As the type of a `static` it is spelled [`AsyncModule`](crate::AsyncModule).
#[derive(Debug, Clone, Copy)]
pub struct Async<F>(pub(crate) F);

impl<T, F: Fn() -> T> Init for F {
    type Value = T;

    fn init(&self) -> Result<T, BoxError> {
        Ok(self())
    }
}

impl<T, E: Into<BoxError>, F: Fn() -> Result<T, E>> Init for Fallible<F> {
    type Value = T;

    fn init(&self) -> Result<T, BoxError> {
        self.0().map_err(Into::into)
    }
}

impl<T, F, Fut> InitAsync for F
where
    F: Fn() -> Fut,
    Fut: Future<Output = T> + Send + 'static,
{
    type Value = T;

    fn start(&self) -> impl Future<Output = Result<T, BoxError>> + Send + 'static {
        let value = self();
        async { Ok(value.await) }
    }
}

impl<T, E, F, Fut> InitAsync for Fallible<F>
where
    E: Into<BoxError>,
    F: Fn() -> Fut,
    Fut: Future<Output = Result<T, E>> + Send + 'static,
{
    type Value = T;

    fn start(&self) -> impl Future<Output = Result<T, BoxError>> + Send + 'static {
        let value = self.0();
        async { value.await.map_err(Into::into) }
    }
}
