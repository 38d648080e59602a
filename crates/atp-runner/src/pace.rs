//! The rate at which attempts may begin, and who keeps it.

#[cfg(feature = "redis")]
use crate::{agent::Agent, error::RunError, options::paced};
use atp_adapter::CancellationToken;
use atp_async::RateLimiter;
#[cfg(feature = "redis")]
use atp_async::{OutagePolicy, SharedRateLimiter};
use std::error::Error;
use std::future::pending;
use std::sync::{Arc, OnceLock};

/// Why a rate cannot be kept any more.
pub(crate) type Lost = Arc<dyn Error + Send + Sync>;

/// A rate that all runs keep to together which are given the same server, agent and rate, in
/// whatever process and on whatever machine.
#[cfg(feature = "redis")]
#[derive(Debug, Clone)]
pub struct SharedRate(SharedRateLimiter);

#[cfg(feature = "redis")]
impl SharedRate {
    /// Creates the rate at which attempts with `agent` may begin, on the Redis or Valkey server at
    /// `url`, such as `redis://limits.local`. Its key there is made of the agent's kind and name.
    /// Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// [`RunError::Rate`], without the password of the URL.
    pub fn new(
        agent: &Agent,
        per_second: f64,
        url: &str,
        outage: OutagePolicy,
    ) -> Result<Self, RunError> {
        let key = format!("atp:{}:{}", agent.kind(), agent.name());
        let limiter = SharedRateLimiter::new(url, &key, paced(per_second), outage);
        limiter.map(Self).map_err(RunError::Rate)
    }
}

/// Who keeps the rate.
#[derive(Debug, Clone)]
pub(crate) enum Limiter {
    /// Nobody: there is none.
    Unlimited,
    Own(RateLimiter),
    #[cfg(feature = "redis")]
    Shared(SharedRate),
}

impl Limiter {
    async fn acquire(&self) -> Result<(), Lost> {
        match self {
            Self::Unlimited => Ok(()),
            Self::Own(limiter) => {
                limiter.acquire().await;
                Ok(())
            }
            #[cfg(feature = "redis")]
            Self::Shared(SharedRate(limiter)) => match limiter.acquire().await {
                Ok(_) => Ok(()),
                Err(error) => Err(Arc::new(error)),
            },
        }
    }
}

/// The rate of a session. If it cannot be kept any more, the session ends.
#[derive(Debug)]
pub(crate) struct Pace {
    limiter: Limiter,
    /// Ends all runs.
    stop: CancellationToken,
    /// The first reason.
    lost: OnceLock<Lost>,
}

impl Pace {
    pub(crate) fn new(limiter: Limiter, stop: CancellationToken) -> Self {
        Self { limiter, stop, lost: OnceLock::new() }
    }

    /// Waits until the next attempt may begin. Where that cannot be known any more it stops all
    /// runs, and waits until that ends this one, too.
    pub(crate) async fn wait(&self) {
        if let Err(error) = self.limiter.acquire().await {
            self.lost.get_or_init(|| error);
            self.stop.cancel();
            pending().await
        }
    }

    /// Returns why the rate cannot be kept, once that is so.
    pub(crate) fn lost(&self) -> Option<Lost> {
        self.lost.get().cloned()
    }
}
