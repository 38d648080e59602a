//! One measurement, described step by step.

use crate::{
    benchmark::Benchmark,
    hooks::{Hook, Hooks},
    operation::{AsyncBatched, AsyncCalls, Batched, Calls, Operation},
    overhead::Overhead,
    poll,
    result::{BenchmarkResult, Description, Throughput},
    sampling, threads,
};
use serde_json::Value;
use std::{fmt, marker::PhantomData, time::Instant};

/// Mode of a [`Case`] in which nothing waits.
#[derive(Debug)]
pub enum Plain {}

/// Mode of a [`Case`] with a set-up or tear-down that waits: it can only be run asynchronously.
#[derive(Debug)]
pub enum Awaited {}

/// One measurement: a name, what surrounds each iteration, and what is written beside the result.
///
/// Made by [`Benchmark::case`], ended by one of the `run` methods. Set-up and tear-down run once
/// an iteration, warm-up included, outside of the timed region. If the operation panics, or an
/// asynchronous run is dropped, a tear-down that does not wait still runs.
///
/// # Examples
///
/// ```
/// use atp_bench::{Benchmark, Throughput};
/// use std::cell::RefCell;
///
/// let queue = RefCell::new(Vec::new());
/// let result = Benchmark::new()
///     .with_max_iterations(20)
///     .case("drain")
///     .setup(|| queue.borrow_mut().extend(0..1_000))
///     .teardown(|| queue.borrow_mut().clear())
///     .throughput(Throughput::Elements(1_000))
///     .metadata("size", 1_000)
///     .run(|| queue.borrow_mut().drain(..).sum::<i32>());
/// assert_eq!(result.metadata["size"], 1_000);
/// assert!(result.units_per_second() > Some(0.0));
/// ```
#[must_use = "a case measures nothing until it is run"]
pub struct Case<'a, M = Plain> {
    benchmark: Benchmark,
    description: Description,
    hooks: Hooks<'a>,
    mode: PhantomData<M>,
}

/// A [`Case`] on several threads, made by [`Case::threads`].
#[must_use = "a case measures nothing until it is run"]
#[derive(Debug)]
pub struct ThreadedCase<'a> {
    case: Case<'a>,
    threads: usize,
}

impl<M> fmt::Debug for Case<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case")
            .field("benchmark", &self.benchmark)
            .field("description", &self.description)
            .finish_non_exhaustive()
    }
}

impl<'a, M> Case<'a, M> {
    /// Runs `hook` before each iteration.
    pub fn setup(mut self, hook: impl FnMut() + 'a) -> Self {
        self.hooks.set_up = Some(Hook::Plain(Box::new(hook)));
        self
    }

    /// Runs `hook` after each iteration.
    pub fn teardown(mut self, hook: impl FnMut() + 'a) -> Self {
        self.hooks.tear_down = Some(Hook::Plain(Box::new(hook)));
        self
    }

    /// Awaits `hook` before each iteration.
    pub fn setup_async(mut self, hook: impl AsyncFnMut() + 'a) -> Case<'a, Awaited> {
        self.hooks.set_up = Some(Hook::Awaited(Box::new(hook)));
        self.awaited()
    }

    /// Awaits `hook` after each iteration. It does not run when the operation panics or the run
    /// is dropped: nothing can be awaited then.
    pub fn teardown_async(mut self, hook: impl AsyncFnMut() + 'a) -> Case<'a, Awaited> {
        self.hooks.tear_down = Some(Hook::Awaited(Box::new(hook)));
        self.awaited()
    }

    fn awaited(self) -> Case<'a, Awaited> {
        let Self { benchmark, description, hooks, mode: _ } = self;
        Case { benchmark, description, hooks, mode: PhantomData }
    }

    /// Writes a value beside the result. The last one of a key counts.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.description.metadata.insert(key.into(), value.into());
        self
    }

    /// Says how much work one iteration is, so that the result has units per second.
    pub fn throughput(mut self, work: Throughput) -> Self {
        self.description.work = Some(work);
        self
    }

    /// Measures an asynchronous closure, from its call to the end of its future. A
    /// measurement that is dropped tears down what it has set up, unless that has to be awaited.
    ///
    /// # Panics
    ///
    /// If `operation` or a hook does.
    pub async fn run_async<T>(self, operation: impl AsyncFnMut() -> T) -> BenchmarkResult {
        self.measure(&mut AsyncCalls(operation)).await
    }

    /// Measures an asynchronous closure with inputs that `input` made beforehand, up to 256 at a
    /// time. Neither making the inputs nor dropping the outputs is timed.
    ///
    /// # Panics
    ///
    /// If `input`, `operation` or a hook does.
    pub async fn run_batched_async<I, O>(
        self,
        input: impl AsyncFnMut() -> I,
        operation: impl AsyncFnMut(I) -> O,
    ) -> BenchmarkResult {
        self.measure(&mut AsyncBatched { input, call: operation }).await
    }

    pub(crate) async fn measure(mut self, operation: &mut dyn Operation) -> BenchmarkResult {
        let overhead = Overhead::measured();
        let start = Instant::now();
        let plan = self.benchmark.plan();
        let clock = || start.elapsed();
        let samples = sampling::collect(&plan, &mut self.hooks, operation, &clock).await;
        BenchmarkResult::measured(self.description, &samples, &overhead)
    }
}

impl<'a> Case<'a> {
    pub(crate) fn new(benchmark: Benchmark, name: String) -> Self {
        let description = Description { name, ..Description::default() };
        Self { benchmark, description, hooks: Hooks::default(), mode: PhantomData }
    }

    /// Measures a closure.
    ///
    /// # Panics
    ///
    /// If `operation` or a hook does.
    pub fn run<T>(self, operation: impl FnMut() -> T) -> BenchmarkResult {
        poll::ready(self.measure(&mut Calls(operation)))
    }

    /// Measures a closure with inputs that `input` made beforehand, up to 256 at a time. Neither
    /// making the inputs nor dropping the outputs is timed.
    ///
    /// # Panics
    ///
    /// If `input`, `operation` or a hook does.
    pub fn run_batched<I, O>(
        self,
        input: impl FnMut() -> I,
        operation: impl FnMut(I) -> O,
    ) -> BenchmarkResult {
        poll::ready(self.measure(&mut Batched { input, call: operation }))
    }

    /// Makes each iteration a call on each of `threads` threads at once; 0 counts as 1.
    pub fn threads(self, threads: usize) -> ThreadedCase<'a> {
        ThreadedCase { case: self, threads: threads.max(1) }
    }
}

impl ThreadedCase<'_> {
    /// Measures a closure that all threads call at once, for as long as the slowest takes.
    ///
    /// The threads are started once, wait for each other before each sample, and end with it.
    ///
    /// # Panics
    ///
    /// If `operation` or a hook does, or the system refuses a thread.
    pub fn run<T>(self, operation: impl Fn() -> T + Sync) -> BenchmarkResult {
        threads::with_team(self.threads, operation, |team| poll::ready(self.case.measure(team)))
    }
}
