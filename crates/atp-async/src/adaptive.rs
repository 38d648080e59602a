//! A limit that finds the capacity of a service by itself.

mod aimd;

use crate::error::{ConfigError, at_least_one};
use crate::gate::{Gate, Permit};
use crate::sync::lock;
use aimd::{Aimd, Sample};
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex};
use tokio::time::Instant;

/// Changes kept in the history.
const HISTORY: usize = 256;

/// A limit on what runs at a time, moved by what comes back.
///
/// It goes down by a factor when the service says that it is overloaded (a 429, a 503, a
/// timeout), at most once in a round trip, and up by one for each round trip that went well
/// with the limit fully used. Latency does not move it: that of agents has too long a tail to
/// tell load from thought. A clone is the same limit; use one for each service.
///
/// # Cancellation and panics
///
/// A permit that is dropped without a signal gives its place back and moves nothing, so what was
/// cancelled or panicked says nothing about the service. Waiters are served in their order, and
/// one that is dropped lets the next one in.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), atp_async::ConfigError> {
/// use atp_async::{AdaptiveConfig, AdaptiveLimit, Signal};
///
/// let limit = AdaptiveLimit::new(AdaptiveConfig::new(100).with_initial(20))?;
/// let permit = limit.acquire().await;
/// let status = 429;
/// permit.report(if status == 429 { Signal::Overload } else { Signal::Success });
/// assert_eq!(limit.limit(), 18);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct AdaptiveLimit {
    shared: Arc<Shared>,
}

struct Shared {
    config: AdaptiveConfig,
    gate: Arc<Gate>,
    control: Mutex<Control>,
}

#[derive(Debug)]
struct Control {
    aimd: Aimd,
    history: VecDeque<LimitChange>,
    dropped: u64,
}

/// Between which bounds an [`AdaptiveLimit`] moves, and how far.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct AdaptiveConfig {
    /// The limit never goes below. 1 unless set.
    pub min: usize,
    /// The limit never goes above.
    pub max: usize,
    /// Where it begins. `max` unless set.
    pub initial: usize,
    /// What an overload multiplies it by. 0.9 unless set.
    pub decrease: f64,
}

impl AdaptiveConfig {
    /// Begins at `max` and backs off from there.
    pub const fn new(max: usize) -> Self {
        Self { min: 1, max, initial: max, decrease: 0.9 }
    }

    /// Sets the lower bound.
    #[must_use]
    pub const fn with_min(mut self, min: usize) -> Self {
        self.min = min;
        self
    }

    /// Sets where to begin.
    #[must_use]
    pub const fn with_initial(mut self, initial: usize) -> Self {
        self.initial = initial;
        self
    }

    /// Sets the factor of a decrease, between 0 and 1. The nearer to 1, the smoother and slower.
    #[must_use]
    pub const fn with_decrease(mut self, decrease: f64) -> Self {
        self.decrease = decrease;
        self
    }

    fn check(&self) -> Result<(), ConfigError> {
        at_least_one("min", self.min)?;
        for (low, low_value, high, high_value) in
            [("min", self.min, "initial", self.initial), ("initial", self.initial, "max", self.max)]
        {
            if low_value > high_value {
                return Err(ConfigError::Inverted { low, low_value, high, high_value });
            }
        }
        if self.decrease > 0.0 && self.decrease < 1.0 {
            return Ok(());
        }
        let expected = "above 0 and below 1";
        Err(ConfigError::OutOfRange { what: "decrease", value: self.decrease, expected })
    }
}

/// What an operation said about the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// The service coped.
    Success,
    /// The service had too much to do.
    Overload,
    /// Nothing: the operation failed for reasons of its own, or was cancelled.
    Ignore,
}

/// One move of an [`AdaptiveLimit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct LimitChange {
    /// When, on tokio's clock.
    pub at: Instant,
    /// The limit before.
    pub from: usize,
    /// The limit since.
    pub to: usize,
}

