//! The process's profiler: what the guide's functions use.

use crate::metadata::Metadata;
use crate::profiler::Profiler;
use crate::{Profiled, Span};

/// Returns the process's profiler, disabled until [`enable_profiling`] or [`set_profiler`].
#[doc(alias = "get_profiler")]
#[must_use]
pub fn profiler() -> Profiler {
    Profiler::global()
}

/// Puts `profiler` in the place of the process's, which is returned if there was one.
///
/// Spans that are open end in the profiler that opened them.
///
/// # Examples
///
/// ```
/// use atp_profile::{Profiler, profile, set_profiler};
///
/// let own = Profiler::new();
/// let before = set_profiler(own.clone());
/// drop(profile("load"));
/// assert_eq!(own.stats()["load"].count, 1);
/// # drop(before);
/// ```
pub fn set_profiler(profiler: Profiler) -> Option<Profiler> {
    profiler.make_global()
}

/// Turns the process's profiler on and returns it. What it recorded before is kept.
pub fn enable_profiling() -> Profiler {
    let profiler = profiler();
    profiler.enable();
    profiler
}

/// Turns the process's profiler off. Its figures stay.
pub fn disable_profiling() {
    profiler().disable();
}

/// Opens a span of the process's profiler, until the guard is dropped.
///
/// Costs one relaxed load while profiling is off. `let _ = profile("x")` drops at once and
/// measures nothing; bind it to `_span`. For a name that varies take one name and metadata:
/// [`profile!`](crate::profile!).
///
/// # Examples
///
/// ```
/// use atp_profile::{enable_profiling, profile};
///
/// let profiler = enable_profiling();
/// {
///     let _span = profile("load_suite");
/// }
/// assert_eq!(profiler.stats()["load_suite"].count, 1);
/// ```
#[inline]
pub fn profile(name: &'static str) -> Span {
    if Profiler::global_is_on() { open(name) } else { Span::off() }
}

/// Out of line, so that a disabled span leaves next to nothing in the caller.
#[inline(never)]
fn open(name: &'static str) -> Span {
    Span::open(Profiler::global_thread(), name)
}

/// Opens a span with metadata, which is only made if the span is recorded: what
/// [`profile!`](crate::profile!) calls.
#[inline]
pub fn profile_with(name: &'static str, metadata: impl FnOnce() -> Metadata) -> Span {
    Span::open_with(Profiler::global_thread(), name, metadata)
}

/// Runs `f` in a span of the process's profiler.
///
/// # Examples
///
/// ```
/// let length = atp_profile::profile_fn("measure", || "text".len());
/// assert_eq!(length, 4);
/// ```
#[inline]
pub fn profile_fn<T>(name: &'static str, f: impl FnOnce() -> T) -> T {
    let _span = profile(name);
    f()
}

/// Runs `f` in a span, which is marked as failed if it returns an error.
///
/// # Examples
///
/// ```
/// use atp_profile::{enable_profiling, try_profile_fn};
///
/// let profiler = enable_profiling();
/// assert!(try_profile_fn("parse", || "x".parse::<u32>()).is_err());
/// assert_eq!(profiler.stats()["parse"].failed, 1);
/// ```
///
/// # Errors
///
/// Those of `f`.
#[inline]
pub fn try_profile_fn<T, E>(name: &'static str, f: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    let span = profile(name);
    f().inspect_err(|_| span.fail())
}

/// Wraps a future in a span of the process's profiler, below the span that is open now.
///
/// The same as [`ProfileFutureExt::profiled`](crate::ProfileFutureExt::profiled).
///
/// # Examples
///
/// ```
/// use atp_profile::{enable_profiling, profile_async};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let profiler = enable_profiling();
/// assert_eq!(profile_async("execute_test", async { 42 }).await, 42);
/// assert_eq!(profiler.stats()["execute_test"].tasks, 1);
/// # }
/// ```
#[inline]
pub fn profile_async<F: Future>(name: &'static str, future: F) -> Profiled<F> {
    Profiled::new(Profiler::global_thread(), name, future, || None, |_| false)
}

/// Wraps a future in a span with metadata: what [`profile_async!`](crate::profile_async!) calls.
/// `failed` tells by the output whether the span is marked as failed.
#[inline]
pub fn profile_async_with<F: Future>(
    name: &'static str,
    future: F,
    metadata: impl FnOnce() -> Metadata,
    failed: fn(&F::Output) -> bool,
) -> Profiled<F> {
    Profiled::new(Profiler::global_thread(), name, future, || Some(metadata()), failed)
}
