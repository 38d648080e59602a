//! Carries the open span to where another thread or task goes on.

use crate::local;
use crate::profiler::Profiler;
use crate::session::Session;
use crate::thread::{Entered, Thread};
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

/// The span that was open where this was taken; a parent for spans elsewhere.
///
/// Spawning inherits nothing by itself. A future that is [`profiled`](crate::ProfileFutureExt::profiled)
/// before it is spawned has its parent already; this is for the rest: closures for threads and
/// `spawn_blocking` ([`in_current_span`]), futures without a span of their own
/// ([`ProfileFutureExt::in_current_span`](crate::ProfileFutureExt::in_current_span)), and work that travels through a channel, where a
/// context is sent along. Cheap to clone. The span may have ended when it is used.
///
/// # Examples
///
/// ```
/// use atp_profile::{SpanContext, enable_profiling, profile};
///
/// let profiler = enable_profiling();
/// let span = profile("parent");
/// let context = SpanContext::current();
/// std::thread::spawn(move || context.scope(|| drop(profile("child")))).join().unwrap();
/// drop(span);
/// assert!(profiler.snapshot().find(&["parent", "child"]).is_some());
/// ```
#[derive(Debug, Clone, Default)]
pub struct SpanContext {
    parent: Option<Parent>,
}

#[derive(Debug, Clone)]
struct Parent {
    session: Arc<Session>,
    id: u64,
    path: u32,
    untimed: u32,
}

/// A parent that is on the stack of this thread until it is dropped.
struct Borrowed(Option<(Rc<Thread>, Entered)>);

impl SpanContext {
    /// Returns the span of the process's profiler that is open on this thread.
    #[must_use]
    pub fn current() -> Self {
        Self::of(Profiler::global_thread())
    }

    fn of(thread: Option<Rc<Thread>>) -> Self {
        let parent = thread.map(|thread| {
            let (id, path, untimed) = thread.parent();
            Parent { session: Arc::clone(thread.session()), id, path, untimed }
        });
        Self { parent }
    }

    /// Runs `f` with the span as parent of those that it opens.
    pub fn scope<T>(&self, f: impl FnOnce() -> T) -> T {
        let _borrowed = self.borrow();
        f()
    }

    fn borrow(&self) -> Borrowed {
        Borrowed(self.parent.as_ref().and_then(|parent| {
            let session = &parent.session;
            let thread = local::thread(session.id(), || Some(Arc::clone(session)))?;
            let entered = thread.enter_borrowed(parent.id, parent.path, parent.untimed)?;
            Some((thread, entered))
        }))
    }
}

impl Profiler {
    /// Returns the span of this profiler that is open on this thread.
    #[must_use]
    pub fn context(&self) -> SpanContext {
        SpanContext::of(self.thread())
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        if let Some((thread, entered)) = &self.0 {
            thread.exit_untimed(*entered);
        }
    }
}

/// Returns a closure that runs `f` below the span that is open now, on whatever thread.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use atp_profile::{in_current_span, profile_fn};
///
/// let work = || profile_fn("hash", || 42);
/// assert_eq!(tokio::task::spawn_blocking(in_current_span(work)).await.unwrap(), 42);
/// # }
/// ```
pub fn in_current_span<T, F: FnOnce() -> T>(f: F) -> impl FnOnce() -> T + use<T, F> {
    let context = SpanContext::current();
    move || context.scope(f)
}

pin_project! {
    /// A future that is polled below the span that was open where it was wrapped.
    #[must_use = "futures do nothing unless polled"]
    #[derive(Debug)]
    pub struct InSpan<F> {
        #[pin]
        future: F,
        context: SpanContext,
    }
}

impl<F> InSpan<F> {
    pub(crate) fn new(future: F, context: SpanContext) -> Self {
        Self { future, context }
    }
}

impl<F: Future> Future for InSpan<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let future = this.future;
        this.context.scope(|| future.poll(context))
    }
}
