//! A few blocks, chosen by chance in proportion to their size, and where they came from.
//!
//! A thread draws a gap from the exponential distribution with the session's interval as its mean
//! and samples the block in which it ends. The gaps have no memory, so a block of `size` bytes is
//! sampled with probability 1 - exp(-size / interval) whatever came before it, and stands for one
//! in that probability: a Horvitz-Thompson estimate, unbiased for each block by itself. (Adding
//! sizes first and correcting the sum afterwards is not.) An interval of 1 takes every block.

mod filter;
mod gap;
mod live;
mod scopes;
mod stacks;
mod sums;
#[cfg(test)]
mod tests;

pub(crate) use live::Sample;
pub(crate) use scopes::ScopeId;
pub(crate) use stacks::{DEPTH, StackId};
pub(crate) use sums::Sums;

use super::slot::Slot;
use super::threads;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Odd while a session runs. Changing it and then storing 0 in each slot's `next_sample` makes
/// every thread look here at its next allocation.
static SESSION: AtomicU64 = AtomicU64::new(0);
static INTERVAL: AtomicU64 = AtomicU64::new(0);
static SEED: AtomicU64 = AtomicU64::new(0);
/// How many threads may be recording a sample.
static RECORDING: AtomicU64 = AtomicU64::new(0);
/// Samples of the session, and those among them whose free will not be seen because the table of
/// live blocks had no room.
static RECORDED: AtomicU64 = AtomicU64::new(0);
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// How the running session has gone so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tally {
    pub(crate) recorded: u64,
    pub(crate) dropped: u64,
    /// Samples whose call site is unknown because the table of stacks was full.
    pub(crate) unplaced: u64,
}

/// Held by whoever starts or stops a session. Allocations never wait for it.
static CONTROL: Mutex<()> = Mutex::new(());

/// Starts a session that samples one block in `interval` bytes.
///
/// # Errors
///
/// The interval of the session that is already running.
pub(crate) fn start(interval: u64, seed: u64) -> Result<u64, u64> {
    let _control = control();
    if session().is_some() {
        return Err(INTERVAL.load(SeqCst));
    }
    threads::uncounted(prime);
    live::drain();
    // No session runs, so whoever begins to record from here on sees that and leaves it.
    stacks::clear(RECORDING.load(SeqCst) == 0);
    scopes::clear();
    RECORDED.store(0, Relaxed);
    DROPPED.store(0, Relaxed);
    INTERVAL.store(interval, SeqCst);
    SEED.store(seed, SeqCst);
    let session = SESSION.fetch_add(1, SeqCst) + 1;
    call_all_threads();
    Ok(session)
}

/// Ends a session, and returns what `read` makes of its sums: they no longer change, and no other
/// session starts before `read` is done. Live blocks are forgotten, so that frees are as quick as
/// before.
pub(crate) fn stop<T>(session: u64, read: impl FnOnce() -> T) -> T {
    let _control = control();
    if SESSION.compare_exchange(session, session + 1, SeqCst, SeqCst).is_ok() {
        call_all_threads();
        live::drain();
    }
    read()
}

/// Returns what `read` makes of the stacks, if their ids still stand for what they did when
/// [`stacks_epoch`] was `epoch`.
pub(crate) fn read_stacks<T>(epoch: u64, read: impl FnOnce() -> T) -> Option<T> {
    let _control = control();
    (stacks_epoch() == epoch).then(read)
}

fn control() -> MutexGuard<'static, ()> {
    CONTROL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The number of the running session, if there is one.
pub(crate) fn session() -> Option<u64> {
    let session = SESSION.load(SeqCst);
    (session % 2 == 1).then_some(session)
}

pub(crate) fn tally() -> Tally {
    Tally {
        recorded: RECORDED.load(Relaxed),
        dropped: DROPPED.load(Relaxed),
        unplaced: stacks::unplaced(),
    }
}

