//! Values by key, each made when it is first asked for.

use crate::cell::Cell;
use crate::error::{InitError, RegistryError};
use crate::form::Init;
use dashmap::{DashMap, Entry as Place};
use foldhash::fast::RandomState;
use std::borrow::{Borrow, Cow};
use std::fmt::{self, Display};
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// A set of named values, such as the adapters of a platform, none of which costs anything
/// before it is asked for.
///
/// `get` hands out clones, so a value that should be one for all is an `Arc`. A maker may ask the
/// same registry for other keys; asking for its own, directly or through others, is
/// [`InitError::Cycle`]. Clones are made under a lock of the map, as a map's own `get` would hold
/// it: `V::clone` does not use the registry.
///
/// # Examples
///
/// ```
/// use atp_lazy::DeferredRegistry;
///
/// let ports = DeferredRegistry::new("ports");
/// ports.register("http", || 80_u16)?;
/// ports.register("https", || 443)?;
/// assert_eq!(ports.get("https")?, 443);
/// assert!(ports.is_created("https") && !ports.is_created("http"));
///
/// let error = ports.get("htp").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "unknown key in ports: htp; did you mean http? known keys: http, https"
/// );
/// # Ok::<(), atp_lazy::RegistryError>(())
/// ```
pub struct DeferredRegistry<K, V> {
    name: &'static str,
    /// No reference into the map leaves a statement of this file, so nothing runs under its
    /// locks but the hashing, comparing and cloning of keys and the cloning of values.
    entries: DashMap<K, Arc<Entry<V>>, RandomState>,
    registered: AtomicU64,
}

struct Entry<V> {
    /// Counts up with each registration.
    order: u64,
    init: Box<dyn Init<Value = V> + Send + Sync>,
    cell: Cell<V>,
}

impl<K: Hash + Eq + Clone + Display, V> DeferredRegistry<K, V> {
    /// Creates a registry without keys; its name shows in errors.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self { name, entries: DashMap::default(), registered: AtomicU64::new(0) }
    }

    /// Adds a key whose value `init` will make: a closure, or one inside
    /// [`Fallible`](crate::Fallible).
    ///
    /// # Errors
    ///
    /// [`RegistryError::AlreadyRegistered`]; the first registration stays.
    pub fn register(
        &self,
        key: K,
        init: impl Init<Value = V> + Send + Sync + 'static,
    ) -> Result<(), RegistryError> {
        let entry = self.entry(init);
        let taken = match self.entries.entry(key) {
            Place::Vacant(place) => {
                place.insert(entry);
                return Ok(());
            }
            Place::Occupied(place) => place.key().clone(),
        };
        Err(RegistryError::AlreadyRegistered { registry: self.name, key: taken.to_string() })
    }

    /// Adds a key, or gives it a new maker: the next `get` makes a new value, and values that
    /// were handed out stay with those who have them. Tells whether the key was there before.
    pub fn replace(&self, key: K, init: impl Init<Value = V> + Send + Sync + 'static) -> bool {
        let entry = self.entry(init);
        let replaced = self.entries.insert(key, entry);
        replaced.is_some()
    }

    /// Returns the value of `key`, making it at the first call.
    ///
    /// # Errors
    ///
    /// [`RegistryError::UnknownKey`].
    ///
    /// # Panics
    ///
    /// If the value cannot be made, with the error of [`try_get`](Self::try_get) as the message.
    #[inline]
    #[track_caller]
    pub fn get<Q>(&self, key: &Q) -> Result<V, RegistryError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Display + ?Sized,
        V: Clone,
    {
        match self.try_get(key) {
            Err(RegistryError::Init(error)) => error.raise(),
            result => result,
        }
    }

    /// Returns the value of `key`, making it at the first call.
    ///
    /// # Errors
    ///
    /// [`RegistryError::UnknownKey`], and [`RegistryError::Init`] if the value cannot be made:
    /// its maker failed or panicked, which the next call tries again, or it needs itself.
    pub fn try_get<Q>(&self, key: &Q) -> Result<V, RegistryError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + Display + ?Sized,
        V: Clone,
    {
        // One look finds a value that is made; only a value that is not needs its entry, which
        // leaves the map's lock before its maker runs.
        let found = self.entries.view(key, |_, entry| match entry.cell.value() {
            Some(value) => Ok(value.clone()),
            None => Err(Arc::clone(entry)),
        });
        match found {
            Some(Ok(value)) => Ok(value),
            Some(Err(entry)) => {
                let name = || Cow::Owned(format!("{}/{key}", self.name));
                Ok(entry.cell.get_or_init(name, &*entry.init)?.clone())
            }
            None => Err(self.unknown(key.to_string())),
        }
    }

    /// Tells whether the value of `key` is made. Does not make it.
    pub fn is_created<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.find(key).is_some_and(|entry| entry.cell.value().is_some())
    }

    /// Returns all keys, in the order of their registration.
    #[doc(alias = "list_keys")]
    pub fn keys(&self) -> Vec<K> {
        self.in_order().into_iter().map(|(key, _)| key).collect()
    }

    /// Returns how long making each value took, for those that are made, in the order of their
    /// registration.
    #[doc(alias = "get_creation_times")]
    pub fn creation_times(&self) -> Vec<(K, Duration)> {
        let entries = self.in_order().into_iter();
        entries.filter_map(|(key, entry)| Some((key, entry.cell.took()?))).collect()
    }

    fn entry(&self, init: impl Init<Value = V> + Send + Sync + 'static) -> Arc<Entry<V>> {
        let order = self.registered.fetch_add(1, Relaxed);
        Arc::new(Entry { order, init: Box::new(init), cell: Cell::new() })
    }

    fn find<Q>(&self, key: &Q) -> Option<Arc<Entry<V>>>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.entries.view(key, |_, entry| Arc::clone(entry))
    }

    fn in_order(&self) -> Vec<(K, Arc<Entry<V>>)> {
        let each = self.entries.iter();
        let mut all: Vec<_> =
            each.map(|place| (place.key().clone(), Arc::clone(place.value()))).collect();
        all.sort_by_key(|(_, entry)| entry.order);
        all
    }

    #[cold]
    fn unknown(&self, key: String) -> RegistryError {
        let known: Vec<String> = self.keys().iter().map(K::to_string).collect();
        let nearest = nearest(&key, &known).cloned();
        RegistryError::UnknownKey { registry: self.name, key, nearest, known }
    }
}

/// Returns the name that `key` is most likely a slip of: at most one edit in three characters.
fn nearest<'a>(key: &str, known: &'a [String]) -> Option<&'a String> {
    // The distance costs the product of both lengths, and no such key is a slip.
    const LONGEST: usize = 64;
    let length = key.chars().count();
    if length > LONGEST {
        return None;
    }
    let allowed = (length / 3).max(1);
    let lower = key.to_lowercase();
    let near = known.iter().filter(|name| name.len() <= 4 * LONGEST).filter_map(|name| {
        let edits = strsim::damerau_levenshtein(&lower, &name.to_lowercase());
        (edits <= allowed).then_some((edits, name))
    });
    near.min_by_key(|&(edits, _)| edits).map(|(_, name)| name)
}

impl From<InitError> for RegistryError {
    fn from(error: InitError) -> Self {
        Self::Init(error)
    }
}

/// Shows how much there is, not the keys or values.
impl<K: Hash + Eq, V> fmt::Debug for DeferredRegistry<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeferredRegistry")
            .field("name", &self.name)
            .field("keys", &self.entries.len())
            .finish_non_exhaustive()
    }
}
