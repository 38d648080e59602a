//! All instances that are not closed yet, and the closing of them.

use super::close_error::{CleanupError, CloseError, CloseFailure};
use futures_util::FutureExt;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::ops::Deref;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::watch;

/// A live instance, shared by the cache and everybody who uses it.
///
/// Derefs to what the creator made. When the cache has dropped it and the last user lets go, it
/// is closed.
pub struct Instance<T: ?Sized + Send + Sync + 'static> {
    value: Arc<T>,
    kind: Arc<str>,
    number: u64,
    roster: Arc<Roster<T>>,
}

/// How instances are closed.
pub(super) struct Closer<T: ?Sized + Send + Sync + 'static> {
    pub(super) close: Option<Box<CloseFn<T>>>,
    pub(super) timeout: Duration,
}

pub(super) type CloseFn<T> = dyn Fn(Arc<T>) -> CloseFuture + Send + Sync;
pub(super) type CloseFuture = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;
pub(super) type BoxError = Box<dyn Error + Send + Sync>;

/// All instances that are not closed yet.
pub(super) struct Roster<T: ?Sized + Send + Sync + 'static> {
    closer: Closer<T>,
    /// In the order of creation. Whoever takes an instance out of here closes it: so it happens
    /// once, whether the last user or a clean-up comes first.
    open: Mutex<BTreeMap<u64, Open<T>>>,
    next: AtomicU64,
    /// The closes under way; each receiver hears when its one has ended.
    closing: Mutex<BTreeMap<u64, watch::Receiver<()>>>,
    failures: Mutex<CleanupError>,
}

struct Open<T: ?Sized + Send + Sync + 'static> {
    value: Arc<T>,
    kind: Arc<str>,
    /// The runtime that the instance was created on, and may be bound to.
    runtime: Handle,
    /// The cache's own share. The cache looks it up by a weak reference, because moka lets go of
    /// a removed entry only when it finds the time.
    kept: Option<Arc<Instance<T>>>,
}

/// Errors of closes that nobody has collected; beyond this they are only counted.
const MAX_ERRORS: usize = 1_000;

impl<T: ?Sized + Send + Sync + 'static> Roster<T> {
    pub(super) fn new(closer: Closer<T>) -> Arc<Self> {
        Arc::new(Self {
            closer,
            open: Mutex::default(),
            next: AtomicU64::new(0),
            closing: Mutex::default(),
            failures: Mutex::default(),
        })
    }

    /// Enters an instance that was just created on the current runtime, kept by the cache.
    pub(super) fn enter(self: &Arc<Self>, kind: &str, value: Arc<T>) -> Arc<Instance<T>> {
        let (number, kind) = (self.next.fetch_add(1, Relaxed), Arc::<str>::from(kind));
        let instance = Arc::new(Instance {
            value: Arc::clone(&value),
            kind: Arc::clone(&kind),
            number,
            roster: Arc::clone(self),
        });
        let kept = Some(Arc::clone(&instance));
        let open = Open { value, kind, runtime: Handle::current(), kept };
        lock(&self.open).insert(number, open);
        instance
    }

    /// Gives up the cache's share of an instance.
    pub(super) fn release(&self, number: u64) {
        let kept = lock(&self.open).get_mut(&number).and_then(|open| open.kept.take());
        // Here, without the lock: this may be the last share, and its end takes the lock.
        drop(kept);
    }

    /// Gives up the cache's share of all instances.
    pub(super) fn release_all(&self) {
        let kept: Vec<_> = lock(&self.open).values_mut().map(|open| open.kept.take()).collect();
        drop(kept);
    }

    /// Returns a share of each instance that the cache has a share of, and the number that is
    /// beyond all instances there are.
    pub(super) fn shares(&self) -> (Vec<Arc<Instance<T>>>, u64) {
        let open = lock(&self.open);
        let shares = open.values().filter_map(|open| open.kept.clone()).collect();
        (shares, open.last_key_value().map_or(0, |(last, _)| last + 1))
    }

    /// Begins to close every open instance with a number below `end`, used or not, each on its own
    /// runtime. Later ones may be in the cache again, which hands out nothing that is closed.
    pub(super) fn close_before(self: &Arc<Self>, end: u64) {
        let all = {
            let mut open = lock(&self.open);
            let later = open.split_off(&end);
            std::mem::replace(&mut *open, later)
        };
        all.into_iter().for_each(|(number, open)| self.close(number, open));
    }

    /// Waits until the closes that are under way have ended, and takes the errors of all that
    /// failed so far.
    pub(super) async fn closed(&self) -> CleanupError {
        let closing: Vec<_> = lock(&self.closing).values().cloned().collect();
        for mut one in closing {
            // Nothing is ever sent: it ends when the sender is gone.
            while one.changed().await.is_ok() {}
        }
        std::mem::take(&mut *lock(&self.failures))
    }

    fn close(self: &Arc<Self>, number: u64, open: Open<T>) {
        let Open { value, kind, runtime, kept } = open;
        if self.closer.close.is_some() {
            // Spawned, because neither a drop nor a clean-up that is cancelled can wait for it.
            // A runtime that is shut down drops the future, and the report with it.
            let report = Report::open(Arc::clone(self), number, kind);
            drop(runtime.spawn(report.of(value)));
        }
        // The instance itself finds that it is closed already.
        drop(kept);
    }
}

