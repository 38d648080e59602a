//! Chains of steps that wait for each other, each beside one twice as long.
//!
//! Twice the steps take twice the time whatever the processor does in parallel, so the ratio says
//! whether the clock, the loop and the batches are accounted for.

use atp_bench::{Benchmark, BenchmarkResult, BenchmarkSuite};
use std::{hint::black_box, time::Duration};

/// Steps of five or six cycles.
const CHAINS: [(&str, u64); 3] =
    [("chain_50ns", 30), ("chain_5us", 3_000), ("chain_500us", 300_000)];
/// Times that a chain and its double are measured in turn; the fastest of each counts.
const TURNS: usize = 5;

pub(crate) fn measure() -> BenchmarkSuite {
    let mut suite = BenchmarkSuite::new("Dependent chains");
    for (name, steps) in CHAINS {
        let mut fastest: [Option<BenchmarkResult>; 2] = [None, None];
        for _ in 0..TURNS {
            for (slot, factor) in fastest.iter_mut().zip([1, 2]) {
                let name = if factor == 1 { name.to_owned() } else { format!("{name}_doubled") };
                let result = run(name, steps * factor);
                if slot.as_ref().is_none_or(|kept| result.min_seconds < kept.min_seconds) {
                    *slot = Some(result);
                }
            }
        }
        fastest.into_iter().flatten().for_each(|result| suite.push(result));
    }
    suite.finish();
    suite
}

/// The state is carried from call to call, so that calls cannot overlap either.
fn run(name: String, steps: u64) -> BenchmarkResult {
    let mut state = black_box(1_u64);
    Benchmark::new().with_target_time(Duration::from_millis(150)).run(name, || {
        for _ in 0..steps {
            // Shift, exclusive or and multiplication: no compiler folds two of these into one, and
            // no processor begins the second before the first is done.
            state = (state ^ (state >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        }
        state
    })
}
