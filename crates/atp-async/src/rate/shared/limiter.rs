//! The limiter: what callers ask, and how they wait.

use super::driver::Shared;
use super::error::SharedRateError;
use super::queue::{Handed, Patience, Queue};
use super::server::Server;
use super::terms::{OutagePolicy, Reserve, Terms};
use crate::error::ConfigError;
use crate::line::Ticket;
use crate::rate::RateConfig;
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};
use tokio::time::{Instant, timeout_at};

/// A rate that everybody shares who names the same key on the same server, in whatever process and
/// on whatever machine.
///
/// The server is Redis from version 5 on, or Valkey. The budget is one key of it, changed by one
/// script that reads the server's own clock, so the clocks of the machines do not matter. By that
/// clock no window ever holds more than `rate * time + burst` grants of all who share the key.
/// The formula is the generic cell rate algorithm of ITU-T I.371, annex A.1, as in
/// [`RateLimiter`](crate::RateLimiter). The time between two tokens is rounded up to a whole
/// microsecond, so up to 1 % of the rate is not used at 10,000 per second, the highest there is,
/// and nothing at 100. The key goes away a second after the bucket is full again.
///
/// Waiters of one limiter are served in the order in which they were first polled, and their
/// limiter has one question under way at a time, for all of them and for at most a burst. Limiters
/// in different processes compete: who asks first after a token is there has it. A clone shares
/// the line and the connection.
///
/// # Outages
///
/// Connecting and answering may take 1 s together; then, or at once when a connection breaks, one
/// more try is made on a new connection. What happens when that fails too is the
/// [`OutagePolicy`]. A server that failed is left alone for 250 ms. With
/// [`OutagePolicy::Closed`] all who wait and all who come in that time get the error; with
/// [`OutagePolicy::LocalShare`] they are served locally while the server is looked after.
///
/// A server that has lost the key (a restart, an eviction) does not give a second burst to a
/// limiter that had not seen the bucket full: it finds it empty. Tokens of a local share are taken
/// off the shared bucket when the server is back, as far as it holds them. A clock of the server
/// that is set back costs a burst at most; one that is set forward may give one.
///
/// # Cancellation
///
/// A waiter that is dropped takes no token: one that it was already granted goes to the next in
/// line. Where nobody else waits the token is lost, since the server does not take it back; nothing
/// is ever granted twice. The questions are asked by a small task in each runtime that has waiters.
/// The first of them spawns it, and it ends with the line, in an outage at most 3 s later. A waiter
/// that nobody polls, or a runtime that stands still, delays no other.
///
/// # Panics
///
/// Waiting panics outside a tokio runtime with its time and I/O drivers on. A paused clock does
/// not work: the server's goes on.
///
/// # Security
///
/// The connection is not encrypted. Across networks that others can read, go through a tunnel. The
/// password in the URL is never printed, not by `Debug` and not in an error.
///
/// # Examples
///
/// ```no_run
/// # async fn send() {}
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use atp_async::{OutagePolicy, RateConfig, SharedRateLimiter};
///
/// let rate = RateConfig::per_second(100.0).with_burst(2);
/// // One of four machines: a quarter of the rate while the server is away.
/// let outage = OutagePolicy::LocalShare(0.25);
/// let limiter = SharedRateLimiter::new("redis://limits.local", "atp:models", rate, outage)?;
/// limiter.limit(send()).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SharedRateLimiter {
    shared: Arc<Shared>,
    config: RateConfig,
}

/// Where a token came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RateGrant {
    /// The server granted it.
    Shared {
        /// When, by the server's clock and to the microsecond. These times of all who share a key
        /// keep to the rate.
        at: SystemTime,
    },
    /// The server was not available, and this is from the local share.
    Local,
}

