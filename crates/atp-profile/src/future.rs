//! Futures in spans.

use crate::context::{InSpan, SpanContext};
use crate::metadata::Metadata;
use crate::profiler::Profiler;
use crate::task::Task;
use crate::thread::Thread;
use futures_core::future::FusedFuture;
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

pin_project! {
    /// A future whose span is open from its first poll until it is ready or dropped.
    ///
    /// The parent is the span that was open where the future was wrapped, whichever task polls
    /// it. Three times are told apart: the delay from wrapping to the first poll, the busy time
    /// inside of polls, and the wall time from the first poll to the end. Dropped before its end
    /// it counts as cancelled; a poll that panics marks it as panicked.
    #[must_use = "futures do nothing unless polled"]
    #[derive(Debug)]
    pub struct Profiled<F: Future> {
        #[pin]
        future: F,
        task: Task,
        failed: fn(&F::Output) -> bool,
    }
}

impl<F: Future> Profiled<F> {
    pub(crate) fn new(
        thread: Option<Rc<Thread>>,
        name: &'static str,
        future: F,
        metadata: impl FnOnce() -> Option<Metadata>,
        failed: fn(&F::Output) -> bool,
    ) -> Self {
        Self { future, task: Task::new(thread, name, metadata), failed }
    }
}

impl<F: Future> Future for Profiled<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let poll = this.task.poll();
        let ready = this.future.poll(context);
        drop(poll);
        let output = ready!(ready);
        this.task.finish((this.failed)(&output));
        Poll::Ready(output)
    }
}

impl<F: FusedFuture> FusedFuture for Profiled<F> {
    fn is_terminated(&self) -> bool {
        self.future.is_terminated()
    }
}

/// Spans for futures, by method.
///
/// # Examples
///
/// ```
/// use atp_profile::{ProfileFutureExt, enable_profiling};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let profiler = enable_profiling();
/// let failed = async { "x".parse::<u8>() };
/// assert!(failed.try_profiled("parse").await.is_err());
/// assert_eq!(tokio::spawn(async { 42 }.profiled("answer")).await.unwrap(), 42);
/// let stats = profiler.stats();
/// assert_eq!((stats["answer"].count, stats["parse"].failed), (1, 1));
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait ProfileFutureExt: Future + Sized {
    /// Wraps the future in a span of the process's profiler, below the span that is open now.
    ///
    /// Returns the future all the same if profiling is off; it is then never recorded.
    fn profiled(self, name: &'static str) -> Profiled<Self> {
        Profiled::new(Profiler::global_thread(), name, self, || None, |_| false)
    }

    /// Does the same, and marks the span as failed if the output is an error.
    fn try_profiled<T, E>(self, name: &'static str) -> Profiled<Self>
    where
        Self: Future<Output = Result<T, E>>,
    {
        Profiled::new(Profiler::global_thread(), name, self, || None, Result::is_err)
    }

    /// Polls the future below the span that is open now, without a span of its own: for futures
    /// that are spawned.
    fn in_current_span(self) -> InSpan<Self> {
        InSpan::new(self, SpanContext::current())
    }
}

impl<F: Future> ProfileFutureExt for F {}