impl AdaptiveLimit {
    /// Creates a limit.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] unless `1 <= min <= initial <= max` and the decrease is between 0 and 1.
    pub fn new(config: AdaptiveConfig) -> Result<Self, ConfigError> {
        config.check()?;
        let aimd = Aimd::new(config.initial);
        let control = Mutex::new(Control { aimd, history: VecDeque::new(), dropped: 0 });
        let gate = Gate::new(config.initial);
        Ok(Self { shared: Arc::new(Shared { config, gate, control }) })
    }

    /// Waits for a place, in line. Dropping the future leaves the line, or gives back the place that
    /// it was granted meanwhile.
    pub async fn acquire(&self) -> AdaptivePermit {
        let permit = Arc::clone(&self.shared.gate).enter().await;
        self.begin(permit)
    }

    /// Takes a place if one is free and nobody waits for it.
    pub fn try_acquire(&self) -> Option<AdaptivePermit> {
        self.shared.gate.try_enter().map(|permit| self.begin(permit))
    }

    fn begin(&self, permit: Permit) -> AdaptivePermit {
        AdaptivePermit { shared: Arc::clone(&self.shared), permit, began: Instant::now() }
    }

    /// Returns the limit of this moment.
    pub fn limit(&self) -> usize {
        self.shared.gate.limit()
    }

    /// The highest that the limit can be.
    pub(crate) fn max(&self) -> usize {
        self.shared.config.max
    }

    /// Returns how many permits are held.
    pub fn in_flight(&self) -> usize {
        self.shared.gate.held()
    }

    /// Returns the last 256 moves of the limit, the oldest first.
    pub fn history(&self) -> Vec<LimitChange> {
        lock(&self.shared.control).history.iter().copied().collect()
    }

    /// Returns how many older moves the history no longer holds.
    pub fn history_dropped(&self) -> u64 {
        lock(&self.shared.control).dropped
    }
}

/// A place under an [`AdaptiveLimit`], free again when dropped.
#[must_use = "a permit that is dropped at once lets the next one in"]
pub struct AdaptivePermit {
    shared: Arc<Shared>,
    permit: Permit,
    began: Instant,
}

impl AdaptivePermit {
    /// Ends the operation and tells the limit how it went.
    pub fn report(self, signal: Signal) {
        self.shared.report(self.began, self.permit.saw_limit_used(), signal);
    }

    /// Ends the operation and frees its place; how it went is told later.
    pub(crate) fn end(self) -> EndedOperation {
        let limit_used = self.permit.saw_limit_used();
        EndedOperation { shared: self.shared, began: self.began, limit_used }
    }
}

/// An operation that has ended and holds no place any more.
pub(crate) struct EndedOperation {
    shared: Arc<Shared>,
    began: Instant,
    limit_used: bool,
}

impl EndedOperation {
    pub(crate) fn report(self, signal: Signal) {
        self.shared.report(self.began, self.limit_used, signal);
    }
}

impl Shared {
    fn report(&self, began: Instant, limit_used: bool, signal: Signal) {
        let overload = match signal {
            Signal::Success => false,
            Signal::Overload => true,
            Signal::Ignore => return,
        };
        let mut control = lock(&self.control);
        let sample = Sample { began, told: Instant::now(), overload, limit_used };
        let from = control.aimd.limit();
        control.aimd = control.aimd.step(&self.config, sample);
        let to = control.aimd.limit();
        if from != to {
            if control.history.len() == HISTORY {
                control.history.pop_front();
                control.dropped += 1;
            }
            control.history.push_back(LimitChange { at: sample.told, from, to });
            // Under the lock of the control, so that two moves reach the gate in their order.
            self.gate.set_limit(to);
        }
    }
}

impl fmt::Debug for AdaptiveLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdaptiveLimit")
            .field("config", &self.shared.config)
            .field("limit", &self.limit())
            .field("in_flight", &self.in_flight())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for AdaptivePermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdaptivePermit").field("began", &self.began).finish_non_exhaustive()
    }
}