impl SharedRateLimiter {
    /// Creates a limiter on the budget `key` of the server at `url`:
    /// `redis://[[user]:password@]host[:port][/database]`, the same with `valkey`, or
    /// `redis+unix:///path`.
    ///
    /// Nothing is connected yet. A budget begins full. All who share it give the same rate and
    /// burst; who differs is refused while the others use it. The user needs permission for
    /// `EVALSHA`, `SCRIPT LOAD`, `TIME`, and `GET` and `SET` of the key.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for an address or a key that cannot work, a burst of 0, a rate that is not
    /// above 0 and at most 10,000 per second, one that needs more than a year to refill the burst,
    /// and a local share that is not above 0 and at most 1.
    pub fn new(
        url: &str,
        key: &str,
        rate: RateConfig,
        outage: OutagePolicy,
    ) -> Result<Self, ConfigError> {
        let terms = Terms::new(rate)?;
        let reserve = Reserve::new(rate, outage)?;
        let queue = Queue::new(terms, reserve.is_some());
        let shared = Shared::new(Server::new(url, key, terms)?, queue, reserve);
        Ok(Self { shared: Arc::new(shared), config: rate })
    }

    /// Waits for one token. Dropping the future takes none, as told [above](Self#cancellation).
    ///
    /// # Errors
    ///
    /// [`SharedRateError::Outage`] with [`OutagePolicy::Closed`], and
    /// [`SharedRateError::Refused`].
    #[doc(alias = "wait")]
    pub async fn acquire(&self) -> Result<RateGrant, SharedRateError> {
        self.wait(None).await
    }

    /// Waits for one token for at most `timeout`, which the way to the server and back is part of.
    /// Fails at once, and without a token, where the server has said already that it would take
    /// longer.
    ///
    /// # Errors
    ///
    /// [`SharedRateError::TooLong`], and those of [`acquire`](Self::acquire).
    pub async fn acquire_within(&self, timeout: Duration) -> Result<RateGrant, SharedRateError> {
        let patience = Instant::now().checked_add(timeout);
        self.wait(patience.map(|until| Patience { timeout, until })).await
    }

    /// Waits for one token, then runs `future`.
    ///
    /// The token is spent even if `future` is then dropped before it ends. Without a token
    /// `future` does not run.
    ///
    /// # Errors
    ///
    /// Those of [`acquire`](Self::acquire).
    pub async fn limit<F: Future>(&self, future: F) -> Result<F::Output, SharedRateError> {
        self.acquire().await?;
        Ok(future.await)
    }

    /// Returns how many wait in this limiter's line now.
    pub fn waiting(&self) -> usize {
        self.shared.queue().waiting()
    }

    async fn wait(&self, patience: Option<Patience>) -> Handed {
        let ticket = self.shared.change(|queue| queue.join(patience, Instant::now()))?;
        let place = Place { shared: &self.shared, ticket };
        let Some(Patience { timeout, until }) = patience else { return place.handed().await };
        match timeout_at(until, place.handed()).await {
            Ok(handed) => handed,
            Err(_) => place.handed_by_now().unwrap_or(Err(SharedRateError::TooLong { timeout })),
        }
    }
}

impl fmt::Debug for SharedRateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedRateLimiter")
            .field("server", &self.shared.server.address())
            .field("key", &self.shared.server.key())
            .field("rate", &self.config)
            .finish_non_exhaustive()
    }
}

/// A place in the line, left when dropped.
struct Place<'a> {
    shared: &'a Arc<Shared>,
    ticket: Ticket,
}

impl Place<'_> {
    async fn handed(&self) -> Handed {
        poll_fn(|cx| self.shared.poll_handed(self.ticket, cx)).await
    }

    /// What came at the very moment when the time was up.
    fn handed_by_now(&self) -> Option<Handed> {
        let mut queue = self.shared.queue();
        match queue.poll(self.ticket, &mut Context::from_waker(Waker::noop())) {
            Poll::Ready(handed) => Some(handed),
            Poll::Pending => None,
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let next = self.shared.change(|queue| queue.leave(self.ticket));
        next.into_iter().for_each(Waker::wake);
    }
}
