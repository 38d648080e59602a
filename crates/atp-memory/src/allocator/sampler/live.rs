//! The sampled blocks that are alive, by address.
//!
//! A fixed table without locks. An address is inserted by the allocation that produced it and
//! taken by the free that ends it; the program orders the two, so no two threads ever work on the
//! same address at once. Only [`each_of_scope`] walks the entries of others.

use super::filter::{self, hash};
use super::scopes::ScopeId;
use super::stacks::StackId;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize};

const BITS: u32 = 17;

/// An address is looked for in this many entries from the one that it hashes to.
const REACH: usize = 32;

/// A sampled block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sample {
    pub(crate) size: u64,
    /// How many blocks of its size it stands for.
    pub(crate) weight: f64,
    pub(crate) stack: StackId,
    pub(crate) scope: ScopeId,
}

/// `address` values that no block has.
const EMPTY: usize = 0;
const BUSY: usize = 1;

struct Entry {
    address: AtomicUsize,
    size: AtomicU64,
    weight: AtomicU64,
    stack: AtomicU32,
    /// The scope in the upper half; in the lower a number that each insertion raises, so that
    /// exchanging the whole tells whether the entry is still the same block's.
    label: AtomicU64,
}

static ENTRIES: [Entry; 1 << BITS] = [const { Entry::new() }; 1 << BITS];

/// Whether anything was inserted since the table was last drained.
static TOUCHED: AtomicBool = AtomicBool::new(false);

impl Entry {
    const fn new() -> Self {
        Self {
            address: AtomicUsize::new(EMPTY),
            size: AtomicU64::new(0),
            weight: AtomicU64::new(0),
            stack: AtomicU32::new(0),
            label: AtomicU64::new(0),
        }
    }

    /// Reads the block of an entry that the caller holds `BUSY`, and takes its scope away.
    fn read(&self) -> Sample {
        let scope = self.disown();
        Sample {
            size: self.size.load(Relaxed),
            weight: f64::from_bits(self.weight.load(Relaxed)),
            stack: StackId(self.stack.load(Relaxed)),
            scope,
        }
    }

    fn disown(&self) -> ScopeId {
        ScopeId((self.label.fetch_and(u64::from(u32::MAX), AcqRel) >> 32) as u32)
    }
}

fn low(label: u64) -> u64 {
    label & u64::from(u32::MAX)
}

fn neighbours(address: usize) -> impl Iterator<Item = &'static Entry> {
    let first = hash(address, BITS);
    (0..REACH).map(move |step| &ENTRIES[(first + step) % ENTRIES.len()])
}

/// Puts a block in. Returns whether there was room near its place.
pub(super) fn insert(address: usize, sample: Sample) -> bool {
    for entry in neighbours(address) {
        let free = entry.address.load(Relaxed) == EMPTY;
        if free && entry.address.compare_exchange(EMPTY, BUSY, Acquire, Relaxed).is_ok() {
            entry.size.store(sample.size, Relaxed);
            entry.weight.store(sample.weight.to_bits(), Relaxed);
            entry.stack.store(sample.stack.0, Relaxed);
            let next = low(entry.label.load(Relaxed).wrapping_add(1));
            entry.label.store(u64::from(sample.scope.0) << 32 | next, Release);
            entry.address.store(address, Release);
            TOUCHED.store(true, Relaxed);
            return true;
        }
    }
    false
}

/// Takes a block out, if it is there.
pub(super) fn take(address: usize) -> Option<Sample> {
    neighbours(address).find_map(|entry| {
        let found = entry.address.load(Relaxed) == address;
        if !found || entry.address.compare_exchange(address, BUSY, Acquire, Relaxed).is_err() {
            return None;
        }
        let sample = entry.read();
        entry.address.store(EMPTY, Release);
        Some(sample)
    })
}

/// Takes all blocks out, and empties the filter. For the time between two sessions.
pub(super) fn drain() {
    if !TOUCHED.swap(false, Relaxed) {
        return;
    }
    for entry in &ENTRIES {
        let address = entry.address.load(Relaxed);
        let held = address > BUSY
            && entry.address.compare_exchange(address, BUSY, Acquire, Relaxed).is_ok();
        if held {
            entry.disown();
            entry.address.store(EMPTY, Release);
        }
    }
    filter::clear();
}

/// Calls `each` with every live block of a scope, after giving the block to the scope `heir`.
pub(super) fn each_of_scope(scope: ScopeId, heir: ScopeId, mut each: impl FnMut(&Sample)) {
    for entry in &ENTRIES {
        let label = entry.label.load(Acquire);
        if (label >> 32) as u32 != scope.0 || entry.address.load(Acquire) <= BUSY {
            continue;
        }
        let sample = Sample {
            size: entry.size.load(Relaxed),
            weight: f64::from_bits(entry.weight.load(Relaxed)),
            stack: StackId(entry.stack.load(Relaxed)),
            scope,
        };
        // Fails if the block was freed meanwhile, and also if another one took its place: the
        // fields read above were then not this block's.
        let given = u64::from(heir.0) << 32 | low(label);
        if entry.label.compare_exchange(label, given, AcqRel, Acquire).is_ok() {
            each(&sample);
        }
    }
}
