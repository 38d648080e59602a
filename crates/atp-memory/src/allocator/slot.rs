//! The counters of one thread.

use super::level::LEVEL;
use crate::heap::HeapCounts;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::{AtomicI64, AtomicU64};

/// Written by its owner alone, with plain loads and stores; read by anyone.
///
/// The first eight fields are the hot ones and fill one line of 64 bytes. What is freed is stored
/// with release and read with acquire, so that a reader that sees a free of a block also sees its
/// allocation, made by whichever thread.
#[repr(align(128))]
#[derive(Debug)]
pub(crate) struct Slot {
    allocated_bytes: AtomicU64,
    allocations: AtomicU64,
    freed_bytes: AtomicU64,
    frees: AtomicU64,
    /// The highest `live` since the last flush.
    mark: AtomicI64,
    /// A flush is due when `live` leaves the range between these two. While the slot's owner is
    /// in [`Slot::uncounted`] they are out of reach.
    flush_above: AtomicI64,
    flush_below: AtomicI64,
    /// The value of `allocated_bytes` at which a block is sampled; 0 by whoever starts or stops
    /// the sampler, so that the owner looks.
    pub(crate) next_sample: AtomicU64,
    /// `live` at the last flush.
    flushed: AtomicI64,
    /// How far `live` may stray from `flushed`.
    slack: AtomicI64,
    /// The part of the four counters that is this crate's own bookkeeping.
    own: [AtomicU64; 4],
    /// State of the random numbers of the sampler, and the session that they belong to.
    pub(crate) random: AtomicU64,
    pub(crate) session: AtomicU64,
}

impl Slot {
    pub(super) const fn new() -> Self {
        Self {
            allocated_bytes: AtomicU64::new(0),
            allocations: AtomicU64::new(0),
            freed_bytes: AtomicU64::new(0),
            frees: AtomicU64::new(0),
            mark: AtomicI64::new(0),
            flush_above: AtomicI64::new(0),
            flush_below: AtomicI64::new(0),
            next_sample: AtomicU64::new(0),
            flushed: AtomicI64::new(0),
            slack: AtomicI64::new(0),
            own: [const { AtomicU64::new(0) }; 4],
            random: AtomicU64::new(0),
            session: AtomicU64::new(0),
        }
    }

    /// Counts a block. Returns whether it is to be sampled.
    #[inline(always)]
    pub(super) fn count_allocation(&self, size: usize) -> bool {
        let allocated = self.allocated_bytes.load(Relaxed).wrapping_add(size as u64);
        self.allocated_bytes.store(allocated, Relaxed);
        self.allocations.store(self.allocations.load(Relaxed).wrapping_add(1), Relaxed);
        let live = allocated.wrapping_sub(self.freed_bytes.load(Relaxed)) as i64;
        if live > self.mark.load(Relaxed) {
            self.mark.store(live, Relaxed);
            if live >= self.flush_above.load(Relaxed) {
                self.flush();
            }
        }
        allocated >= self.next_sample.load(Relaxed)
    }

    #[inline(always)]
    pub(super) fn count_free(&self, size: usize) {
        let freed = self.freed_bytes.load(Relaxed).wrapping_add(size as u64);
        self.freed_bytes.store(freed, Release);
        self.frees.store(self.frees.load(Relaxed).wrapping_add(1), Release);
        let live = self.allocated_bytes.load(Relaxed).wrapping_sub(freed) as i64;
        if live <= self.flush_below.load(Relaxed) {
            self.flush();
        }
    }

    pub(crate) fn allocated_bytes(&self) -> u64 {
        self.allocated_bytes.load(Relaxed)
    }

    fn live(&self) -> i64 {
        self.allocated_bytes().wrapping_sub(self.freed_bytes.load(Relaxed)) as i64
    }

    /// Gives what is not yet in the level to it. Only the owner may call this.
    #[cold]
    #[inline(never)]
    pub(super) fn flush(&self) {
        if self.is_uncounted() {
            return;
        }
        let live = self.live();
        let flushed = self.flushed.load(Relaxed);
        let slack = LEVEL.shift(live - flushed, self.mark.load(Relaxed) - flushed);
        self.settle_at(live, slack);
    }

    /// Starts over from `live`, which the level knows, with a new slack.
    fn settle_at(&self, live: i64, slack: i64) {
        LEVEL.change_slack(slack - self.slack.load(Relaxed));
        self.slack.store(slack, Relaxed);
        self.flushed.store(live, Relaxed);
        self.mark.store(live, Relaxed);
        self.flush_above.store(live + slack, Relaxed);
        self.flush_below.store(live - slack, Relaxed);
    }

