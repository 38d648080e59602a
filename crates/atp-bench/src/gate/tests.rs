//! The gate on simulated rounds of a busy machine, and on figures that are no rounds.

use super::*;
use std::convert::Infallible;

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), enough for noise.
struct Random(u64);

impl Random {
    /// From 0 to 1, both left out.
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64 + f64::EPSILON / 4.0
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.unit().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// The figure of one process: memory layout moves it by some per cent from launch to launch,
    /// interruptions add what the smallest of ten samples does not escape, and now and then the
    /// whole process shares its core.
    fn process(&mut self, nanos: f64) -> f64 {
        let layout = (0.02 * self.normal()).exp();
        let interruptions = 1.0 - 0.015 * self.unit().ln();
        let shared = if self.unit() < 0.08 { 1.0 + 0.9 * self.unit() } else { 1.0 };
        nanos * layout * interruptions * shared
    }
}

/// Decides `trials` times about a candidate that takes `factor` times as long.
fn verdicts(trials: u64, factor: f64) -> Vec<Verdict> {
    let decide = |trial| {
        let mut random = Random(trial);
        let gate = Gate::new().with_seed(trial);
        let decision = gate.decide(|rounds| {
            let pair = |_| (random.process(100.0), random.process(100.0 * factor));
            Ok::<_, Infallible>((0..rounds).map(pair).collect())
        });
        decision.unwrap().verdict
    };
    (0..trials).map(decide).collect()
}

fn share(verdicts: &[Verdict], wanted: Verdict) -> f64 {
    verdicts.iter().filter(|verdict| **verdict == wanted).count() as f64 / verdicts.len() as f64
}

#[test]
fn a_program_against_itself_is_never_slower() {
    let verdicts = verdicts(500, 1.0);
    assert_eq!(share(&verdicts, Verdict::Slower), 0.0);
    assert_eq!(share(&verdicts, Verdict::Faster), 0.0);
}

#[test]
fn slowdowns_are_found_at_the_promised_rates() {
    assert!(share(&verdicts(150, 1.10), Verdict::Slower) >= 0.85);
    assert!(share(&verdicts(150, 1.25), Verdict::Slower) >= 0.95);
    assert_eq!(share(&verdicts(150, 3.0), Verdict::Slower), 1.0);
}

#[test]
fn the_two_directions_mirror_each_other() {
    assert!(share(&verdicts(100, 1.0 / 1.25), Verdict::Faster) >= 0.95);
    let (slow, fast) = ([120.0; 12], [100.0; 12]);
    assert_eq!(compare(&fast, &slow).verdict, Verdict::Slower);
    assert_eq!(compare(&slow, &fast).verdict, Verdict::Faster);
}

#[test]
fn a_difference_within_the_floor_is_the_same() {
    let (baseline, candidate) = ([100.0; 24], [104.9; 24]);
    assert_eq!(compare(&baseline, &candidate).verdict, Verdict::Same);
    let strict = Gate::new().with_floor(0.01);
    assert_eq!(strict.confirm(&baseline, &candidate).verdict, Verdict::Slower);
    let concurrent = Gate::concurrent();
    assert_eq!(concurrent.confirm(&baseline, &[109.0; 24]).verdict, Verdict::Same);
}

#[test]
fn a_floor_that_is_no_number_is_none() {
    assert_eq!(Gate::new().with_floor(f64::NAN).floor(), 0.0);
    assert_eq!(Gate::new().with_floor(-1.0).floor(), 0.0);
}

#[test]
fn scatter_that_hides_both_directions_is_unreliable() {
    let baseline: Vec<f64> = (0..24).map(|n| if n % 2 == 0 { 100.0 } else { 300.0 }).collect();
    let candidate: Vec<f64> = (0..24).map(|n| if n % 2 == 0 { 300.0 } else { 100.0 }).collect();
    assert_eq!(compare(&baseline, &candidate).verdict, Verdict::Unreliable);
}

#[test]
fn figures_that_are_no_pairs_are_unreliable() {
    for (baseline, candidate) in [
        (vec![], vec![]),
        (vec![1.0; 12], vec![1.0; 11]),
        (vec![1.0; 5], vec![3.0; 5]),
        (vec![0.0; 12], vec![1.0; 12]),
        (vec![f64::NAN; 12], vec![1.0; 12]),
        (vec![-1.0; 12], vec![1.0; 12]),
    ] {
        let comparison = compare(&baseline, &candidate);
        assert_eq!(comparison.verdict, Verdict::Unreliable, "{baseline:?} {candidate:?}");
    }
}

#[test]
fn confirmation_uses_fresh_rounds_only() {
    let mut asked = Vec::new();
    let decision = Gate::new()
        .decide(|rounds| {
            asked.push(rounds);
            // The suspicion of the first look is not borne out.
            let candidate = if asked.len() == 1 { 150.0 } else { 100.0 };
            Ok::<_, Infallible>(vec![(100.0, candidate); rounds])
        })
        .unwrap();
    assert_eq!(asked, [SCREEN_ROUNDS, CONFIRM_ROUNDS]);
    assert_eq!((decision.verdict, decision.pairs), (Verdict::Same, CONFIRM_ROUNDS));
}

#[test]
fn an_innocent_benchmark_is_not_measured_again() {
    let mut calls = 0;
    let decision = Gate::new().decide(|rounds| {
        calls += 1;
        Ok::<_, Infallible>(vec![(100.0, 101.0); rounds])
    });
    assert_eq!((decision.unwrap().verdict, calls), (Verdict::Same, 1));
}

#[test]
fn a_measurement_that_fails_ends_the_decision() {
    assert_eq!(Gate::new().decide(|_| Err("gone")), Err("gone"));
}

#[test]
fn a_process_counts_by_its_best_sample_or_its_lower_quarter() {
    let samples = [5.0, 1.0, 2.0, 3.0, 4.0];
    assert_eq!(figure(&samples, false), Some(1.0));
    assert_eq!(figure(&samples, true), Some(2.0));
    assert_eq!(figure(&[], false), None);
}
