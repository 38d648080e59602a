//! Which thread counts in which slot.

use super::level::LEVEL;
use super::sampler;
use super::slot::Slot;
use std::cell::Cell;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU64};

const WORDS: usize = 8;

/// One slot for each thread that is alive, up to this many.
pub(super) const SLOTS: usize = WORDS * 64;

static SLOT: [Slot; SLOTS] = [const { Slot::new() }; SLOTS];

/// A bit for each slot: set while a thread owns it. Taking and giving back order the owners'
/// plain stores.
static TAKEN: [AtomicU64; WORDS] = [const { AtomicU64::new(0) }; WORDS];

/// A bit for each slot that was ever owned, so that sums pass over the others.
static USED: [AtomicU64; WORDS] = [const { AtomicU64::new(0) }; WORDS];

/// Where threads without a slot count, by atomic addition.
pub(super) static SHARED: Shared = Shared {
    allocated_bytes: AtomicU64::new(0),
    allocations: AtomicU64::new(0),
    freed_bytes: AtomicU64::new(0),
    frees: AtomicU64::new(0),
    joined: AtomicBool::new(false),
};

pub(super) struct Shared {
    pub(super) allocated_bytes: AtomicU64,
    pub(super) allocations: AtomicU64,
    pub(super) freed_bytes: AtomicU64,
    pub(super) frees: AtomicU64,
    joined: AtomicBool,
}

thread_local! {
    static OWN: Cell<Option<&'static Slot>> = const { Cell::new(None) };
    /// Set when this thread will not ask for a slot (again): there was none, or it is exiting.
    static WITHOUT: Cell<bool> = const { Cell::new(false) };
    static EXIT: Exit = const { Exit };
}

/// Gives the slot back when the thread exits.
struct Exit;

impl Drop for Exit {
    fn drop(&mut self) {
        // Destructors that run after this one may allocate; they are counted in the shared slot.
        WITHOUT.set(true);
        if let Some(slot) = OWN.take() {
            slot.release();
            give_back(slot);
        }
    }
}

#[inline(always)]
pub(super) fn count_allocation(address: usize, size: usize) {
    match OWN.get() {
        Some(slot) => {
            if slot.count_allocation(size) {
                sampler::due(slot, address, size);
            }
        }
        None => count_first_allocation(address, size),
    }
}

#[inline(always)]
pub(super) fn count_free(size: usize) {
    match OWN.get() {
        Some(slot) => slot.count_free(size),
        None => count_first_free(size),
    }
}

#[cold]
#[inline(never)]
fn count_first_allocation(address: usize, size: usize) {
    match own() {
        Some(_) => count_allocation(address, size),
        None => SHARED.count_allocation(size),
    }
}

#[cold]
#[inline(never)]
fn count_first_free(size: usize) {
    match own() {
        Some(slot) => slot.count_free(size),
        None => SHARED.count_free(size),
    }
}

/// Returns the calling thread's slot, taking one if it has none yet and one is free.
pub(crate) fn own() -> Option<&'static Slot> {
    OWN.get().or_else(take)
}

/// Runs this crate's own bookkeeping on the calling thread, apart from what is measured. On a
/// thread without a slot it is measured after all.
pub(crate) fn uncounted<T>(work: impl FnOnce() -> T) -> T {
    match own() {
        Some(slot) => slot.uncounted(work),
        None => work(),
    }
}

fn take() -> Option<&'static Slot> {
    if WITHOUT.replace(true) {
        return None;
    }
    // Registers the destructor. From 1.93 on std keeps its list of them outside the global
    // allocator; were it to allocate, `WITHOUT` would send that to the shared slot.
    EXIT.try_with(|_| ()).ok()?;
    let slot = find_free()?;
    slot.adopt();
    OWN.set(Some(slot));
    WITHOUT.set(false);
    Some(slot)
}

fn find_free() -> Option<&'static Slot> {
    for (word, taken) in TAKEN.iter().enumerate() {
        let mut bits = taken.load(Relaxed);
        while bits != u64::MAX {
            let bit = bits.trailing_ones();
            let found = taken.compare_exchange(bits, bits | 1 << bit, AcqRel, Relaxed);
            match found {
                Ok(_) => {
                    USED[word].fetch_or(1 << bit, Release);
                    return Some(&SLOT[word * 64 + bit as usize]);
                }
                Err(now) => bits = now,
            }
        }
    }
    None
}

fn give_back(slot: &'static Slot) {
    let index = index_of(slot);
    TAKEN[index / 64].fetch_and(!(1 << (index % 64)), Release);
}

/// The position of a slot in the table.
pub(super) fn index_of(slot: &'static Slot) -> usize {
    (std::ptr::from_ref(slot).addr() - SLOT.as_ptr().addr()) / size_of::<Slot>()
}

/// All slots, whoever owns them.
pub(super) fn all() -> &'static [Slot; SLOTS] {
    &SLOT
}

/// The slots that have ever been owned.
pub(super) fn used() -> impl Iterator<Item = &'static Slot> {
    USED.iter().enumerate().flat_map(|(word, used)| {
        let used = used.load(Acquire);
        (0..64).filter(move |bit| used >> bit & 1 == 1).map(move |bit| &SLOT[word * 64 + bit])
    })
}

impl Shared {
    fn count_allocation(&self, size: usize) {
        self.join();
        self.allocated_bytes.fetch_add(size as u64, Relaxed);
        self.allocations.fetch_add(1, Relaxed);
        LEVEL.shift(size as i64, size as i64);
    }

    fn count_free(&self, size: usize) {
        self.join();
        self.freed_bytes.fetch_add(size as u64, Release);
        self.frees.fetch_add(1, Release);
        LEVEL.shift(-(size as i64), 0);
    }

    /// Counts as one more thread from its first use on.
    fn join(&self) {
        if !self.joined.load(Relaxed) && !self.joined.swap(true, Relaxed) {
            LEVEL.join();
        }
    }
}