    /// A new owner takes the slot over with the counts of the former one.
    pub(super) fn adopt(&self) {
        let slack = LEVEL.join();
        self.settle_at(self.live(), slack);
    }

    /// The owner leaves; its counts stay.
    pub(super) fn release(&self) {
        self.flush();
        LEVEL.change_slack(-self.slack.load(Relaxed));
        self.slack.store(0, Relaxed);
        LEVEL.leave();
    }

    /// Runs this crate's own bookkeeping: what it allocates and frees is neither in the totals,
    /// nor in a peak, nor sampled. Only the owner may call this.
    pub(super) fn uncounted<T>(&self, work: impl FnOnce() -> T) -> T {
        if self.is_uncounted() {
            return work();
        }
        let section = Uncounted::begin(self);
        let result = work();
        drop(section);
        result
    }

    pub(super) fn is_uncounted(&self) -> bool {
        self.flush_above.load(Relaxed) == i64::MAX
    }

    /// The four counters as they stand: allocated bytes, allocations, freed bytes, frees.
    fn raw(&self) -> [u64; 4] {
        // The frees first: see the type's documentation.
        let (freed_bytes, frees) = (self.freed_bytes.load(Acquire), self.frees.load(Acquire));
        [self.allocated_bytes.load(Relaxed), self.allocations.load(Relaxed), freed_bytes, frees]
    }

    /// What the thread freed, without this crate's own part: bytes and blocks.
    pub(super) fn freed(&self) -> (u64, u64) {
        let [.., own_bytes, own_blocks] = &self.own;
        let (own_bytes, own_blocks) = (own_bytes.load(Relaxed), own_blocks.load(Relaxed));
        let [.., bytes, blocks] = self.raw();
        (bytes.wrapping_sub(own_bytes), blocks.wrapping_sub(own_blocks))
    }

    /// What the thread allocated, without this crate's own part: bytes and blocks.
    pub(super) fn allocated(&self) -> (u64, u64) {
        let [own_bytes, own_blocks, ..] = &self.own;
        let (own_bytes, own_blocks) = (own_bytes.load(Relaxed), own_blocks.load(Relaxed));
        let [bytes, blocks, ..] = self.raw();
        (bytes.wrapping_sub(own_bytes), blocks.wrapping_sub(own_blocks))
    }

    /// This crate's own part.
    pub(super) fn bookkeeping(&self) -> HeapCounts {
        let [allocated_bytes, allocations, freed_bytes, frees] =
            [0, 1, 2, 3].map(|index: usize| self.own[index].load(Relaxed));
        HeapCounts { allocated_bytes, allocations, freed_bytes, frees }
    }

    /// All four, without this crate's own part.
    pub(super) fn counts(&self) -> HeapCounts {
        let (freed_bytes, frees) = self.freed();
        let (allocated_bytes, allocations) = self.allocated();
        HeapCounts { allocated_bytes, allocations, freed_bytes, frees }
    }
}

/// A section of bookkeeping, closed on drop so that a panic inside cannot leave the slot deaf.
struct Uncounted<'a> {
    slot: &'a Slot,
    before: [u64; 4],
    next_sample: u64,
}

impl<'a> Uncounted<'a> {
    fn begin(slot: &'a Slot) -> Self {
        slot.flush();
        slot.flush_above.store(i64::MAX, Relaxed);
        slot.flush_below.store(i64::MIN, Relaxed);
        Self { slot, before: slot.raw(), next_sample: slot.next_sample.swap(u64::MAX, SeqCst) }
    }
}

impl Drop for Uncounted<'_> {
    fn drop(&mut self) {
        let after = self.slot.raw();
        for ((own, before), after) in self.slot.own.iter().zip(self.before).zip(after) {
            own.store(own.load(Relaxed).wrapping_add(after.wrapping_sub(before)), Relaxed);
        }
        let skipped = after[0].wrapping_sub(self.before[0]);
        let next_sample = self.next_sample.saturating_add(skipped);
        // Whoever starts or stops the sampler meanwhile has stored 0 here, which must stay.
        let restored =
            self.slot.next_sample.compare_exchange(u64::MAX, next_sample, SeqCst, SeqCst);
        debug_assert!(restored.is_ok() || restored == Err(0));
        self.slot.settle_at(self.slot.live(), self.slot.slack.load(Relaxed));
    }
}