/// A close that is under way; dropped with the close unfinished it says that the runtime is gone.
struct Report<T: ?Sized + Send + Sync + 'static> {
    roster: Arc<Roster<T>>,
    number: u64,
    kind: Arc<str>,
    outcome: Option<Result<(), CloseFailure>>,
    /// Dropped last, when all else is told.
    _ended: watch::Sender<()>,
}

impl<T: ?Sized + Send + Sync + 'static> Report<T> {
    fn open(roster: Arc<Roster<T>>, number: u64, kind: Arc<str>) -> Self {
        let (_ended, ends) = watch::channel(());
        lock(&roster.closing).insert(number, ends);
        Self { roster, number, kind, outcome: None, _ended }
    }

    async fn of(mut self, value: Arc<T>) {
        let roster = Arc::clone(&self.roster);
        let Closer { close: Some(close), timeout } = &roster.closer else { return };
        let closed = AssertUnwindSafe(async { tokio::time::timeout(*timeout, close(value)).await });
        self.outcome = Some(match closed.catch_unwind().await {
            Ok(Ok(Ok(()))) => Ok(()),
            Ok(Ok(Err(source))) => Err(CloseFailure::Failed(source.into())),
            Ok(Err(_)) => Err(CloseFailure::TimedOut(*timeout)),
            Err(payload) => Err(CloseFailure::panicked(&*payload)),
        });
    }
}

impl<T: ?Sized + Send + Sync + 'static> Drop for Report<T> {
    fn drop(&mut self) {
        let outcome = self.outcome.take().unwrap_or(Err(CloseFailure::RuntimeGone));
        if let Err(reason) = outcome {
            let mut failures = lock(&self.roster.failures);
            if failures.errors.len() < MAX_ERRORS {
                failures.errors.push(CloseError::new(&self.kind, reason));
            } else {
                failures.uncollected += 1;
            }
        }
        let ends = lock(&self.roster.closing).remove(&self.number);
        drop(ends);
    }
}

impl<T: ?Sized + Send + Sync + 'static> Instance<T> {
    /// Returns the kind that the instance was created as.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }
}

impl<T: ?Sized + Send + Sync + 'static> Deref for Instance<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: ?Sized + Send + Sync + 'static> Drop for Instance<T> {
    fn drop(&mut self) {
        let open = lock(&self.roster.open).remove(&self.number);
        if let Some(open) = open {
            self.roster.close(self.number, open);
        }
    }
}

impl<T: ?Sized + Send + Sync + 'static> fmt::Debug for Instance<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What was made from a configuration may show it.
        f.debug_struct("Instance").field("kind", &self.kind).finish_non_exhaustive()
    }
}

fn lock<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
