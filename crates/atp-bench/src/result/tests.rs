use super::*;
use crate::{allocations::Allocations, operation::Shape};

fn samples(nanos: Vec<u64>, batch: u64, threads: usize) -> Samples {
    Samples { nanos, allocations: None, batch, shape: Shape::Plain, threads }
}

fn measured(samples: &Samples) -> BenchmarkResult {
    BenchmarkResult::measured(Description::default(), samples, &Overhead::none())
}

#[test]
fn be_01_the_mean_in_milliseconds() {
    assert_eq!(BenchmarkResult::from_samples("x", &[0.1]).unwrap().mean_ms(), 100.0);
}

#[test]
fn b2_throughput_is_that_of_the_timed_calls() {
    // 1.6 us a call, whatever lay between the samples.
    let result = measured(&samples(vec![1_600; 50], 1, 1));
    assert_eq!(result.throughput.round(), 625_000.0);
    assert!((result.total_seconds - 80e-6).abs() < 1e-15);
}

#[test]
fn b5_a_few_interruptions_move_the_mean_and_not_the_median() {
    let mut nanos = vec![16_000; 97];
    nanos.extend([2_000_000, 40_000, 900_000]);
    let result = measured(&samples(nanos, 1, 1));
    assert!(result.mean_seconds > 40e-6);
    assert_eq!((result.min_seconds, result.median_seconds), (16e-6, 16e-6));
    assert_eq!((result.mad_seconds, result.outliers.high_severe), (0.0, 3));
}

#[test]
fn percentiles_come_from_single_calls_only() {
    let nanos: Vec<u64> = (1..=1_000).map(|n| n * 1_000).collect();
    let percentiles = measured(&samples(nanos.clone(), 1, 1)).percentiles.unwrap();
    assert!((percentiles.p50_seconds - 500.5e-6).abs() < 1e-12);
    assert!((percentiles.p999_seconds - 999.001e-6).abs() < 1e-12);
    assert_eq!(measured(&samples(nanos.clone(), 2, 1)).percentiles, None);
    // The slowest of four calls is not one of a kind with the others.
    assert_eq!(measured(&samples(nanos, 1, 4)).percentiles, None);
}

#[test]
fn threads_multiply_the_calls_and_not_the_time() {
    let result = measured(&samples(vec![1_000; 10], 100, 4));
    assert_eq!((result.iterations, result.mean_seconds), (4_000, 10e-9));
    assert!((result.total_seconds - 10e-6).abs() < 1e-15);
    assert_eq!(result.throughput.round(), 4e8);
}

#[test]
fn allocations_are_those_of_one_call() {
    let mut counted = samples(vec![100; 5], 4, 1);
    counted.allocations = Some(Allocations { count: 60, bytes: 3_840 });
    let result = measured(&counted);
    assert_eq!((result.allocations, result.allocated_bytes), (Some(3.0), Some(192.0)));
}

#[test]
fn equal_samples_have_no_spread() {
    let result = BenchmarkResult::from_samples("x", &[0.1; 7]).unwrap();
    assert_eq!((result.min_seconds, result.mean_seconds, result.max_seconds), (0.1, 0.1, 0.1));
    assert_eq!((result.std_seconds, result.outliers.total()), (0.0, 0));
    assert_eq!(result.mean_interval.lower_seconds, 0.1);
}

#[test]
fn the_interval_holds_the_mean_of_a_long_run() {
    let nanos: Vec<u64> = (0..10_007).map(|n| 1_000 + n % 13).collect();
    let result = measured(&samples(nanos, 1, 1));
    let MeanInterval { lower_seconds, upper_seconds } = result.mean_interval;
    assert!(lower_seconds <= result.mean_seconds && result.mean_seconds <= upper_seconds);
}

#[test]
fn samples_that_no_clock_gives_are_refused() {
    let error =
        |samples: &[f64]| BenchmarkResult::from_samples("x", samples).unwrap_err().to_string();
    assert_eq!(error(&[]), "x: the sample is empty");
    assert_eq!(error(&[1.0, f64::NAN]), "x: value NaN at index 1 is not finite");
    assert_eq!(error(&[1.0, -0.5]), "x: sample 1 took -0.5 s");
}
