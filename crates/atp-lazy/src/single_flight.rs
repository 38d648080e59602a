//! One load a key, however many threads and tasks ask for it at the same time.

use crate::context::{Need, Node};
use crate::error::InitError;
use crate::flight::{Attempt, Flight, Within, run_within};
use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Loads in progress, by key.
///
/// [`join`](Self::join) gives every caller the [`Flight`] of its key, and the first one a
/// [`Leader`] too: that caller decides where the load runs. It keeps nothing once a load is
/// done; what should last, the load itself puts where it lasts, before it returns. A caller that
/// looked there before it joined looks again when it becomes the leader: the load that it missed
/// may have ended in between.
///
/// `V` is what everybody gets a clone of, so it is usually an `Arc<T>` or a
/// `Result<Arc<T>, E>` with a cheap error.
///
/// # Examples
///
/// A thread runs the load itself:
///
/// ```
/// use atp_lazy::SingleFlight;
///
/// let flights: SingleFlight<&str, usize> = SingleFlight::new(|key| format!("length of {key}"));
/// let (flight, leader) = flights.join("four");
/// if let Some(leader) = leader {
///     leader.run(|| "four".len());
/// }
/// assert_eq!(flight.wait()?, 4);
/// # Ok::<(), atp_lazy::InitError>(())
/// ```
///
/// A task hands it over, so that dropping the task neither loses the load nor stalls the others:
///
/// ```
/// # use atp_lazy::{InitError, SingleFlight};
/// async fn length(flights: &SingleFlight<&'static str, usize>) -> Result<usize, InitError> {
///     let (flight, leader) = flights.join("four");
///     if let Some(leader) = leader {
///         tokio::task::spawn_blocking(move || leader.run(|| "four".len()));
///     }
///     flight.await
/// }
/// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// # assert_eq!(runtime.block_on(length(&SingleFlight::new(|key| key.to_string())))?, 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SingleFlight<K, V> {
    attempts: Arc<Attempts<K, V>>,
    name: fn(&K) -> String,
}

/// The right, and the duty, to run the load of one key.
///
/// Dropping it without running it, or dropping the future of [`run_async`](Self::run_async)
/// half-way, ends the flight with [`InitError::Cancelled`]; who waited may join again.
#[must_use = "dropping the leader cancels the load for all who wait for it"]
pub struct Leader<K: Hash + Eq, V> {
    attempts: Arc<Attempts<K, V>>,
    key: K,
    attempt: Arc<Attempt<V>>,
}

struct Attempts<K, V>(Mutex<HashMap<K, Arc<Attempt<V>>>>);

impl<K: Hash + Eq + Clone, V: Clone> SingleFlight<K, V> {
    /// Creates a set of flights; `name` says what a key is called in errors.
    ///
    /// The name is read once a load, and it is shown: it holds no secrets. It is read under the
    /// lock of the set, as keys are hashed, compared and cloned: none of these uses the set.
    #[must_use]
    pub fn new(name: fn(&K) -> String) -> Self {
        Self { attempts: Arc::new(Attempts(Mutex::default())), name }
    }

    /// Joins the load of `key`, or opens one: then there is a leader, which has to run it.
    pub fn join(&self, key: K) -> (Flight<V>, Option<Leader<K, V>>) {
        let mut attempts = self.attempts.lock();
        match attempts.entry(key) {
            Entry::Occupied(entry) => (entry.get().flight(), None),
            Entry::Vacant(entry) => {
                let key = entry.key().clone();
                let attempt = Attempt::new(Node::new(Cow::Owned((self.name)(&key))));
                let flight = attempt.flight();
                entry.insert(Arc::clone(&attempt));
                (flight, Some(Leader { attempts: Arc::clone(&self.attempts), key, attempt }))
            }
        }
    }

    /// Returns how many loads are in progress.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.attempts.lock().len()
    }
}

impl<K: Hash + Eq, V> Leader<K, V> {
    /// Runs the load here and gives what it returns to all who wait.
    ///
    /// A panic in `load` ends here: everybody, the caller included, finds it in the flight as
    /// [`InitError::Panicked`].
    pub fn run(self, load: impl FnOnce() -> V) {
        let outcome = run_within(self.attempt.node(), load);
        self.land(outcome);
    }

    /// Runs an async load inside whichever task awaits this, and gives its output to all who
    /// wait. Spawn it: a leader that is not polled keeps everybody waiting. Dropping the future
    /// ends the flight with [`InitError::Cancelled`]; a panic is as in [`run`](Self::run).
    pub async fn run_async(self, load: impl Future<Output = V>) {
        let node = self.attempt.node();
        let outcome = match Need::of_current(node) {
            Ok(_need) => Within::new(Arc::clone(node), load).await,
            Err(path) => Err(InitError::Cycle(path)),
        };
        self.land(outcome);
    }
}

impl<K: Hash + Eq, V> Leader<K, V> {
    fn land(&self, outcome: Result<V, InitError>) {
        // The key is free before anybody hears the outcome, so a retry is never given the
        // failure it retries.
        let ended = self.attempts.lock().remove_entry(&self.key);
        drop(ended);
        self.attempt.land(outcome);
    }
}

impl<K: Hash + Eq, V> Drop for Leader<K, V> {
    fn drop(&mut self) {
        if !self.attempt.has_landed() {
            self.land(Err(self.attempt.cancelled()));
        }
    }
}

impl<K, V> Attempts<K, V> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, Arc<Attempt<V>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, V> fmt::Debug for SingleFlight<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Keys and values stay unseen: a cache's keys may hold configurations.
        f.debug_struct("SingleFlight").field("in_flight", &self.attempts.lock().len()).finish()
    }
}

impl<K: Hash + Eq, V> fmt::Debug for Leader<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leader").finish_non_exhaustive()
    }
}
