//! How much is allowed, and how much of it at once.

/// A sustained rate with a burst.
///
/// Rates may be fractional. They are checked by the constructor of the limiter that takes them,
/// not here.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct RateConfig {
    /// What is allowed in the long run, in tokens per second.
    pub per_second: f64,
    /// What may be taken at one moment after a pause. 1 unless set.
    pub burst: u32,
}

impl RateConfig {
    /// Allows `rate` tokens per second, one at a time.
    pub const fn per_second(rate: f64) -> Self {
        Self { per_second: rate, burst: 1 }
    }

    /// Allows `rate` tokens per minute, one at a time.
    pub const fn per_minute(rate: f64) -> Self {
        Self::per_second(rate / 60.0)
    }

    /// Sets how many tokens a limiter holds when it has rested.
    ///
    /// A timer of tokio rounds up to a millisecond, so a caller that waits reaches the whole rate
    /// only where `burst` is at least 2 and at least what the rate gives in 2 ms.
    #[must_use]
    pub const fn with_burst(mut self, burst: u32) -> Self {
        self.burst = burst;
        self
    }
}
