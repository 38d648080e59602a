//! `--selftest`: how often the gate is wrong on this machine.
//!
//! A slowdown is injected by making more calls than a sample stands for: the work is real, its
//! size exact.

use super::{
    Failure,
    contest::{Contest, Decision, decide},
    output::{End, Grid, Section},
    rounds::{Plan, Seat},
    versus::copy_of,
    worker::Worker,
};
use atp_bench::{Gate, Verdict};
use fastrand::Rng;
use serde::Serialize;
use serde_json::{Value, json};
use std::time::Instant;

/// Slowdowns with the share of them that must be found.
const SLOWDOWNS: [(f64, f64); 3] = [(1.10, 0.85), (1.25, 0.95), (3.0, 1.0)];
/// With this many calls in a sample 10 and 25 per cent are whole numbers of calls.
const DIVISIBLE: u64 = 20;
/// Samples with fewer calls are left as they are; only whole multiples are injected there.
const FEW_CALLS: u64 = 10;
/// How far from 2 the ratio of a doubled chain may be.
const CHAIN_TOLERANCE: f64 = 0.02;

#[derive(Debug, Serialize)]
pub(super) struct Selftest {
    rates: Vec<Rate>,
    chains: Vec<Chain>,
    /// Benchmarks that were wrongly called slower, once for each time.
    false_alarms: Vec<String>,
    seconds: f64,
}

/// How often something was decided.
#[derive(Debug, Serialize)]
struct Rate {
    what: String,
    found: usize,
    decisions: usize,
    bar: Bar,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum Bar {
    AtLeast(f64),
    Never,
    /// Told for the reader; no bar is set.
    None,
}

/// A chain of dependent steps against one twice as long.
#[derive(Debug, Serialize)]
struct Chain {
    name: String,
    ratio: f64,
}

/// Decides `trials` times about each benchmark, against its copy and against injected slowdowns.
pub(super) fn run(worker: &Worker, trials: usize) -> Result<Box<dyn Section>, Failure> {
    let start = Instant::now();
    let copy = copy_of(worker)?;
    let mut plans = Vec::new();
    for one in worker.list()? {
        let calls = whole(worker.calibrate(&one.name)?);
        plans.push(Plan::new(&one.name, one.concurrent, calls));
    }
    let mut tally = Tally::default();
    for trial in 0..trials {
        eprintln!("trial {} of {trials}", trial + 1);
        for factor in [1.0].into_iter().chain(SLOWDOWNS.map(|(factor, _)| factor)) {
            let chosen: Vec<&Plan> = plans.iter().filter(|plan| divides(plan, factor)).collect();
            let contests: Vec<_> =
                chosen.iter().map(|plan| contest(plan, factor, worker, &copy)).collect();
            let mut random = Rng::with_seed(trial as u64);
            for (plan, decision) in chosen.iter().zip(decide(&contests, &mut random)?) {
                tally.add(plan, factor, &decision);
            }
        }
        eprintln!("{} wrongly slower so far", tally.false_alarms.len());
    }
    let chains = chains(worker)?;
    let seconds = start.elapsed().as_secs_f64();
    Ok(Box::new(Selftest {
        rates: tally.rates(),
        chains,
        false_alarms: tally.false_alarms,
        seconds,
    }))
}

fn whole(calls: u64) -> u64 {
    if calls < FEW_CALLS { calls } else { calls.div_ceil(DIVISIBLE) * DIVISIBLE }
}

/// Tells whether the benchmark's samples can be made longer by exactly this factor.
fn divides(plan: &Plan, factor: f64) -> bool {
    plan.iterations >= FEW_CALLS || factor.fract() == 0.0
}

fn contest<'a>(plan: &Plan, slowdown: f64, worker: &'a Worker, copy: &'a Worker) -> Contest<'a> {
    let seat = |worker, slowdown| Seat { worker, plan: Plan { slowdown, ..plan.clone() } };
    Contest {
        gate: if plan.concurrent { Gate::concurrent() } else { Gate::new() },
        seats: vec![seat(worker, 1.0), seat(copy, 1.0), seat(copy, slowdown)],
        earlier: None,
    }
}

/// The ratios of `chain_*` pairs that the worker measures one after the other.
fn chains(worker: &Worker) -> Result<Vec<Chain>, Failure> {
    let suite = worker.chains()?;
    let pairs = suite.results.iter().filter_map(|result| {
        let doubled = suite.result(&format!("{}_doubled", result.name))?;
        let ratio = doubled.min_seconds / result.min_seconds;
        Some(Chain { name: result.name.clone(), ratio })
    });
    Ok(pairs.collect())
}

/// Verdicts by what was injected, apart for one thread and for executors.
#[derive(Default)]
struct Tally {
    verdicts: Vec<(bool, f64, Verdict)>,
    canaries: Vec<Verdict>,
    false_alarms: Vec<String>,
}

impl Tally {
    fn add(&mut self, plan: &Plan, factor: f64, decision: &Decision) {
        let verdict = decision.comparison.verdict;
        self.verdicts.push((plan.concurrent, factor, verdict));
        self.canaries.push(decision.canary.verdict);
        let wrong = [(factor == 1.0).then_some(verdict), Some(decision.canary.verdict)];
        for _ in wrong.into_iter().flatten().filter(|verdict| *verdict == Verdict::Slower) {
            self.false_alarms.push(plan.name.clone());
        }
    }

