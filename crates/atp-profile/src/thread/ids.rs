//! Numbers for calls, no two of them equal in the process.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The numbers that one thread hands out, taken from the process in blocks, so that a new one costs
/// no shared write.
#[derive(Debug, Default)]
pub(super) struct Ids(Cell<u64>);

const BLOCK: u64 = 1 << 20;

impl Ids {
    /// Returns the next number, never zero. Within a block it is one more than the last.
    #[inline]
    pub(super) fn next(&self) -> u64 {
        let mut id = self.0.get();
        if id.is_multiple_of(BLOCK) {
            id = next_block();
        }
        self.0.set(id + 1);
        id
    }
}

#[cold]
fn next_block() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    // The first number of a block is left out, so that running into it says the block is used up.
    NEXT.fetch_add(1, Relaxed) * BLOCK + 1
}
