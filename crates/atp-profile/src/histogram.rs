//! Log-linear buckets: sixteen to each power of two, so a value is known to about 3 %.

/// Values below `2 * SUB` have a bucket of their own; above, each octave has `SUB` buckets.
const SUB_BITS: u32 = 4;
const SUB: u64 = 1 << SUB_BITS;

/// Enough for values below 2^42: an hour in ticks of a processor's clock. Longer ones share the
/// last bucket, and a quantile there is the maximum.
pub(crate) const BUCKETS: usize = 39 * SUB as usize;

/// Returns the bucket of `value`.
#[inline]
pub(crate) fn bucket(value: u64) -> usize {
    let shift = (63 - SUB_BITS) - (value | SUB).leading_zeros();
    let index = (u64::from(shift) << SUB_BITS) + (value >> shift);
    (index as usize).min(BUCKETS - 1)
}

/// Returns the middle of a bucket.
fn middle(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < 2 * SUB {
        return bucket;
    }
    let shift = bucket / SUB - 1;
    let lower = (SUB + bucket % SUB) << shift;
    lower + (1 << shift) / 2
}

/// Returns the value at quantile `q` (nearest rank) of counts by bucket, or `None` without values.
///
/// The result is the middle of the value's bucket, kept within `min` and `max`; the ends of the
/// distribution are exact.
pub(crate) fn quantile(counts: &[u64], q: f64, min: u64, max: u64) -> Option<u64> {
    let total: u64 = counts.iter().sum();
    if total == 0 {
        return None;
    }
    let rank = ((q * total as f64).ceil() as u64).clamp(1, total);
    if rank == 1 {
        return Some(min);
    }
    if rank == total {
        return Some(max);
    }
    let mut seen = 0;
    let found = counts.iter().position(|count| {
        seen += count;
        seen >= rank
    })?;
    let value = if found == BUCKETS - 1 { max } else { middle(found) };
    Some(value.clamp(min, max))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counts(values: &[u64]) -> Vec<u64> {
        let mut counts = vec![0; BUCKETS];
        for &value in values {
            counts[bucket(value)] += 1;
        }
        counts
    }

    #[test]
    fn small_values_are_exact_and_the_largest_fit() {
        for value in 0..2 * SUB {
            assert_eq!(middle(bucket(value)), value);
        }
        assert_eq!(bucket((1 << 42) - 1), BUCKETS - 1);
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn no_values_have_no_quantile() {
        assert_eq!(quantile(&counts(&[]), 0.5, 0, 0), None);
    }

    proptest! {
        #[test]
        fn buckets_are_ordered(a in 0..1_u64 << 42, b in 0..1_u64 << 42) {
            prop_assert!(a > b || bucket(a) <= bucket(b));
        }

        #[test]
        fn quantiles_are_within_a_bucket_of_the_exact_ones(
            mut values in prop::collection::vec(0..1_u64 << 41, 1..200),
            q in 0.0..=1.0_f64,
        ) {
            values.sort_unstable();
            let rank = ((q * values.len() as f64).ceil() as usize).clamp(1, values.len());
            let exact = values[rank - 1];
            let (min, max) = (values[0], values[values.len() - 1]);
            let ours = quantile(&counts(&values), q, min, max).unwrap();
            let error = ours.abs_diff(exact) as f64;
            prop_assert!(error <= exact as f64 / 31.0 + 1.0, "{ours} for {exact}");
        }
    }
}
