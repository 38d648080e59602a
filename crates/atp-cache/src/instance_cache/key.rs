//! What makes two instances one: kind and configuration, compared in full.

use moka::Equivalent;
use serde_json::Value;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use tokio::runtime::Id;

/// The key of an instance.
///
/// There is no `Debug` on purpose: configurations hold tokens.
#[derive(PartialEq, Eq)]
pub(super) struct Key {
    pub(super) kind: Box<str>,
    config: Value,
    runtime: Option<Id>,
}

/// A [`Key`] by reference, so that a hit copies nothing.
///
/// `serde_json` compares and hashes objects whatever the order of their keys, and takes 1, 1.0
/// and "1" for three values.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct KeyRef<'a> {
    pub(super) kind: &'a str,
    pub(super) config: &'a Value,
    pub(super) runtime: Option<Id>,
}

impl KeyRef<'_> {
    pub(super) fn to_key(self) -> Arc<Key> {
        let Self { kind, config, runtime } = self;
        Arc::new(Key { kind: kind.into(), config: config.clone(), runtime })
    }
}

impl Key {
    fn by_ref(&self) -> KeyRef<'_> {
        KeyRef { kind: &self.kind, config: &self.config, runtime: self.runtime }
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.by_ref().hash(state);
    }
}

impl Equivalent<Arc<Key>> for KeyRef<'_> {
    fn equivalent(&self, key: &Arc<Key>) -> bool {
        *self == key.by_ref()
    }
}