pub(crate) use scopes::{close as close_scope, enter as enter_scope, open as open_scope};
pub(crate) use stacks::{each as each_stack, epoch as stacks_epoch, frames};

fn call_all_threads() {
    for slot in threads::all() {
        slot.next_sample.store(0, SeqCst);
    }
}

/// Walks one stack, so that what the unwinder sets up once is set up outside of an allocation.
fn prime() {
    let mut frames = [0; DEPTH];
    stacks::capture(&mut frames);
}

/// Handles an allocation at which the slot's gap ended, or the slot was told to look.
#[cold]
#[inline(never)]
pub(super) fn due(slot: &'static Slot, address: usize, size: usize) {
    if slot.is_uncounted() {
        return;
    }
    let allocated = slot.allocated_bytes();
    if slot.session.load(Relaxed) != SESSION.load(SeqCst) {
        // The gap was drawn for another session: draw one that starts before this block.
        arm(slot, allocated.wrapping_sub(size as u64));
        if allocated < slot.next_sample.load(Relaxed) {
            return;
        }
    }
    let interval = INTERVAL.load(Relaxed);
    RECORDING.fetch_add(1, SeqCst);
    if session().is_some() && interval > 0 {
        slot.uncounted(|| record(address, size, interval));
    }
    RECORDING.fetch_sub(1, SeqCst);
    arm(slot, slot.allocated_bytes());
}

/// Draws the next gap, which starts at `from`, for the session that is running now.
fn arm(slot: &'static Slot, from: u64) {
    loop {
        let session = SESSION.load(SeqCst);
        if slot.session.swap(session, Relaxed) != session {
            let index = threads::index_of(slot) as u64;
            slot.random.store(gap::seed(SEED.load(SeqCst), index), Relaxed);
        }
        let next = if session % 2 == 1 {
            let (gap, random) = gap::draw(slot.random.load(Relaxed), INTERVAL.load(SeqCst));
            slot.random.store(random, Relaxed);
            from.saturating_add(gap)
        } else {
            u64::MAX
        };
        slot.next_sample.store(next, SeqCst);
        if SESSION.load(SeqCst) == session {
            return;
        }
    }
}

fn record(address: usize, size: usize, interval: u64) {
    let mut frames = [0; DEPTH];
    let depth = stacks::capture(&mut frames);
    let stack = stacks::intern(&frames[..depth]);
    let size = size as u64;
    let scope = scopes::current();
    let sample = Sample { size, weight: gap::weight(size, interval), stack, scope };
    // Charged first, so that no reader sees more freed than allocated.
    stacks::charge_total(&sample);
    stacks::charge_live(&sample, 1.0);
    scopes::charge(sample.scope, &sample, 1.0);
    RECORDED.fetch_add(1, Relaxed);
    put_back(address, sample);
}

/// Puts a live block into the table, or counts it as dropped.
pub(super) fn put_back(address: usize, sample: Sample) {
    filter::add(address);
    if !live::insert(address, sample) {
        filter::remove(address);
        settle(&sample);
        DROPPED.fetch_add(1, Relaxed);
    }
}

/// Forgets a block that is about to be freed, if it was sampled.
#[inline(always)]
pub(super) fn forget(address: usize) {
    if filter::may_hold(address) {
        forget_found(address);
    }
}

#[cold]
#[inline(never)]
fn forget_found(address: usize) {
    if let Some(sample) = take(address) {
        settle(&sample);
    }
}

/// Takes a block out of the table, if it is there.
#[inline]
pub(super) fn take(address: usize) -> Option<Sample> {
    if !filter::may_hold(address) {
        return None;
    }
    let sample = live::take(address)?;
    filter::remove(address);
    Some(sample)
}

/// Takes a block that is gone off the live sums.
pub(super) fn settle(sample: &Sample) {
    stacks::charge_live(sample, -1.0);
    scopes::charge(sample.scope, sample, -1.0);
}
