//! A quick no to "was this block sampled?", asked at every free.

use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering::Relaxed;

const BITS: u32 = 16;

/// How many sampled blocks fall on each entry. 64 KiB stay in a core's cache. An entry that has
/// reached its end stays there until the next session, since nobody knows its count any more.
static ENTRIES: [AtomicU8; 1 << BITS] = [const { AtomicU8::new(0) }; 1 << BITS];

/// Spreads addresses, whose lowest bits are those of their alignment.
pub(super) fn hash(address: usize, bits: u32) -> usize {
    let spread = (address as u64 >> 4).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (spread >> (64 - bits)) as usize
}

/// Relaxed suffices: whoever frees a block was handed it by its allocator, and so sees the entry.
#[inline(always)]
pub(super) fn may_hold(address: usize) -> bool {
    ENTRIES[hash(address, BITS)].load(Relaxed) != 0
}

pub(super) fn add(address: usize) {
    change(address, |count| count.checked_add(1));
}

pub(super) fn remove(address: usize) {
    change(address, |count| if count == u8::MAX { None } else { count.checked_sub(1) });
}

fn change(address: usize, step: impl Fn(u8) -> Option<u8>) {
    // An error is a count that stays as it is.
    let _ = ENTRIES[hash(address, BITS)].fetch_update(Relaxed, Relaxed, step);
}

/// Empties the filter, while no session runs.
pub(super) fn clear() {
    for entry in &ENTRIES {
        if entry.load(Relaxed) != 0 {
            entry.store(0, Relaxed);
        }
    }
}
