//! Estimated bytes and blocks with their variances, added up by any thread.

use super::live::Sample;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// Estimated bytes and blocks, and the variance of each estimate.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Sums {
    pub(crate) bytes: f64,
    pub(crate) bytes_variance: f64,
    pub(crate) blocks: f64,
    pub(crate) blocks_variance: f64,
}

impl Sums {
    /// What one sampled block contributes.
    ///
    /// With p the probability that it was sampled and w = 1 / p, the Horvitz-Thompson estimate
    /// of a quantity x is x w, and the unbiased estimate of its variance x^2 (1 - p) / p^2, which
    /// is x^2 w (w - 1).
    pub(crate) fn of(size: u64, weight: f64) -> Self {
        let size = size as f64;
        let blocks_variance = weight * (weight - 1.0);
        Self {
            bytes: size * weight,
            bytes_variance: size * size * blocks_variance,
            blocks: weight,
            blocks_variance,
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.bytes += other.bytes;
        self.bytes_variance += other.bytes_variance;
        self.blocks += other.blocks;
        self.blocks_variance += other.blocks_variance;
    }
}

/// [`Sums`] that several threads add to. A reader may see one addend's parts in different states.
#[derive(Debug)]
pub(super) struct AtomicSums([AtomicF64; 4]);

impl AtomicSums {
    pub(super) const fn new() -> Self {
        Self([const { AtomicF64(AtomicU64::new(0)) }; 4])
    }

    /// Adds a sample, or takes it away again for a `sign` of -1.
    pub(super) fn charge(&self, sample: &Sample, sign: f64) {
        let Sums { bytes, bytes_variance, blocks, blocks_variance } =
            Sums::of(sample.size, sample.weight);
        for (sum, addend) in self.0.iter().zip([bytes, bytes_variance, blocks, blocks_variance]) {
            sum.add(sign * addend);
        }
    }

    /// What is left of a difference that ought to be nothing is rounding and reads as nothing.
    pub(super) fn read(&self) -> Sums {
        let [bytes, bytes_variance, blocks, blocks_variance] =
            [0, 1, 2, 3].map(|index: usize| self.0[index].get());
        if blocks < 0.5 {
            return Sums::default();
        }
        Sums {
            bytes,
            bytes_variance: bytes_variance.max(0.0),
            blocks,
            blocks_variance: blocks_variance.max(0.0),
        }
    }

    pub(super) fn clear(&self) {
        for sum in &self.0 {
            sum.0.store(0, Relaxed);
        }
    }
}

/// The bits of a float.
#[derive(Debug)]
struct AtomicF64(AtomicU64);

impl AtomicF64 {
    fn get(&self) -> f64 {
        f64::from_bits(self.0.load(Relaxed))
    }

    fn add(&self, addend: f64) {
        let mut bits = self.0.load(Relaxed);
        loop {
            let sum = f64::from_bits(bits) + addend;
            match self.0.compare_exchange_weak(bits, sum.to_bits(), Relaxed, Relaxed) {
                Ok(_) => return,
                Err(now) => bits = now,
            }
        }
    }
}
