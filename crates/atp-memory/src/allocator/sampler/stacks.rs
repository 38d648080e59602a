//! The stacks that allocated, each kept once, with what they allocated and what is left of it.

use super::live::Sample;
use super::sums::{AtomicSums, Sums};
use std::iter;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize};

/// Frames beyond this depth, counted from the allocation, are left out.
pub(crate) const DEPTH: usize = 48;

const BITS: u32 = 12;

/// A stack is looked for in this many entries from the one that it hashes to.
const REACH: usize = 64;

/// The position of a stack, valid within an [`epoch`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct StackId(pub(super) u32);

impl StackId {
    /// Stands for all stacks that the table had no room for.
    pub(crate) const UNPLACED: Self = Self(0);
}

struct Stack {
    /// Of the frames; 0 in an entry that is free. Two stacks with equal hashes would be taken for
    /// one: with all entries used that is a chance of one in a million million.
    hash: AtomicU64,
    /// Set once the frames are written.
    depth: AtomicU32,
    frames: [AtomicUsize; DEPTH],
    total: AtomicSums,
    live: AtomicSums,
}

/// The first entry is [`StackId::UNPLACED`].
static STACKS: [Stack; 1 << BITS] = [const { Stack::new() }; 1 << BITS];
static UNPLACED: AtomicU64 = AtomicU64::new(0);

/// The entries in use, so that walking them costs what they are and not what there could be. A
/// position that is counted and not yet written holds 0.
static ORDER: [AtomicU32; 1 << BITS] = [const { AtomicU32::new(0) }; 1 << BITS];
static COUNT: AtomicU32 = AtomicU32::new(0);

/// A session that starts with more stacks than this from the ones before forgets them.
const CROWDED: u32 = 1 << (BITS - 1);
static EPOCH: AtomicU64 = AtomicU64::new(0);

impl Stack {
    const fn new() -> Self {
        Self {
            hash: AtomicU64::new(0),
            depth: AtomicU32::new(0),
            frames: [const { AtomicUsize::new(0) }; DEPTH],
            total: AtomicSums::new(),
            live: AtomicSums::new(),
        }
    }
}

/// Writes the return addresses of the calling thread into `frames`, innermost first, and returns
/// how many there are.
#[cfg(feature = "sites")]
pub(super) fn capture(frames: &mut [usize; DEPTH]) -> usize {
    let mut depth = 0;
    let visit = |frame: &backtrace::Frame| {
        frames[depth] = frame.ip().addr();
        depth += 1;
        depth < DEPTH
    };
    // The unwinder of Windows needs the lock that `backtrace` keeps for it.
    #[cfg(windows)]
    backtrace::trace(visit);
    #[cfg(not(windows))]
    // SAFETY: what `trace` adds is a lock around unwinders that are not thread-safe; those of the
    // platforms other than Windows are. `visit` neither unwinds nor keeps the frame.
    unsafe {
        backtrace::trace_unsynchronized(visit);
    }
    depth
}

#[cfg(not(feature = "sites"))]
pub(super) fn capture(_frames: &mut [usize; DEPTH]) -> usize {
    0
}

/// Returns the entry of a stack, making it if it is new.
pub(super) fn intern(frames: &[usize]) -> StackId {
    let hash = hash(frames);
    let first = (hash >> (64 - BITS)) as usize;
    for step in 0..REACH {
        let index = (first + step) % STACKS.len();
        if index == StackId::UNPLACED.0 as usize {
            continue;
        }
        let stack = &STACKS[index];
        match stack.hash.compare_exchange(0, hash, Acquire, Acquire) {
            Ok(_) => {
                for (stored, frame) in stack.frames.iter().zip(frames) {
                    stored.store(*frame, Relaxed);
                }
                stack.depth.store(frames.len() as u32, Release);
                let position = COUNT.fetch_add(1, Relaxed) as usize;
                ORDER[position].store(index as u32, Relaxed);
                return StackId(index as u32);
            }
            Err(other) if other == hash => return StackId(index as u32),
            Err(_) => {}
        }
    }
    UNPLACED.fetch_add(1, Relaxed);
    StackId::UNPLACED
}

/// FNV-1a over whole addresses, with a final mix for the upper bits. Never 0.
fn hash(frames: &[usize]) -> u64 {
    let mut hash = 0xCBF2_9CE4_8422_2325_u64;
    for frame in frames {
        hash = (hash ^ *frame as u64).wrapping_mul(0x0000_0100_0000_01B3);
        hash ^= hash >> 29;
    }
    hash.wrapping_mul(0x9E37_79B9_7F4A_7C15).max(1)
}

pub(super) fn charge_total(sample: &Sample) {
    STACKS[sample.stack.0 as usize].total.charge(sample, 1.0);
}

pub(super) fn charge_live(sample: &Sample, sign: f64) {
    STACKS[sample.stack.0 as usize].live.charge(sample, sign);
}

/// How many samples of this session had no room.
pub(super) fn unplaced() -> u64 {
    UNPLACED.load(Relaxed)
}

/// Forgets what was allocated; and by which stacks, if there are many and `nobody_records`. Stacks
/// are otherwise kept, so that what outlived a scope of an earlier session can still be named.
///
/// To be called while no session runs.
pub(super) fn clear(nobody_records: bool) {
    UNPLACED.store(0, Relaxed);
    for (_, stack) in used() {
        stack.total.clear();
        stack.live.clear();
    }
    if nobody_records && COUNT.load(Relaxed) > CROWDED {
        for (_, stack) in used() {
            stack.depth.store(0, Relaxed);
            stack.hash.store(0, Release);
        }
        ORDER.iter().for_each(|position| position.store(0, Relaxed));
        COUNT.store(0, Relaxed);
        EPOCH.fetch_add(1, Relaxed);
    }
}

/// Which set of stacks the ids stand for: it changes when all are forgotten.
pub(crate) fn epoch() -> u64 {
    EPOCH.load(Relaxed)
}

/// Calls `each` for the stacks that have allocated anything in this session, with their total and
/// live sums.
pub(crate) fn each(mut each: impl FnMut(StackId, Sums, Sums)) {
    for (id, stack) in used() {
        let total = stack.total.read();
        if total != Sums::default() {
            each(id, total, stack.live.read());
        }
    }
}

fn used() -> impl Iterator<Item = (StackId, &'static Stack)> {
    let placed = ORDER[..COUNT.load(Relaxed) as usize].iter().map(|index| index.load(Relaxed));
    iter::once(StackId::UNPLACED.0)
        .chain(placed.filter(|index| *index != StackId::UNPLACED.0))
        .map(|index| (StackId(index), &STACKS[index as usize]))
}

/// The return addresses of a stack, innermost first.
pub(crate) fn frames(stack: StackId) -> Vec<usize> {
    let stack = &STACKS[stack.0 as usize];
    let depth = stack.depth.load(Acquire) as usize;
    stack.frames[..depth].iter().map(|frame| frame.load(Relaxed)).collect()
}
