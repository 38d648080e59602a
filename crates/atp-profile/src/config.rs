//! The limits of a profiler, and the error for impossible ones.

use crate::ManualClock;
use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::time::Duration;

/// How much a profiler may hold, what it times and which calls it keeps.
///
/// Nothing here fails; [`Profiler::with_config`](crate::Profiler::with_config) checks the numbers.
///
/// # Examples
///
/// ```
/// use atp_profile::{Profiler, ProfilerConfig};
/// use std::time::Duration;
///
/// let config = ProfilerConfig::new()
///     .with_slow_threshold(Duration::from_millis(100)) // slower calls are kept apart
///     .with_sampling("poll", 100); // of these only each hundredth is timed
/// let profiler = Profiler::with_config(config)?;
/// for _ in 0..1_000 {
///     profiler.profile_fn("poll", || ());
/// }
/// let poll = &profiler.stats()["poll"];
/// assert_eq!(poll.count, 1_000);
/// assert!(poll.timed < 100);
/// # Ok::<(), atp_profile::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ProfilerConfig {
    /// Distinct paths of the call tree; what comes later is added up in `<overflow>`.
    /// 4,096 by default. A path takes about 2.7 KB on each thread that runs it.
    pub max_paths: usize,
    /// Spans open inside each other on one thread; deeper ones are counted in `<overflow>` and
    /// not timed. 128 by default.
    pub max_depth: usize,
    /// Single calls kept on each thread, and as many tasks, slow calls and calls of ended threads
    /// in all. Rounded up to a power of two; the oldest is overwritten. 512 by default, which
    /// stays within a processor's nearest cache.
    pub ring_capacity: usize,
    /// Calls at least this long are kept apart with their metadata, so that a flood of short ones
    /// does not overwrite them; a task by its wall time. None by default.
    pub slow_threshold: Option<Duration>,
    pub(crate) sampling: HashMap<&'static str, u32>,
    pub(crate) clock: Option<ManualClock>,
    #[cfg(feature = "tracing")]
    pub(crate) tracing_spans: bool,
}

/// A limit that no profiler can work with.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigError {
    /// The setting.
    pub setting: &'static str,
    /// Its value.
    pub value: u64,
    /// The largest value it may have; the smallest is one.
    pub max: u64,
}

impl Default for ProfilerConfig {
    fn default() -> Self {
        Self {
            max_paths: 4_096,
            max_depth: 128,
            ring_capacity: 512,
            slow_threshold: None,
            sampling: HashMap::new(),
            clock: None,
            #[cfg(feature = "tracing")]
            tracing_spans: false,
        }
    }
}

impl ProfilerConfig {
    /// Creates the default configuration.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the number of distinct paths.
    #[must_use]
    pub fn with_max_paths(mut self, max_paths: usize) -> Self {
        self.max_paths = max_paths;
        self
    }

    /// Sets the number of spans open inside each other on one thread.
    #[must_use]
    pub fn with_max_depth(mut self, max_depth: usize) -> Self {
        self.max_depth = max_depth;
        self
    }

    /// Sets the number of single calls kept.
    #[must_use]
    pub fn with_ring_capacity(mut self, calls: usize) -> Self {
        self.ring_capacity = calls;
        self
    }

    /// Keeps calls of at least `threshold` apart.
    #[must_use]
    pub fn with_slow_threshold(mut self, threshold: Duration) -> Self {
        self.slow_threshold = Some(threshold);
        self
    }

    /// Times one call in `every` of the operation called `name`, and counts all.
    ///
    /// A call that is left out takes all that runs inside it along, so the trees that are timed
    /// are whole ones. Each thread times its first call.
    #[must_use]
    pub fn with_sampling(mut self, name: &'static str, every: u32) -> Self {
        self.sampling.insert(name, every);
        self
    }

    /// Reads time from a clock that the caller moves.
    #[must_use]
    pub fn with_clock(mut self, clock: ManualClock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Opens a span of `tracing` for each span, called `profile` with the operation's name in the
    /// field `otel.name`, so that the program's subscriber sees it: an OpenTelemetry layer exports
    /// it under that name.
    #[cfg(feature = "tracing")]
    #[must_use]
    pub fn with_tracing_spans(mut self) -> Self {
        self.tracing_spans = true;
        self
    }

    pub(crate) fn check(mut self) -> Result<Self, ConfigError> {
        let zero_sampling = self.sampling.values().any(|&every| every == 0);
        for (setting, value, max) in [
            ("max_paths", self.max_paths, 1 << 20),
            ("max_depth", self.max_depth, 1 << 16),
            ("ring_capacity", self.ring_capacity, 1 << 20),
            ("sampling", usize::from(!zero_sampling), u32::MAX as usize),
        ] {
            if value == 0 || value > max {
                return Err(ConfigError { setting, value: value as u64, max: max as u64 });
            }
        }
        self.ring_capacity = self.ring_capacity.next_power_of_two();
        Ok(self)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { setting, value, max } = self;
        write!(f, "{setting} is {value}, expected 1 to {max}")
    }
}

impl Error for ConfigError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_limits_are_refused_by_name() {
        let config = ProfilerConfig::new;
        for (config, setting) in [
            (config().with_max_paths(0), "max_paths"),
            (config().with_max_depth(0), "max_depth"),
            (config().with_ring_capacity(usize::MAX), "ring_capacity"),
            (config().with_sampling("x", 0), "sampling"),
        ] {
            assert_eq!(config.check().unwrap_err().setting, setting);
        }
        let error = config().with_max_depth(0).check().unwrap_err();
        assert_eq!(error.to_string(), "max_depth is 0, expected 1 to 65536");
    }
}
