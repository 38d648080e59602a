//! A part of the program, told apart from the rest of the process.

mod attribution;
mod future;
mod outlived;

pub use future::{MemoryFutureExt, TrackedFuture};
pub use outlived::Outlived;

use crate::heap::HeapCounts;
use crate::snapshot::MemoryDiff;
use crate::span::Span;
use crate::tracker;
use attribution::{Attribution, Entered};
use std::borrow::Cow;
use std::marker::PhantomData;

/// What a scope did, and what the process did meanwhile.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct MemoryChange {
    /// What the scope was called.
    pub label: Cow<'static, str>,
    /// The whole process meanwhile, other threads included.
    pub process: MemoryDiff,
    /// What ran inside of the scope, whichever thread it ran on, scopes inside of it included.
    ///
    /// `None` without the [`TrackingAllocator`](crate::TrackingAllocator), and if part of it ran
    /// on a thread beyond the 512 that have counters of their own.
    pub scope: Option<HeapCounts>,
    /// Blocks allocated inside of the scope that are still alive; `None` unless a tracker has been
    /// sampling all the while, and for scopes beyond the some 4,000 that can be told apart at a
    /// time.
    pub outlived: Option<Outlived>,
}

/// Runs `work` and returns its value with what it allocated and freed, and what the process did
/// meanwhile.
///
/// Needs no tracker. While the global tracker is tracking, its timeline also gets the snapshots
/// `<label>_start` and `<label>_end`.
///
/// If `work` panics the scope is left and the panic goes on.
///
/// # Examples
///
/// ```
/// use atp_memory::track_memory;
///
/// let (squares, change) = track_memory("squares", || (0..100_u64).map(|n| n * n).collect::<Vec<_>>());
/// assert_eq!(squares.len(), 100);
/// // No `TrackingAllocator` in this program: the heap was not measured.
/// assert_eq!(change.scope, None);
/// ```
pub fn track_memory<T>(
    label: impl Into<Cow<'static, str>>,
    work: impl FnOnce() -> T,
) -> (T, MemoryChange) {
    let scope = MemoryScope::enter(label);
    let value = work();
    let change = scope.finish();
    (value, change)
}

/// A scope that lasts from [`MemoryScope::enter`] to [`MemoryScope::finish`] or to its drop.
///
/// It belongs to the thread that entered it. Scopes nest, and may be finished in any order; what
/// happens in an inner scope also counts for the outer one. Other threads take part through a
/// [`ScopeHandle`], futures through [`MemoryFutureExt`].
///
/// Note that `let _ = MemoryScope::enter("x")` drops it at once.
///
/// # Examples
///
/// ```
/// use atp_memory::{MemoryScope, TrackingAllocator};
///
/// #[global_allocator]
/// static ALLOCATOR: TrackingAllocator = TrackingAllocator::system();
///
/// let scope = MemoryScope::enter("index");
/// let handle = scope.handle();
/// let other = std::thread::spawn(move || handle.run(|| vec![0_u8; 5_000]));
/// let index = other.join().unwrap();
/// let counts = scope.finish().scope.expect("the allocator is installed");
/// assert!(counts.net_bytes() >= 5_000);
/// # drop(index);
/// ```
#[derive(Debug)]
#[must_use = "a scope that is dropped at once measures nothing"]
pub struct MemoryScope {
    running: Running,
    entered: Entered,
    /// What is entered on a thread is left on it.
    not_send: PhantomData<*const ()>,
}

impl MemoryScope {
    /// Enters a scope on this thread.
    pub fn enter(label: impl Into<Cow<'static, str>>) -> Self {
        let running = Running::begin(label.into());
        let entered = running.attribution.enter();
        Self { running, entered, not_send: PhantomData }
    }

    /// Returns a handle by which work on other threads takes part in the scope.
    #[must_use]
    pub fn handle(&self) -> ScopeHandle {
        ScopeHandle { attribution: self.running.attribution.clone() }
    }

    /// Leaves the scope and returns what happened in it.
    #[must_use]
    pub fn finish(self) -> MemoryChange {
        drop(self.entered);
        self.running.end()
    }
}

/// Runs work on any thread as part of a scope.
///
/// Work that is still running when the scope is finished is not in its result.
#[derive(Debug, Clone)]
pub struct ScopeHandle {
    attribution: Attribution,
}

impl ScopeHandle {
    /// Runs `work` inside of the scope.
    ///
    /// # Examples
    ///
    /// ```
    /// use atp_memory::MemoryScope;
    ///
    /// let scope = MemoryScope::enter("index");
    /// let handle = scope.handle();
    /// let length = std::thread::spawn(move || handle.run(|| "x".repeat(1000).len())).join().unwrap();
    /// let change = scope.finish();
    /// assert_eq!((length, change.label.as_ref()), (1000, "index"));
    /// ```
    pub fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        let _entered = self.attribution.enter();
        work()
    }
}

/// A scope apart from where it is entered.
#[derive(Debug)]
struct Running {
    label: Cow<'static, str>,
    attribution: Attribution,
    span: Span,
}

impl Running {
    fn begin(label: Cow<'static, str>) -> Self {
        tracker::mark(&label, "_start");
        let span = Span::begin();
        Self { label, attribution: Attribution::open(), span }
    }

    fn end(self) -> MemoryChange {
        let process = self.span.end();
        let scope = self.attribution.counts();
        let outlived = self.attribution.close();
        tracker::mark(&self.label, "_end");
        MemoryChange { label: self.label, process, scope, outlived }
    }
}
