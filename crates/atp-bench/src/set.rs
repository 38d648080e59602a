//! Benchmarks that can be run together, or one at a time in a process of their own.

use crate::{
    benchmark::Benchmark,
    operation::{AsyncCalls, Batched, Calls, Operation},
    result::Throughput,
    suite::BenchmarkSuite,
};
use std::fmt;

/// Named benchmarks with what they need, made only when one is run.
///
/// [`BenchmarkSet::run`] measures all of them; [`worker::serve`](crate::worker::serve) offers each
/// to a program that compares two builds.
///
/// # Examples
///
/// ```
/// use atp_bench::{Benchmark, BenchmarkSet, Throughput};
/// use std::time::Duration;
///
/// let set = BenchmarkSet::new("Sorting")
///     .with("sort_1000", Some(Throughput::Elements(1_000)), || {
///         let numbers: Vec<u64> = (0..1_000).rev().collect();
///         move || {
///             let mut copy = numbers.clone();
///             copy.sort_unstable();
///             copy
///         }
///     });
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let suite = set.run(&Benchmark::new().with_target_time(Duration::from_millis(5))).await;
/// assert!(suite.result("sort_1000").is_some());
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct BenchmarkSet {
    name: String,
    entries: Vec<Entry>,
}

/// Makes a benchmark's inputs and the operation that uses them.
type Make = Box<dyn Fn() -> Box<dyn Operation>>;

pub(crate) struct Entry {
    pub(crate) name: String,
    /// Whether an executor or threads take part, whose samples scatter more.
    pub(crate) concurrent: bool,
    work: Option<Throughput>,
    pub(crate) make: Make,
}

impl fmt::Debug for BenchmarkSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.entries.iter().map(|entry| entry.name.as_str()).collect();
        f.debug_struct("BenchmarkSet")
            .field("name", &self.name)
            .field("benchmarks", &names)
            .finish()
    }
}

impl BenchmarkSet {
    /// Creates a set without benchmarks.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), entries: Vec::new() }
    }

    /// Adds a closure. `prepare` makes it together with its inputs, each time it is to be run.
    #[must_use]
    pub fn with<T, F: FnMut() -> T + 'static>(
        self,
        name: impl Into<String>,
        work: Option<Throughput>,
        prepare: impl Fn() -> F + 'static,
    ) -> Self {
        self.push(name.into(), work, false, Box::new(move || Box::new(Calls(prepare()))))
    }

    /// Adds a closure that takes an input made untimed for each call.
    #[must_use]
    pub fn with_batched<I, O, S, F>(
        self,
        name: impl Into<String>,
        work: Option<Throughput>,
        prepare: impl Fn() -> (S, F) + 'static,
    ) -> Self
    where
        I: 'static,
        O: 'static,
        S: FnMut() -> I + 'static,
        F: FnMut(I) -> O + 'static,
    {
        let make = move || -> Box<dyn Operation> {
            let (input, call) = prepare();
            Box::new(Batched { input, call })
        };
        self.push(name.into(), work, false, Box::new(make))
    }

    /// Adds an asynchronous closure.
    #[must_use]
    pub fn with_async<T, F: AsyncFnMut() -> T + 'static>(
        self,
        name: impl Into<String>,
        work: Option<Throughput>,
        prepare: impl Fn() -> F + 'static,
    ) -> Self {
        self.push(name.into(), work, true, Box::new(move || Box::new(AsyncCalls(prepare()))))
    }

    fn push(
        mut self,
        name: String,
        work: Option<Throughput>,
        concurrent: bool,
        make: Make,
    ) -> Self {
        self.entries.push(Entry { name, concurrent, work, make });
        self
    }

    /// Returns the title of the set's report.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Measures all benchmarks, one after the other.
    ///
    /// # Panics
    ///
    /// If one of them, or the making of its inputs, does.
    pub async fn run(&self, benchmark: &Benchmark) -> BenchmarkSuite {
        let mut suite = BenchmarkSuite::new(&self.name);
        for entry in &self.entries {
            let mut operation = (entry.make)();
            let mut case = benchmark.case(&entry.name);
            if let Some(work) = entry.work {
                case = case.throughput(work);
            }
            suite.push(case.measure(operation.as_mut()).await);
        }
        suite.finish();
        suite
    }
}
