//! Tracking from a start to a stop.

mod global;
mod session;

pub(crate) use global::mark;
pub use global::{disable_memory_tracking, enable_memory_tracking, memory_tracker};

use crate::allocator::census::uncounted;
use crate::config::MemoryConfig;
use crate::error::{ConfigError, TrackingError};
use crate::report::MemoryReport;
use crate::scope::{MemoryChange, track_memory};
use crate::snapshot::MemorySnapshot;
use crate::usage::{MemoryUsage, current_usage};
use session::Session;
use std::borrow::Cow;
use std::ptr;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Watches the process from [`start`](Self::start) to [`stop`](Self::stop).
///
/// All methods take `&self` and may be called from any thread. A tracker that is disabled does
/// nothing, at the cost of one relaxed load; one that is dropped while it tracks stops.
///
/// # Examples
///
/// ```
/// use atp_memory::MemoryTracker;
///
/// let tracker = MemoryTracker::new();
/// tracker.start()?;
/// let text = "x".repeat(10_000);
/// tracker.snapshot("after_load");
/// drop(text);
/// let report = tracker.stop();
/// assert_eq!(report.snapshots.len(), 3);
/// // No `TrackingAllocator` in this program: the report has the resident set and nothing else.
/// assert_eq!(report.net_memory_change_bytes(), None);
/// # Ok::<(), atp_memory::TrackingError>(())
/// ```
#[derive(Debug)]
pub struct MemoryTracker {
    enabled: AtomicBool,
    config: MemoryConfig,
    /// Whether `session` holds one, so that nobody waits to find out.
    tracking: AtomicBool,
    session: Mutex<Option<Session>>,
}

impl MemoryTracker {
    /// Creates an enabled tracker with the default settings.
    #[must_use]
    pub const fn new() -> Self {
        Self::build(true, MemoryConfig::new())
    }

    /// Creates a tracker that does nothing until it is enabled.
    #[must_use]
    pub const fn disabled() -> Self {
        Self::build(false, MemoryConfig::new())
    }

    /// Creates an enabled tracker.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for a sample interval of 0 and for fewer than 3 snapshots.
    pub fn with_config(config: MemoryConfig) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self::build(true, config))
    }

    const fn build(enabled: bool, config: MemoryConfig) -> Self {
        Self {
            enabled: AtomicBool::new(enabled),
            config,
            tracking: AtomicBool::new(false),
            session: Mutex::new(None),
        }
    }

    /// Returns whether the tracker does anything.
    pub fn is_enabled(&self) -> bool {
        self.enabled.load(Relaxed)
    }

    /// Returns whether the tracker is between a start and a stop.
    pub fn is_tracking(&self) -> bool {
        self.tracking.load(Relaxed)
    }

    /// Starts anew, with a snapshot `start`. Does nothing if the tracker is disabled.
    ///
    /// # Errors
    ///
    /// [`TrackingError`] if this tracker is tracking, or if another one is sampling and this one
    /// would. What is being tracked goes on.
    pub fn start(&self) -> Result<(), TrackingError> {
        if !self.is_enabled() {
            return Ok(());
        }
        let mut session = self.session();
        if let Some(running) = session.as_ref() {
            return Err(TrackingError::AlreadyTracking { running: running.elapsed() });
        }
        *session = Some(Session::start(self.config)?);
        self.tracking.store(true, Relaxed);
        Ok(())
    }

    /// Takes a snapshot and returns it, or `None` unless the tracker is tracking.
    ///
    /// Costs a few system calls and a walk over the threads and call sites that there are, however
    /// many blocks are alive.
    pub fn snapshot(&self, label: impl Into<Cow<'static, str>>) -> Option<MemorySnapshot> {
        if !self.is_tracking() {
            return None;
        }
        self.session().as_mut().map(|session| session.snapshot(label.into()))
    }

    /// Stops, with a snapshot `end`, and returns what happened since the start. A tracker that was
    /// not tracking returns a report without snapshots.
    ///
    /// Call sites are named now, which takes a few milliseconds the first time in a process, and
    /// longer for a program with much debug information.
    pub fn stop(&self) -> MemoryReport {
        match self.take_session() {
            Some(session) => session.finish(),
            None => MemoryReport::empty(),
        }
    }

    /// Runs `work` as [`track_memory`] does, between two snapshots `<label>_start` and
    /// `<label>_end`. If the tracker is disabled, `work` is just run.
    pub fn track<T>(
        &self,
        label: impl Into<Cow<'static, str>>,
        work: impl FnOnce() -> T,
    ) -> (T, Option<MemoryChange>) {
        if !self.is_enabled() {
            return (work(), None);
        }
        let label = label.into();
        // The scope puts them into the timeline of the process's tracker by itself.
        let marks = !ptr::eq(self, memory_tracker());
        if marks {
            self.mark(&label, "_start");
        }
        let (value, change) = track_memory(label, work);
        if marks {
            self.mark(&change.label, "_end");
        }
        (value, Some(change))
    }

    /// Returns what the process holds now, tracking or not.
    #[must_use]
    pub fn current_usage(&self) -> MemoryUsage {
        current_usage()
    }

    /// Takes a snapshot under a composed label, if the tracker is tracking.
    fn mark(&self, label: &str, suffix: &str) {
        if self.is_tracking() {
            let composed = uncounted(|| [label, suffix].concat());
            let snapshot = self.snapshot(composed);
            uncounted(|| drop(snapshot));
        }
    }

    fn take_session(&self) -> Option<Session> {
        let mut session = self.session();
        self.tracking.store(false, Relaxed);
        session.take()
    }

    fn session(&self) -> MutexGuard<'_, Option<Session>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryTracker {
    fn default() -> Self {
        Self::new()
    }
}
