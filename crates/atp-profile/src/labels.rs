//! The metadata of a thread's last calls.

use crate::metadata::Metadata;
use crate::session::lock;
use std::sync::{Arc, Mutex, OnceLock};

/// Metadata by call, each in the place that the call has in the thread's ring: it lasts as long as
/// the call stands there. A lock is for one place and one reader at most, so nobody waits.
#[derive(Debug)]
pub(crate) struct Labels {
    capacity: usize,
    /// Made when the first call has metadata, since many programs have none.
    slots: OnceLock<Box<[Slot]>>,
}

type Slot = Mutex<Option<(u64, Arc<Metadata>)>>;

impl Labels {
    /// Creates room for as many calls as the ring has, a power of two.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity, slots: OnceLock::new() }
    }

    pub(crate) fn put(&self, id: u64, metadata: Arc<Metadata>) {
        let slots =
            self.slots.get_or_init(|| (0..self.capacity).map(|_| Slot::default()).collect());
        *lock(&slots[self.place(id)]) = Some((id, metadata));
    }

    pub(crate) fn of(&self, id: u64) -> Option<Arc<Metadata>> {
        let slot = lock(&self.slots.get()?[self.place(id)]);
        slot.as_ref().filter(|(other, _)| *other == id).map(|(_, metadata)| Arc::clone(metadata))
    }

    fn place(&self, id: u64) -> usize {
        id as usize & (self.capacity - 1)
    }
}
