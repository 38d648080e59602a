//! Rounds: every benchmark once on every side, each in a fresh process, in a balanced order.

use super::{Failure, worker::Worker};
use fastrand::Rng;

/// How one benchmark is sampled, the same on every side.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plan {
    pub(super) name: String,
    /// Whether threads or an executor take part.
    pub(super) concurrent: bool,
    /// Calls that a sample stands for.
    pub(super) iterations: u64,
    /// Calls that are really made for each of them: 1 except where a slowdown is injected.
    pub(super) slowdown: f64,
}

/// Figures by side and round: `figures[side][round]`, nanoseconds a call.
pub(super) type Figures = Vec<Vec<f64>>;

impl Plan {
    pub(super) fn new(name: &str, concurrent: bool, iterations: u64) -> Self {
        Self { name: name.to_owned(), concurrent, iterations, slowdown: 1.0 }
    }

    /// Returns the calls that a process makes in a sample.
    pub(super) fn calls_made(&self) -> u64 {
        (self.iterations as f64 * self.slowdown).round() as u64
    }
}

/// One side of a benchmark: who makes its figure, and how.
#[derive(Debug, Clone)]
pub(super) struct Seat<'a> {
    pub(super) worker: &'a Worker,
    pub(super) plan: Plan,
}

/// Takes the figures of every bench's seats, `rounds` times.
///
/// The order of the benchmarks is shuffled in each round. The order of a benchmark's seats goes
/// through all permutations equally often, in shuffled order, so that no side gains by its place.
pub(super) fn measure(
    benches: &[Vec<Seat<'_>>],
    rounds: usize,
    random: &mut Rng,
) -> Result<Vec<Figures>, Failure> {
    let orders: Vec<Vec<Vec<usize>>> =
        benches.iter().map(|seats| balanced(seats.len(), rounds, random)).collect();
    let mut figures: Vec<Figures> =
        benches.iter().map(|seats| vec![vec![0.0; rounds]; seats.len()]).collect();
    let mut turn: Vec<usize> = (0..benches.len()).collect();
    for round in 0..rounds {
        random.shuffle(&mut turn);
        for &bench in &turn {
            for &seat in &orders[bench][round] {
                let Seat { worker, plan } = &benches[bench][seat];
                figures[bench][seat][round] = worker.figure(plan)?;
            }
        }
    }
    Ok(figures)
}

/// Returns an order of `seats` for each round.
fn balanced(seats: usize, rounds: usize, random: &mut Rng) -> Vec<Vec<usize>> {
    let mut all = permutations(seats);
    let mut orders = Vec::with_capacity(rounds);
    while orders.len() < rounds {
        random.shuffle(&mut all);
        orders.extend(all.iter().take(rounds - orders.len()).cloned());
    }
    orders
}

/// Returns every order of the numbers below `n`. There are two or three seats, five in the
/// self-test.
fn permutations(n: usize) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for number in 0..n {
        let insert = |order: Vec<usize>| {
            (0..=order.len()).map(move |at| {
                let mut longer = order.clone();
                longer.insert(at, number);
                longer
            })
        };
        all = all.into_iter().flat_map(insert).collect();
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn every_order_comes_equally_often() {
        for (seats, rounds, each) in [(2, 12, 6), (3, 12, 2), (3, 24, 4)] {
            let mut seen: HashMap<Vec<usize>, usize> = HashMap::new();
            for order in balanced(seats, rounds, &mut Rng::with_seed(1)) {
                *seen.entry(order).or_default() += 1;
            }
            assert!(seen.values().all(|times| *times == each), "{seen:?}");
        }
    }

    #[test]
    fn orders_differ_between_benchmarks_and_not_between_runs() {
        let mut random = Rng::with_seed(7);
        let (first, second) = (balanced(3, 12, &mut random), balanced(3, 12, &mut random));
        assert_ne!(first, second);
        assert_eq!(first, balanced(3, 12, &mut Rng::with_seed(7)));
    }

    #[test]
    fn a_slowdown_is_more_calls_for_the_same_sample() {
        let mut plan = Plan::new("x", false, 40);
        assert_eq!(plan.calls_made(), 40);
        plan.slowdown = 1.10;
        assert_eq!(plan.calls_made(), 44);
        plan.slowdown = 3.0;
        assert_eq!(plan.calls_made(), 120);
    }
}
