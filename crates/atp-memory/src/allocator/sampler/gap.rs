//! Gaps between samples, and what a sample stands for.

/// Returns the state of the random numbers of one thread.
pub(super) fn seed(seed: u64, thread: u64) -> u64 {
    split_mix(seed ^ split_mix(thread))
}

/// Draws a gap in bytes: at least 1, `interval` on average. Returns it with the next state.
pub(super) fn draw(state: u64, interval: u64) -> (u64, u64) {
    let state = state.wrapping_add(GOLDEN);
    if interval <= 1 {
        return (1, state);
    }
    // Uniform on (0, 1]: 53 bits, and never the 0 that has no logarithm.
    let uniform = ((split_mix(state) >> 11) + 1) as f64 / (1_u64 << 53) as f64;
    // A block of s bytes reaches a gap of g if s >= g, for whole s the same as s >= ceil(g).
    let gap = (-uniform.ln() * interval as f64).ceil().max(1.0);
    (gap as u64, state)
}

/// How many blocks of this size one sample stands for.
pub(super) fn weight(size: u64, interval: u64) -> f64 {
    // An empty layout never gets here, but would have to stand for something finite.
    if interval <= 1 { 1.0 } else { -1.0 / (-(size.max(1) as f64) / interval as f64).exp_m1() }
}

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// The output function of SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, OOPSLA 2014).
fn split_mix(state: u64) -> u64 {
    let mixed = (state ^ state >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ mixed >> 31
}
