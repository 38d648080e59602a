//! The statistics against definitions that are slow and plainly right.

mod naive;

use atp_stats::{
    Bootstrap, Sorted, Summary, TQuantile, coefficient_of_variation, least_squares_slope, mean,
    median, median_absolute_deviation, median_in_place, std_dev, t_interval, theil_sen_slope,
    variance, wilson_interval,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// Equal up to rounding, relative to the larger and to the scale of the data.
fn close(a: f64, b: f64, scale: f64) -> bool {
    (a - b).abs() <= 1e-9 * scale.max(a.abs()).max(b.abs()).max(1.0)
}

fn sample() -> impl Strategy<Value = Vec<f64>> {
    vec(-1e6..1e6_f64, 1..60)
}

proptest! {
    #[test]
    fn moments_are_their_definitions(values in sample()) {
        prop_assert!(close(mean(&values).unwrap(), naive::mean(&values), 1e6));
        prop_assert!(close(variance(&values).unwrap(), naive::variance(&values), 1e6));
        prop_assert_eq!(std_dev(&values).unwrap(), variance(&values).unwrap().sqrt());
    }

    #[test]
    fn medians_and_quantiles_are_their_definitions(values in sample(), p in 0.0..=1.0_f64) {
        let sorted = Sorted::new(values.clone()).unwrap();
        prop_assert_eq!(median(&values).unwrap(), naive::median(&values));
        prop_assert_eq!(sorted.median(), naive::median(&values));
        prop_assert!(close(sorted.quantile(p).unwrap(), naive::quantile(&values, p), 0.0));
        prop_assert_eq!(sorted.quantile(0.0).unwrap(), sorted.min());
        prop_assert_eq!(sorted.quantile(1.0).unwrap(), sorted.max());
        prop_assert_eq!(
            median_absolute_deviation(&values).unwrap(),
            naive::median_absolute_deviation(&values)
        );
    }

    #[test]
    fn quantiles_never_decrease(values in sample(), p in 0.0..=1.0_f64, q in 0.0..=1.0_f64) {
        let sorted = Sorted::new(values).unwrap();
        let (low, high) = (p.min(q), p.max(q));
        prop_assert!(sorted.quantile(low).unwrap() <= sorted.quantile(high).unwrap());
    }

    #[test]
    fn a_summary_holds_what_the_functions_return(values in sample()) {
        let summary = Summary::new(&values).unwrap();
        prop_assert_eq!(summary.n, values.len());
        prop_assert_eq!(summary.mean, mean(&values).unwrap());
        prop_assert_eq!(summary.std_dev, std_dev(&values).unwrap());
        prop_assert_eq!(summary.median, median(&values).unwrap());
        prop_assert_eq!(summary.coefficient_of_variation(), coefficient_of_variation(&values).unwrap());
        prop_assert_eq!(
            summary.interval(TQuantile::Table95).unwrap(),
            t_interval(&values, TQuantile::Table95).unwrap()
        );
        let sorted = Sorted::new(values).unwrap();
        prop_assert_eq!((summary.min, summary.max), (sorted.min(), sorted.max()));
    }

    #[test]
    fn slopes_follow_scale_and_ignore_offset(
        points in vec((-1e3..1e3_f64, -1e3..1e3_f64), 2..30), factor in -5.0..5.0_f64,
    ) {
        // A spread in x that rounding cannot swallow.
        prop_assume!((points[0].0 - points[1].0).abs() > 1.0);
        let moved: Vec<_> = points.iter().map(|(x, y)| (x + 10.0, y * factor + 3.0)).collect();
        let (before, after) = (least_squares_slope(&points).unwrap(), least_squares_slope(&moved).unwrap());
        prop_assert!(close(before * factor, after, before.abs()));
        prop_assert_eq!(theil_sen_slope(&points).unwrap(), naive::theil_sen(&points));
    }

    #[test]
    fn wilson_holds_the_share_and_stays_between_0_and_1(
        trials in 1..1_000_u64, share in 0.0..=1.0_f64, confidence in 0.01..0.999_f64,
    ) {
        let successes = (trials as f64 * share) as u64;
        let interval = wilson_interval(successes, trials, confidence).unwrap();
        prop_assert!(interval.lower >= 0.0 && interval.upper <= 1.0);
        prop_assert!(interval.contains(successes as f64 / trials as f64), "{:?}", interval);
    }

    #[test]
    fn exact_t_falls_with_the_degrees_of_freedom(degrees in 1..3_000_u64, confidence in 0.1..0.999_f64) {
        let exact = TQuantile::Exact { confidence };
        let (here, next) = (exact.value(degrees).unwrap(), exact.value(degrees + 1).unwrap());
        prop_assert!(next <= here * (1.0 + 1e-12), "{} then {}", here, next);
    }

    #[test]
    fn a_bootstrap_interval_lies_within_the_sample(values in sample(), seed in any::<u64>()) {
        let interval =
            Bootstrap::new(seed).with_resamples(50).interval(&values, median_in_place).unwrap();
        let sorted = Sorted::new(values).unwrap();
        prop_assert!(sorted.min() <= interval.lower && interval.lower <= interval.upper);
        prop_assert!(interval.upper <= sorted.max());
    }

    #[test]
    fn any_bits_give_a_number_or_an_error(bits in vec(any::<u64>(), 0..20)) {
        let values: Vec<f64> = bits.into_iter().map(f64::from_bits).collect();
        let usable = !values.is_empty() && values.iter().all(|value| value.is_finite());
        match Summary::new(&values) {
            Ok(summary) => {
                prop_assert!(usable);
                prop_assert!(summary.mean.is_finite() && summary.median.is_finite());
                prop_assert!(summary.min <= summary.max && !summary.std_dev.is_nan());
            }
            Err(_) => prop_assert!(!usable),
        }
        prop_assert_eq!(Sorted::new(values.clone()).is_ok(), usable);
        prop_assert_eq!(median_absolute_deviation(&values).is_ok(), usable);
    }
}
