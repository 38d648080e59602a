use super::gap;
use super::sums::Sums;
use crate::estimate::Estimate;

const INTERVAL: u64 = 64 * 1024;

/// Sizes from 16 B to 256 KiB: most blocks are small, most bytes are in large ones.
fn sizes() -> Vec<u64> {
    let mut sizes = Vec::new();
    for (size, count) in [(16, 60_000), (100, 40_000), (1000, 4000), (10_000, 300), (262_144, 12)] {
        sizes.extend(std::iter::repeat_n(size, count));
    }
    // Interleaved, so that no size comes in one run.
    let n = sizes.len();
    (0..n).map(|index| sizes[index * 7919 % n]).collect()
}

/// Samples a program that allocates `sizes` in order, as a thread does.
fn sample(sizes: &[u64], interval: u64, seed: u64) -> Sums {
    let mut sums = Sums::default();
    let (mut left, mut state) = gap::draw(gap::seed(seed, 0), interval);
    for size in sizes {
        if *size < left {
            left -= size;
            continue;
        }
        sums.add(&Sums::of(*size, gap::weight(*size, interval)));
        (left, state) = gap::draw(state, interval);
    }
    sums
}

#[test]
fn the_estimates_are_unbiased_and_their_intervals_hold_the_truth() {
    const TRIALS: u64 = 1000;
    let sizes = sizes();
    let (bytes, blocks) = (sizes.iter().sum::<u64>(), sizes.len() as u64);
    let (mut sum, mut covered) = (Sums::default(), [0_u64; 2]);
    for seed in 0..TRIALS {
        let sums = sample(&sizes, INTERVAL, seed);
        sum.add(&sums);
        for (count, (estimate, truth)) in covered
            .iter_mut()
            .zip([(Estimate::of_bytes(&sums), bytes), (Estimate::of_blocks(&sums), blocks)])
        {
            *count += u64::from(estimate.lower <= truth && truth <= estimate.upper);
        }
    }
    let bias = |sum: f64, truth: u64| (sum / TRIALS as f64 / truth as f64 - 1.0).abs();
    assert!(bias(sum.bytes, bytes) < 0.01, "bytes are off by {}", bias(sum.bytes, bytes));
    assert!(bias(sum.blocks, blocks) < 0.01, "blocks are off by {}", bias(sum.blocks, blocks));
    assert!(covered.iter().all(|count| (900..=990).contains(count)), "covered {covered:?} of 1000");
}

#[test]
fn an_interval_of_one_takes_every_block_for_itself() {
    let sizes = [1, 2, 3, 1_000_000];
    let sums = sample(&sizes, 1, 0);
    let exact = Sums { bytes: 1_000_006.0, bytes_variance: 0.0, blocks: 4.0, blocks_variance: 0.0 };
    assert_eq!(sums, exact);
    assert!(Estimate::of_bytes(&sums).is_exact());
}

#[test]
fn a_block_far_larger_than_the_interval_is_always_sampled_and_stands_for_itself() {
    for seed in 0..1000 {
        let sums = sample(&[100 * INTERVAL], INTERVAL, seed);
        assert_eq!(Estimate::of_bytes(&sums).value, 100 * INTERVAL);
    }
}

#[test]
fn gaps_have_the_mean_they_were_asked_for() {
    for interval in [2, 1000, 512 * 1024, u64::MAX / 1024] {
        let (mut sum, mut state) = (0.0, gap::seed(1, 2));
        for _ in 0..10_000 {
            let (gap, next) = gap::draw(state, interval);
            assert!(gap >= 1);
            (sum, state) = (sum + gap as f64, next);
        }
        // Rounding up adds up to one byte, which is half of an interval of two.
        let mean = sum / 10_000.0;
        assert!((mean / (interval as f64 + 0.5) - 1.0).abs() < 0.04, "{interval}: {mean}");
    }
}

#[test]
fn extreme_blocks_have_finite_weights() {
    for interval in [1, 2, u64::MAX] {
        for size in [0, 1, u64::MAX] {
            let weight = gap::weight(size, interval);
            assert!(weight.is_finite() && weight >= 1.0, "{size} at {interval}: {weight}");
        }
    }
}

#[test]
fn threads_of_one_seed_draw_different_gaps() {
    let draw = |thread| gap::draw(gap::seed(7, thread), INTERVAL).0;
    assert_eq!(draw(3), draw(3));
    assert_ne!(draw(3), draw(4));
}
