//! Resources that are made once and lent many times.

mod config;
mod lease;
mod maintain;
mod shared;
mod state;
mod stats;

use crate::sync::lock;
use shared::{Shared, Slot};
use state::Grant;
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

pub use config::{BoxFuture, CleanupResult, PoolBuilder, PoolConfig};
pub use lease::Lease;
pub use stats::PoolStats;

/// A pool of at most `max_size` resources, lent in turn to whoever asked first.
///
/// A clone is the same pool. Making one spawns nothing and creates nothing: a resource is created
/// when it is first needed, outside the lock, so one slow creation never holds up the others.
/// The resource used last is lent first.
///
/// # Cancellation and panics
///
/// An acquisition that is dropped, or whose factory fails or panics, gives its slot to the next
/// in line. A [`Lease`] gives its resource back when dropped, and discards it when dropped by a
/// panic. A resource whose health check was cut off is discarded.
///
/// # Cleanup
///
/// With [`with_cleanup`](PoolBuilder::with_cleanup), a discarded resource keeps its slot until
/// its cleanup is done, so there are never more than `max_size`. A cleanup runs in a task of its
/// own, spawned by the next acquisition, by [`close`](Self::close) or by
/// [`maintain`](Self::maintain), and once begun it is not cancelled. A pool whose last handle and
/// last lease are dropped without a [`close`](Self::close) drops its resources as they are: there
/// is nobody left to await their cleanup.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use atp_async::{AsyncPool, PoolConfig};
///
/// async fn connect() -> std::io::Result<Vec<u8>> {
///     Ok(Vec::new())
/// }
///
/// let pool = AsyncPool::builder(connect, PoolConfig::new(10)).build()?;
/// let mut connection = pool.acquire().await?;
/// connection.push(1);
/// drop(connection);
/// assert_eq!(pool.acquire().await?.len(), 1, "the same one again");
/// assert_eq!(pool.stats().created, 1);
/// # Ok(())
/// # }
/// ```
pub struct AsyncPool<T: Send + 'static, E: Send + 'static> {
    shared: Arc<Shared<T, E>>,
}

/// Why there is no lease.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PoolError<E> {
    /// The factory failed.
    #[error("creating a resource failed")]
    Create(#[source] E),
    /// The pool was closed, before or while waiting.
    #[error("the pool is closed")]
    Closed,
    /// There was none within the time allowed.
    #[error("no resource within {0:?}")]
    TimedOut(Duration),
    /// All resources are lent, and waiting was not wanted.
    #[error("all {max_size} resources are in use")]
    Exhausted {
        /// The size of the pool.
        max_size: usize,
    },
}