    fn rates(&self) -> Vec<Rate> {
        let mut rates = Vec::new();
        let innocent = self.verdicts.iter().filter(|(_, factor, _)| *factor == 1.0);
        let same: Vec<Verdict> =
            innocent.map(|(_, _, verdict)| *verdict).chain(self.canaries.iter().copied()).collect();
        for (name, verdict, bar) in [
            ("slower", Verdict::Slower, Bar::Never),
            ("faster", Verdict::Faster, Bar::None),
            ("unreliable", Verdict::Unreliable, Bar::None),
        ] {
            let found = same.iter().filter(|one| **one == verdict).count();
            let what = format!("a build against itself: {name}");
            rates.push(Rate { what, found, decisions: same.len(), bar });
        }
        for concurrent in [false, true] {
            for (factor, least) in SLOWDOWNS {
                let injected =
                    self.verdicts.iter().filter(|(c, f, _)| (*c, *f) == (concurrent, factor));
                let verdicts: Vec<Verdict> = injected.map(|(_, _, verdict)| *verdict).collect();
                if verdicts.is_empty() {
                    continue;
                }
                let kind = if concurrent { "executor" } else { "one thread" };
                let found = verdicts.iter().filter(|one| **one == Verdict::Slower).count();
                let what = format!("x{factor:.2} found, {kind}");
                // A floor of 10 % cannot find what lies on it.
                let on_the_floor = concurrent && factor <= 1.0 + Gate::concurrent().floor();
                let bar = if on_the_floor { Bar::None } else { Bar::AtLeast(least) };
                rates.push(Rate { what, found, decisions: verdicts.len(), bar });
            }
        }
        rates
    }
}

impl Rate {
    fn holds(&self) -> Option<bool> {
        match self.bar {
            Bar::AtLeast(share) => Some(self.found as f64 >= share * self.decisions as f64),
            Bar::Never => Some(self.found == 0),
            Bar::None => None,
        }
    }

    fn cells(&self) -> [String; 5] {
        let share = 100.0 * self.found as f64 / self.decisions.max(1) as f64;
        let bar = match self.bar {
            Bar::AtLeast(share) => format!(">= {:.0} %", share * 100.0),
            Bar::Never => "0".to_owned(),
            Bar::None => String::new(),
        };
        let (found, of) = (self.found.to_string(), self.decisions.to_string());
        [
            self.what.clone(),
            format!("{found} of {of}"),
            format!("{share:.1} %"),
            bar,
            yes(self.holds()),
        ]
    }
}

impl Chain {
    fn holds(&self) -> bool {
        (self.ratio - 2.0).abs() <= 2.0 * CHAIN_TOLERANCE
    }

    fn cells(&self) -> [String; 5] {
        let ratio = format!("{:.3}", self.ratio);
        [
            format!("{} doubled", self.name),
            ratio,
            String::new(),
            "2.00 +- 2 %".to_owned(),
            yes(Some(self.holds())),
        ]
    }
}

fn yes(holds: Option<bool>) -> String {
    match holds {
        Some(true) => "yes",
        Some(false) => "NO",
        None => "",
    }
    .to_owned()
}

impl Selftest {
    fn grid(&self) -> Grid {
        let mut grid = Grid::new(["self-test", "found", "share", "bar", "holds"]);
        for rate in &self.rates {
            grid.push(rate.cells());
        }
        for chain in &self.chains {
            grid.push(chain.cells());
        }
        grid
    }

    fn closing(&self) -> String {
        let alarms = match self.false_alarms.as_slice() {
            [] => String::new(),
            names => format!("wrongly slower: {}\n", names.join(", ")),
        };
        format!("{alarms}took {:.0} s\n", self.seconds)
    }
}

impl Section for Selftest {
    fn key(&self) -> &'static str {
        "selftest"
    }

    fn text(&self) -> String {
        format!("{}\n{}", self.grid().text(), self.closing())
    }

    fn markdown(&self) -> String {
        format!("### Self-test of the gate\n\n{}\n{}", self.grid().markdown(), self.closing())
    }

    fn json(&self) -> Value {
        json!(self)
    }

    fn end(&self) -> End {
        let rates = self.rates.iter().filter_map(Rate::holds);
        let holds = rates.chain(self.chains.iter().map(Chain::holds)).all(|holds| holds);
        if holds { End::Pass } else { End::Failed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(found: usize, decisions: usize, bar: Bar) -> Option<bool> {
        Rate { what: String::new(), found, decisions, bar }.holds()
    }

    #[test]
    fn bars_are_held_to_the_letter() {
        assert_eq!(rate(0, 500, Bar::Never), Some(true));
        assert_eq!(rate(1, 500, Bar::Never), Some(false));
        assert_eq!(rate(85, 100, Bar::AtLeast(0.85)), Some(true));
        assert_eq!(rate(84, 100, Bar::AtLeast(0.85)), Some(false));
        assert_eq!(rate(7, 500, Bar::None), None);
        let chain = |ratio| Chain { name: String::new(), ratio }.holds();
        assert!(chain(2.039) && chain(1.961) && !chain(2.041) && !chain(1.959) && !chain(f64::NAN));
    }

    #[test]
    fn slowdowns_are_exact_or_left_out() {
        for calls in [10, 19, 20, 31_250] {
            let plan = Plan::new("x", false, whole(calls));
            for (factor, _) in SLOWDOWNS {
                let slow = Plan { slowdown: factor, ..plan.clone() };
                let exact = plan.iterations as f64 * factor;
                assert!((slow.calls_made() as f64 - exact).abs() < 1e-6);
            }
        }
        let slow = Plan::new("x", false, whole(3));
        assert!(divides(&slow, 3.0) && divides(&slow, 1.0) && !divides(&slow, 1.10));
    }
}
