//! Streams with an end to waiting for each item, and the stream itself untouched by it.

mod timers;

use futures_core::Stream;
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use timers::Timers;

/// How long a stream may take. Nothing is limited unless set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamLimits {
    /// For the first item.
    pub first: Option<Duration>,
    /// For each further item, from the moment it is asked for.
    pub idle: Option<Duration>,
    /// For everything, from the first poll on.
    pub total: Option<Duration>,
}

/// Which limit of a stream has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StreamElapsed {
    /// There was no first item in time. The stream goes on.
    #[error("no first item within {0:?}")]
    First(Duration),
    /// There was no further item in time. The stream goes on.
    #[error("no further item within {0:?}")]
    Idle(Duration),
    /// The stream did not end in time. It is cut off here.
    #[error("the stream did not end within {0:?}")]
    Total(Duration),
}

impl StreamLimits {
    /// Limits nothing.
    pub const fn new() -> Self {
        Self { first: None, idle: None, total: None }
    }

    /// Limits the wait for the first item.
    #[must_use]
    pub const fn with_first(mut self, limit: Duration) -> Self {
        self.first = Some(limit);
        self
    }

    /// Limits the wait for each item after the first; also for the first, where that has no limit
    /// of its own.
    #[must_use]
    pub const fn with_idle(mut self, limit: Duration) -> Self {
        self.idle = Some(limit);
        self
    }

    /// Limits the whole stream.
    #[must_use]
    pub const fn with_total(mut self, limit: Duration) -> Self {
        self.total = Some(limit);
        self
    }
}

/// Puts limits of time on a stream.
///
/// The stream is polled in place and never dropped, restarted or asked twice: an item that is
/// late for its limit is delivered after the [`StreamElapsed`] that stands for the wait. A limit
/// counts only while an item is asked for, so a consumer that is slow does not use it up; the
/// total is the exception, and runs from the first poll on. When the total has passed, that is
/// the last item, even of a stream that always has one ready: what comes later is cut off with
/// the rest. Only a stream that has ended is never reported as cut off.
///
/// A limit of zero passes whenever the stream has nothing ready. Items that are ready come before
/// the limits for the first and for each further item.
///
/// # Cancellation and panics
///
/// All state is in the stream: a `next()` that is dropped loses no item. A panic of the inner
/// stream goes through.
///
/// # Panics
///
/// When polled outside a tokio runtime with its timer on.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// use atp_async::{StreamElapsed, StreamLimits, stream_with_timeout};
/// use futures::{StreamExt, stream};
/// use std::time::Duration;
///
/// let slow = stream::iter([1, 2]).then(async |n| {
///     tokio::time::sleep(Duration::from_secs(n)).await;
///     n
/// });
/// let idle = Duration::from_millis(1_500);
/// let limited = stream_with_timeout(slow, StreamLimits::new().with_idle(idle));
/// let items: Vec<_> = limited.collect().await;
/// assert_eq!(items, [Ok(1), Err(StreamElapsed::Idle(idle)), Ok(2)]);
/// # }
/// ```
pub fn stream_with_timeout<S: Stream>(stream: S, limits: StreamLimits) -> TimeoutStream<S> {
    TimeoutStream { stream, timers: Timers::new(limits), ended: false }
}

pin_project! {
    /// A stream with limits of time, made by [`stream_with_timeout`].
    #[derive(Debug)]
    #[must_use = "streams do nothing unless polled"]
    pub struct TimeoutStream<S> {
        #[pin]
        stream: S,
        timers: Timers,
        // The stream has ended or was cut off, and is not polled again.
        ended: bool,
    }
}

impl<S: Stream> TimeoutStream<S> {
    /// Puts the item that `fallback` makes where a limit has passed, instead of an error.
    ///
    /// The stream then goes on, or ends if it was the total.
    pub fn with_fallback<F>(self, fallback: F) -> FallbackStream<S, F>
    where
        F: FnMut(StreamElapsed) -> S::Item,
    {
        FallbackStream { stream: self, fallback }
    }
}

impl<S: Stream> Stream for TimeoutStream<S> {
    type Item = Result<S::Item, StreamElapsed>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.project();
        if *this.ended {
            return Poll::Ready(None);
        }
        this.timers.begin();
        if let Poll::Ready(item) = this.stream.poll_next(cx) {
            if item.is_some()
                && let Some(elapsed) = this.timers.total_elapsed()
            {
                *this.ended = true;
                return Poll::Ready(Some(Err(elapsed)));
            }
            this.timers.item();
            *this.ended = item.is_none();
            return Poll::Ready(item.map(Ok));
        }
        let elapsed = ready!(this.timers.poll_elapsed(cx));
        *this.ended = matches!(elapsed, StreamElapsed::Total(_));
        Poll::Ready(Some(Err(elapsed)))
    }
}

pin_project! {
    /// A stream with limits of time and an item for those that pass, made by
    /// [`TimeoutStream::with_fallback`].
    #[derive(Debug)]
    #[must_use = "streams do nothing unless polled"]
    pub struct FallbackStream<S, F> {
        #[pin]
        stream: TimeoutStream<S>,
        fallback: F,
    }
}

impl<S: Stream, F: FnMut(StreamElapsed) -> S::Item> Stream for FallbackStream<S, F> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        let item = ready!(this.stream.poll_next(cx));
        Poll::Ready(item.map(|item| item.unwrap_or_else(this.fallback)))
    }
}
