//! A shared budget of retries, so that an outage is not multiplied by those who retry into it.

use crate::error::ConfigError;
use crate::sync::lock;
use std::sync::{Arc, Mutex};

/// Allows retries only while they are few beside the calls that succeed.
///
/// A clone shares the budget: give one to every policy that calls the same service. It holds
/// `max_tokens`; a failed attempt takes one token, a successful one puts back `refill`, and a
/// retry is allowed while more than half of the tokens are there. This is the retry throttling of
/// gRPC (proposal A6).
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), atp_async::ConfigError> {
/// use atp_async::{RetryBudget, RetryPolicy, retry_async};
///
/// let budget = RetryBudget::new(10, 0.1)?;
/// let mut attempts = 0;
/// for _ in 0..5 {
///     let policy = RetryPolicy::new(3).with_budget(budget.clone());
///     let outage = || {
///         attempts += 1;
///         async { Err::<(), _>("no route to host") }
///     };
///     assert!(retry_async(policy, outage).await.is_err());
/// }
/// assert!(attempts < 5 * 4, "the service is left alone once half of the tokens are gone");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct RetryBudget {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    max_tokens: f64,
    refill: f64,
    tokens: Mutex<f64>,
}

impl RetryBudget {
    /// Creates a full budget. gRPC suggests 10 tokens and a refill of 0.1.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Zero`] for no tokens, [`ConfigError::OutOfRange`] for a refill that is
    /// negative or not finite.
    pub fn new(max_tokens: u32, refill: f64) -> Result<Self, ConfigError> {
        if max_tokens == 0 {
            return Err(ConfigError::Zero { what: "max_tokens" });
        }
        if !(refill >= 0.0 && refill.is_finite()) {
            let expected = "finite and not negative";
            return Err(ConfigError::OutOfRange { what: "refill", value: refill, expected });
        }
        let max_tokens = f64::from(max_tokens);
        Ok(Self { shared: Arc::new(Shared { max_tokens, refill, tokens: Mutex::new(max_tokens) }) })
    }

    /// Returns the tokens left.
    pub fn tokens(&self) -> f64 {
        *lock(&self.shared.tokens)
    }

    pub(super) fn succeeded(&self) {
        let mut tokens = lock(&self.shared.tokens);
        *tokens = (*tokens + self.shared.refill).min(self.shared.max_tokens);
    }

    /// Counts a failure. True if it may be retried.
    pub(super) fn failed(&self) -> bool {
        let mut tokens = lock(&self.shared.tokens);
        *tokens = (*tokens - 1.0).max(0.0);
        *tokens > self.shared.max_tokens / 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_tokens_are_kept_and_success_fills_them_up() {
        let budget = RetryBudget::new(4, 0.5).unwrap();
        assert!(budget.failed());
        assert!(!budget.clone().failed(), "two of four are left");
        budget.succeeded();
        budget.succeeded();
        assert!(!budget.failed());
        (0..100).for_each(|_| budget.succeeded());
        assert_eq!(budget.tokens(), 4.0);
    }

    #[test]
    fn numbers_that_cannot_work_are_refused() {
        assert!(RetryBudget::new(0, 0.1).is_err());
        for refill in [-0.1, f64::NAN, f64::INFINITY] {
            assert!(RetryBudget::new(1, refill).is_err());
        }
    }
}
