//! The handle of a profiler, and which one is the process's.

use crate::clock::Clock;
use crate::config::{ConfigError, ProfilerConfig};
use crate::local;
use crate::metadata::Metadata;
use crate::session::{Session, lock};
use crate::span::Span;
use crate::thread::Thread;
use crate::{ManualClock, Profiled};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

/// Records spans and tells what they add up to.
///
/// A handle: clones record into the same place. A library or a test has its own; programs use the
/// process's through [`enable_profiling`](crate::enable_profiling) and the free functions. Spans
/// of different profilers do not see each other.
///
/// Reading ([`stats`](Self::stats), [`snapshot`](Self::snapshot), reports, exports) never stops a
/// thread that records, and costs time in proportion to threads and paths.
///
/// # Examples
///
/// ```
/// use atp_profile::{ManualClock, Profiler};
/// use std::time::Duration;
///
/// // A clock that stands still unless told otherwise: the way to test what is profiled.
/// let clock = ManualClock::new();
/// let profiler = Profiler::with_clock(clock.clone());
/// profiler.profile_fn("load", || clock.advance(Duration::from_millis(3)));
/// assert_eq!(profiler.stats()["load"].total, Duration::from_millis(3));
/// ```
#[derive(Debug, Clone)]
pub struct Profiler {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    config: ProfilerConfig,
    /// The session's number while profiling is on, else zero: all that a disabled span reads.
    active: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    enabled: bool,
    /// Made when it is first needed, since calibrating the clock takes its time.
    session: Option<Arc<Session>>,
}

/// The process's profiler, once one was asked for.
static GLOBAL: Mutex<Option<Profiler>> = Mutex::new(None);

/// The session's number of the process's profiler while it is on, else zero.
static ACTIVE: AtomicU64 = AtomicU64::new(0);

impl Profiler {
    /// Creates a profiler that records.
    #[must_use]
    pub fn new() -> Self {
        let profiler = Self::disabled();
        profiler.enable();
        profiler
    }

    /// Creates a profiler that waits to be [enabled](Self::enable).
    #[must_use]
    pub fn disabled() -> Self {
        Self::from_checked(ProfilerConfig::new())
    }

    /// Creates a profiler that records, with the time of a clock that the caller moves.
    #[must_use]
    pub fn with_clock(clock: ManualClock) -> Self {
        let profiler = Self::from_checked(ProfilerConfig::new().with_clock(clock));
        profiler.enable();
        profiler
    }

    /// Creates a profiler that records, with limits of its own.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if a limit is zero or absurdly large.
    pub fn with_config(config: ProfilerConfig) -> Result<Self, ConfigError> {
        let profiler = Self::from_checked(config.check()?);
        profiler.enable();
        Ok(profiler)
    }

    fn from_checked(config: ProfilerConfig) -> Self {
        let state = Mutex::default();
        Self { inner: Arc::new(Inner { config, active: AtomicU64::new(0), state }) }
    }

    /// Starts recording, or goes on; what was recorded before is kept.
    pub fn enable(&self) {
        self.update(|state| state.enabled = true);
    }

    /// Stops opening spans. Those that are open still record when they end, and all figures stay.
    pub fn disable(&self) {
        self.update(|state| state.enabled = false);
    }

    /// Returns whether spans are recorded.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.inner.active.load(Relaxed) != 0
    }

    /// Forgets all that was recorded. Spans that are open now belong to the forgotten part and
    /// end without effect.
    pub fn reset(&self) {
        self.update(|state| {
            if let Some(session) = state.session.take() {
                session.end();
            }
        });
    }

    /// Opens a span: it lasts until the guard is dropped.
    ///
    /// `let _ = profiler.profile("x")` drops at once and measures nothing; bind it to `_span`.
    #[inline]
    pub fn profile(&self, name: &'static str) -> Span {
        Span::open(self.thread(), name)
    }

    /// Opens a span with metadata, which is only made if the span is recorded.
    pub fn profile_with(&self, name: &'static str, metadata: impl FnOnce() -> Metadata) -> Span {
        Span::open_with(self.thread(), name, metadata)
    }

    /// Runs `f` in a span.
    pub fn profile_fn<T>(&self, name: &'static str, f: impl FnOnce() -> T) -> T {
        let _span = self.profile(name);
        f()
    }

    /// Wraps a future in a span below the one that is open now, wherever it will be polled.
    pub fn profile_async<F: Future>(&self, name: &'static str, future: F) -> Profiled<F> {
        Profiled::new(self.thread(), name, future, || None, |_| false)
    }

    #[inline]
    pub(crate) fn thread(&self) -> Option<Rc<Thread>> {
        let id = self.inner.active.load(Relaxed);
        if id == 0 { None } else { local::thread(id, || self.session()) }
    }

    /// Calls `use_it` with the calling thread's state, if the profiler is enabled; for code that
    /// knows all that it calls, as [`local::with_thread`] wants.
    #[cfg(feature = "tracing")]
    #[inline]
    pub(crate) fn with_thread(&self, use_it: impl FnOnce(&Thread)) {
        let id = self.inner.active.load(Relaxed);
        if id != 0 {
            local::with_thread(id, || self.session(), use_it);
        }
    }

    /// Returns the session if anything could have been recorded.
    pub(crate) fn session(&self) -> Option<Arc<Session>> {
        lock(&self.inner.state).session.clone()
    }

    /// Changes the state, and tells those who only look at one number.
    fn update(&self, change: impl FnOnce(&mut State)) {
        let global = lock(&GLOBAL);
        let mut state = lock(&self.inner.state);
        change(&mut state);
        let config = &self.inner.config;
        if state.enabled && state.session.is_none() {
            let clock = config.clock.clone().map_or_else(Clock::machine, Clock::Manual);
            state.session = Some(Session::new(config.clone(), clock));
        }
        let active = state.session.as_ref().filter(|_| state.enabled);
        let active = active.map_or(0, |session| session.id());
        self.inner.active.store(active, Relaxed);
        if global.as_ref().is_some_and(|global| Arc::ptr_eq(&global.inner, &self.inner)) {
            ACTIVE.store(active, Relaxed);
        }
    }

    /// Returns the process's profiler, a disabled one if none was set.
    pub(crate) fn global() -> Self {
        lock(&GLOBAL).get_or_insert_with(Self::disabled).clone()
    }

    /// Puts this one in the place of the process's profiler.
    pub(crate) fn make_global(self) -> Option<Self> {
        let mut global = lock(&GLOBAL);
        ACTIVE.store(self.inner.active.load(Relaxed), Relaxed);
        global.replace(self)
    }

    /// Returns the thread's state for the process's profiler if that is on.
    #[inline]
    pub(crate) fn global_thread() -> Option<Rc<Thread>> {
        let id = ACTIVE.load(Relaxed);
        if id == 0 { None } else { local::thread(id, || Self::global().session()) }
    }

    /// Returns whether the process's profiler is on.
    #[inline]
    pub(crate) fn global_is_on() -> bool {
        ACTIVE.load(Relaxed) != 0
    }
}

impl Default for Profiler {
    fn default() -> Self {
        Self::new()
    }
}

/// Handles are equal if they record into the same place.
impl PartialEq for Profiler {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }
}

impl Eq for Profiler {}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(session) = &lock(&self.state).session {
            session.end();
        }
    }
}
