//! What is measured: something that can be called a number of times in one timed sample.

use crate::stopwatch::{Timing, timed, timed_async};
use std::{
    future::{Future, ready},
    hint::black_box,
    pin::Pin,
};

/// A sample on its way. It is ready at its first poll unless the operation itself waits.
pub(crate) type Sampling<'a> = Pin<Box<dyn Future<Output = Timing> + 'a>>;

/// An operation together with the loop that calls it.
///
/// One implementation a way of calling; everything around the samples exists once, in
/// [`crate::sampling`].
pub(crate) trait Operation {
    /// Calls the operation `iterations` times and returns what that took.
    fn sample(&mut self, iterations: u64) -> Sampling<'_>;

    /// Returns the loop whose own cost is part of each iteration.
    fn shape(&self) -> Shape;

    /// Returns how many threads make `iterations` calls each.
    fn threads(&self) -> usize {
        1
    }
}

/// The loops that call operations, told apart because each costs something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// [`Calls`], and each thread of the threaded form.
    Plain,
    /// [`AsyncCalls`].
    Awaited,
    /// [`Batched`] and [`AsyncBatched`]: inputs and outputs pass through memory.
    Batched,
}

/// Calls a closure.
pub(crate) struct Calls<F>(pub(crate) F);

/// Calls a closure and awaits the future it returns.
pub(crate) struct AsyncCalls<F>(pub(crate) F);

/// Calls a closure with inputs made before the clock starts; its outputs are dropped afterwards.
pub(crate) struct Batched<S, F> {
    pub(crate) input: S,
    pub(crate) call: F,
}

/// [`Batched`] for a closure and a source of inputs that wait.
pub(crate) struct AsyncBatched<S, F> {
    pub(crate) input: S,
    pub(crate) call: F,
}

/// Inputs that are in memory at one time. More would measure the memory they lie in.
pub(crate) const MAX_INPUTS: u64 = 256;

impl<T, F: FnMut() -> T> Operation for Calls<F> {
    fn sample(&mut self, iterations: u64) -> Sampling<'_> {
        Box::pin(ready(call_many(&mut self.0, iterations)))
    }

    fn shape(&self) -> Shape {
        Shape::Plain
    }
}

/// Times `iterations` calls in a row.
#[inline(never)]
pub(crate) fn call_many<T>(call: &mut impl FnMut() -> T, iterations: u64) -> Timing {
    timed(|| {
        for _ in 0..iterations {
            black_box(call());
        }
    })
}

impl<T, F: AsyncFnMut() -> T> Operation for AsyncCalls<F> {
    fn sample(&mut self, iterations: u64) -> Sampling<'_> {
        Box::pin(timed_async(async move {
            for _ in 0..iterations {
                black_box((self.0)().await);
            }
        }))
    }

    fn shape(&self) -> Shape {
        Shape::Awaited
    }
}

impl<I, O, S: FnMut() -> I, F: FnMut(I) -> O> Operation for Batched<S, F> {
    fn sample(&mut self, iterations: u64) -> Sampling<'_> {
        let mut inputs: Vec<I> = (0..iterations).map(|_| (self.input)()).collect();
        let mut outputs = Vec::with_capacity(inputs.len());
        let timing = timed(|| {
            for input in inputs.drain(..) {
                outputs.push(black_box((self.call)(black_box(input))));
            }
        });
        Box::pin(ready(timing))
    }

    fn shape(&self) -> Shape {
        Shape::Batched
    }
}

impl<I, O, S: AsyncFnMut() -> I, F: AsyncFnMut(I) -> O> Operation for AsyncBatched<S, F> {
    fn sample(&mut self, iterations: u64) -> Sampling<'_> {
        Box::pin(async move {
            let mut inputs = Vec::new();
            for _ in 0..iterations {
                inputs.push((self.input)().await);
            }
            let mut outputs = Vec::with_capacity(inputs.len());
            timed_async(async {
                for input in inputs.drain(..) {
                    outputs.push(black_box((self.call)(black_box(input)).await));
                }
            })
            .await
        })
    }

    fn shape(&self) -> Shape {
        Shape::Batched
    }
}
