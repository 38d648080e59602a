//! A future whose polls are a scope, on whichever threads they run.

use super::{Entered, MemoryChange, Running};
use pin_project_lite::pin_project;
use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Measures futures.
///
/// # Examples
///
/// ```
/// use atp_memory::{MemoryFutureExt, TrackingAllocator};
///
/// #[global_allocator]
/// static ALLOCATOR: TrackingAllocator = TrackingAllocator::system();
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let (text, change) = async { "x".repeat(10_000) }.track_memory("repeat").await;
/// assert_eq!(change.scope.expect("the allocator is installed").net_bytes(), 10_000);
/// # drop(text);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait MemoryFutureExt: Future + Sized {
    /// Resolves to the future's output with what it allocated and freed while it was polled, and
    /// what the process did from its first poll to its last.
    ///
    /// What other tasks do between two polls is in the process's part alone. Tasks that the
    /// future spawns are not inside of the scope.
    ///
    /// Dropping the wrapper before it is done drops the future and ends the scope without a
    /// result. A panic of the future goes on.
    ///
    /// # Examples
    ///
    /// ```
    /// use atp_memory::MemoryFutureExt;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let (text, change) = async { "x".repeat(1000) }.track_memory("text").await;
    /// assert_eq!((text.len(), change.label.as_ref()), (1000, "text"));
    /// # }
    /// ```
    fn track_memory(self, label: impl Into<Cow<'static, str>>) -> TrackedFuture<Self> {
        TrackedFuture { inner: Some(self), label: Some(label.into()), running: None }
    }
}

impl<F: Future> MemoryFutureExt for F {}

pin_project! {
    /// The future returned by [`MemoryFutureExt::track_memory`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct TrackedFuture<F> {
        // Taken when it is done, so that what it frees then is still inside of the scope.
        #[pin]
        inner: Option<F>,
        // Taken by the first poll.
        label: Option<Cow<'static, str>>,
        running: Option<Running>,
    }

    impl<F> PinnedDrop for TrackedFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let _entered = this.running.as_ref().map(Running::enter);
            this.inner.set(None);
        }
    }
}

impl Running {
    fn enter(&self) -> Entered {
        self.attribution.enter()
    }
}

impl<F: Future> Future for TrackedFuture<F> {
    type Output = (F::Output, MemoryChange);

    /// # Panics
    ///
    /// If it is polled again after it was done.
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let inner = this.inner.as_mut().as_pin_mut().expect("polled after it was done");
        if let Some(label) = this.label.take() {
            *this.running = Some(Running::begin(label));
        }
        let running = this.running.as_ref().expect("set by the first poll");
        let entered = running.enter();
        let output = ready!(inner.poll(context));
        this.inner.set(None);
        drop(entered);
        let change = this.running.take().expect("set by the first poll").end();
        Poll::Ready((output, change))
    }
}