impl<T: Send + 'static, E: Send + 'static> AsyncPool<T, E> {
    /// Starts a pool whose resources `create` makes.
    pub fn builder<F>(
        create: impl Fn() -> F + Send + Sync + 'static,
        config: PoolConfig,
    ) -> PoolBuilder<T, E>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        PoolBuilder::new(create, config)
    }

    /// Waits for a resource: an idle one, a new one, or the next that comes back. Dropping the
    /// future passes on its place, and what was meant for it.
    ///
    /// # Errors
    ///
    /// [`PoolError::Create`] if the factory fails, [`PoolError::Closed`] once the pool is closed.
    ///
    /// # Panics
    ///
    /// If the factory does, and outside a tokio runtime when a cleanup is due.
    pub async fn acquire(&self) -> Result<Lease<T, E>, PoolError<E>> {
        // In one poll, so that the lock is taken once for both.
        let first = poll_fn(|cx| Poll::Ready(self.shared.checkout_or_join(cx.waker())));
        let grant = match first.await {
            Ok(grant) => grant,
            Err(place) => place.granted().await,
        };
        self.redeem(grant).await
    }

    /// As [`acquire`](Self::acquire), but gives up after `timeout`, which includes the creation
    /// and the health check. What is being made then is dropped, and its slot is free.
    ///
    /// # Errors
    ///
    /// Those of [`acquire`](Self::acquire), and [`PoolError::TimedOut`].
    ///
    /// # Panics
    ///
    /// As for [`acquire`](Self::acquire), and outside a tokio runtime with its timer on.
    pub async fn acquire_within(&self, timeout: Duration) -> Result<Lease<T, E>, PoolError<E>> {
        match tokio::time::timeout(timeout, self.acquire()).await {
            Ok(lease) => lease,
            Err(_) => Err(PoolError::TimedOut(timeout)),
        }
    }

    /// As [`acquire`](Self::acquire), but does not wait for a resource that others use. It still
    /// waits for the health check or the creation of its own.
    ///
    /// # Errors
    ///
    /// Those of [`acquire`](Self::acquire), and [`PoolError::Exhausted`].
    ///
    /// # Panics
    ///
    /// As for [`acquire`](Self::acquire).
    pub async fn try_acquire(&self) -> Result<Lease<T, E>, PoolError<E>> {
        match self.shared.checkout() {
            Some(grant) => self.redeem(grant).await,
            None => Err(PoolError::Exhausted { max_size: self.shared.config.max_size }),
        }
    }

    /// Creates idle resources, side by side, until there are `min_size`. Dropping the future drops
    /// what is being made; what was created by then stays.
    ///
    /// # Errors
    ///
    /// [`PoolError::Create`] with the first failure; what was created by then stays.
    ///
    /// # Panics
    ///
    /// As for [`acquire`](Self::acquire).
    pub async fn fill(&self) -> Result<(), PoolError<E>> {
        self.shared.fill().await
    }

    /// Closes the pool: waiters get [`PoolError::Closed`], idle resources are cleaned up, and
    /// this waits until what is lent has come back and is cleaned up too.
    ///
    /// A cleanup that fails or panics does not stop the others; [`PoolStats::cleanup_failures`]
    /// counts it. Dropping this future leaves the pool closed, and calling again waits again.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime, if the pool has a cleanup.
    pub async fn close(&self) {
        self.shared.close().await;
    }

    /// Returns a future to be spawned beside the pool: it reaps what is idle or alive for too
    /// long, runs deferred cleanups and keeps `min_size` resources.
    ///
    /// It holds no reference to the pool and ends when that is closed or dropped. It wakes four
    /// times in the shortest of the limits, at least every 30 s.
    pub fn maintain(&self) -> impl Future<Output = ()> + Send + 'static + use<T, E> {
        maintain::maintain(&self.shared)
    }

    /// Returns the counts of this moment.
    #[doc(alias = "get_stats")]
    pub fn stats(&self) -> PoolStats {
        lock(&self.shared.state).stats()
    }

    /// Turns a grant into a lease: checks, cleans up or creates, always holding the slot.
    async fn redeem(&self, grant: Grant<T>) -> Result<Lease<T, E>, PoolError<E>> {
        let slot = match grant {
            Grant::Closed => return Err(PoolError::Closed),
            Grant::Ready(resource) => {
                let lease = Lease::new(Arc::clone(&self.shared), resource);
                let Some(check) = &self.shared.health_check else { return Ok(lease) };
                match lease.checked(check).await {
                    Ok(lease) => return Ok(lease),
                    Err((value, slot)) => self.shared.clean(value, slot).await,
                }
            }
            Grant::Clean(value) => {
                let slot = Slot::new(Arc::clone(&self.shared));
                self.shared.clean(value, slot).await
            }
            Grant::Create => Some(Slot::new(Arc::clone(&self.shared))),
        };
        match slot {
            Some(slot) => slot.create().await,
            None => Err(PoolError::Closed),
        }
    }
}

impl<T: Send + 'static, E: Send + 'static> Clone for AsyncPool<T, E> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T: Send + 'static, E: Send + 'static> fmt::Debug for AsyncPool<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncPool").field("stats", &self.stats()).finish_non_exhaustive()
    }
}
