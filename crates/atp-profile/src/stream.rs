//! Streams and iterators in spans.

use crate::profiler::Profiler;
use crate::task::Task;
use futures_core::stream::{FusedStream, Stream};
use pin_project_lite::pin_project;
use std::iter::FusedIterator;
use std::pin::Pin;
use std::task::{Context, Poll};

pin_project! {
    /// A stream whose span is open from its first poll until it has ended or is dropped.
    ///
    /// Busy is the time inside of polls. Dropped before it ended, it counts as cancelled.
    #[must_use = "streams do nothing unless polled"]
    #[derive(Debug)]
    pub struct ProfiledStream<S> {
        #[pin]
        stream: S,
        task: Task,
    }
}

impl<S: Stream> Stream for ProfiledStream<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        let poll = this.task.poll();
        let item = this.stream.poll_next(context);
        drop(poll);
        if matches!(item, Poll::Ready(None)) {
            this.task.finish(false);
        }
        item
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}

impl<S: FusedStream> FusedStream for ProfiledStream<S> {
    fn is_terminated(&self) -> bool {
        self.stream.is_terminated()
    }
}

/// Spans for streams, by method.
///
/// # Examples
///
/// ```
/// use atp_profile::{ProfileStreamExt, enable_profiling};
/// use futures::{StreamExt, stream};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let profiler = enable_profiling();
/// let events = stream::iter(0..3).profiled("events");
/// assert_eq!(events.count().await, 3);
/// assert_eq!(profiler.stats()["events"].count, 1); // one span from the first poll to the end
/// # }
/// ```
pub trait ProfileStreamExt: Stream + Sized {
    /// Wraps the stream in a span of the process's profiler, below the span that is open now.
    fn profiled(self, name: &'static str) -> ProfiledStream<Self> {
        ProfiledStream { task: Task::new(Profiler::global_thread(), name, || None), stream: self }
    }
}

impl<S: Stream> ProfileStreamExt for S {}

/// An iterator whose span is open from its first step until it has ended or is dropped.
///
/// Busy is the time inside of `next` and `next_back`. Dropped before it ended, it counts as cancelled.
#[must_use = "iterators are lazy"]
#[derive(Debug)]
pub struct ProfiledIter<I> {
    iterator: I,
    task: Task,
}

impl<I: Iterator> Iterator for ProfiledIter<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        self.step(I::next)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.iterator.size_hint()
    }
}

impl<I: DoubleEndedIterator> DoubleEndedIterator for ProfiledIter<I> {
    fn next_back(&mut self) -> Option<I::Item> {
        self.step(I::next_back)
    }
}

impl<I: ExactSizeIterator> ExactSizeIterator for ProfiledIter<I> {}

impl<I: FusedIterator> FusedIterator for ProfiledIter<I> {}

impl<I: Iterator> ProfiledIter<I> {
    /// Takes a step from either end in the span.
    fn step(&mut self, step: impl FnOnce(&mut I) -> Option<I::Item>) -> Option<I::Item> {
        let poll = self.task.poll();
        let item = step(&mut self.iterator);
        drop(poll);
        if item.is_none() {
            self.task.finish(false);
        }
        item
    }
}

/// Spans for iterators, by method.
///
/// # Examples
///
/// ```
/// use atp_profile::{ProfileIteratorExt, enable_profiling};
///
/// let profiler = enable_profiling();
/// let lines = "a\nb\nc".lines().profiled("lines");
/// assert_eq!(lines.count(), 3);
/// assert_eq!(profiler.stats()["lines"].count, 1); // one span for all of its steps
/// ```
pub trait ProfileIteratorExt: Iterator + Sized {
    /// Wraps the iterator in a span of the process's profiler, below the span that is open now.
    fn profiled(self, name: &'static str) -> ProfiledIter<Self> {
        ProfiledIter { task: Task::new(Profiler::global_thread(), name, || None), iterator: self }
    }
}

impl<I: Iterator> ProfileIteratorExt for I {}
