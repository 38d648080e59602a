//! `--against`: the builds of two revisions, in turn.

use super::{
    Failure,
    budget::Budgets,
    checkout::keep,
    contest::{Contest, Decision, decide},
    findings::{Change, Finding, Findings, Presence, Time},
    instructions::{self, Valgrind},
    machine::Machine,
    rounds::{Plan, Seat},
    worker::Worker,
};
use fastrand::Rng;
use std::env::consts::EXE_SUFFIX;

/// Seed of the orders: chance spreads a disturbance, it need not differ from run to run.
const SEED: u64 = 0x6174_7000;

/// Compares the candidate with a baseline; without one every benchmark is new.
pub(super) fn compare(
    against: &str,
    baseline: Option<&Worker>,
    candidate: &Worker,
    budgets: &Budgets,
    valgrind: Option<&Valgrind>,
) -> Result<Findings, Failure> {
    let new = candidate.list()?;
    let old = baseline.map(Worker::list).transpose()?.unwrap_or_default();
    let mut notes = Vec::new();
    if valgrind.is_none() {
        notes.push(instructions::MISSING.to_owned());
    }
    let mut benchmarks = Vec::new();
    if let Some(baseline) = baseline {
        let common = new.iter().filter(|one| old.iter().any(|other| other.name == one.name));
        let plans = common.map(|one| {
            let iterations = baseline.calibrate(&one.name)?;
            Ok(Plan::new(&one.name, one.concurrent, iterations))
        });
        let plans = plans.collect::<Result<Vec<_>, Failure>>()?;
        benchmarks = versus(baseline, candidate, &plans, budgets)?;
        if let Some(valgrind) = valgrind {
            // An executor's instructions depend on what its threads meet.
            let alone = plans.iter().zip(&mut benchmarks).filter(|(plan, _)| !plan.concurrent);
            for (plan, finding) in alone {
                match valgrind.compare(baseline, candidate, plan) {
                    Ok(change) => finding.instructions = Some(change),
                    Err(reason) => notes.push(reason),
                }
            }
        }
    }
    for one in &new {
        if !old.iter().any(|other| other.name == one.name) {
            benchmarks.push(Finding::one_sided(&one.name, Presence::New));
        }
    }
    for other in &old {
        if !new.iter().any(|one| one.name == other.name) {
            benchmarks.push(Finding::one_sided(&other.name, Presence::Missing));
        }
    }
    let names: Vec<String> = new.into_iter().chain(old).map(|one| one.name).collect();
    notes.extend(
        budgets.unknown(&names).map(|name| {
            format!("benches/budget.toml has a line for {name}, which is no benchmark")
        }),
    );
    let (against, machine) = (against.to_owned(), Machine::this());
    Ok(Findings { key: "gate", against, machine, benchmarks, notes, incomparable: false })
}

fn versus(
    baseline: &Worker,
    candidate: &Worker,
    plans: &[Plan],
    budgets: &Budgets,
) -> Result<Vec<Finding>, Failure> {
    let copy = copy_of(baseline)?;
    let contest = |plan: &Plan| {
        let seat = |worker| Seat { worker, plan: plan.clone() };
        Contest {
            gate: budgets.gate(&plan.name, plan.concurrent),
            seats: vec![seat(baseline), seat(&copy), seat(candidate)],
            earlier: None,
        }
    };
    let contests: Vec<_> = plans.iter().map(contest).collect();
    let decisions = decide(&contests, &mut Rng::with_seed(SEED))?;
    let mut findings = Vec::new();
    for ((plan, contest), decision) in plans.iter().zip(&contests).zip(decisions) {
        let mut finding = timed(&plan.name, contest, decision);
        let both = (baseline.allocations(&plan.name)?, candidate.allocations(&plan.name)?);
        if let (Some(old), Some(new)) = both {
            let (slack, bytes_slack) = budgets.slack(&plan.name);
            finding.allocations = Some(Change::exact(old.count, new.count, slack));
            finding.allocated_bytes = Some(Change::exact(old.bytes, new.bytes, bytes_slack));
        }
        findings.push(finding);
    }
    Ok(findings)
}

/// Puts a decision about time into words.
pub(super) fn timed(name: &str, contest: &Contest<'_>, decision: Decision) -> Finding {
    Finding {
        time: Some(Time {
            baseline_ns: decision.baseline_nanos,
            candidate_ns: decision.candidate_nanos,
            floor: contest.gate.floor(),
            comparison: decision.comparison,
            canary: decision.canary,
        }),
        ..Finding::one_sided(name, Presence::Both)
    }
}

/// Copies a worker's binary: the canary is another file with the same content, and a name of the
/// same length.
pub(super) fn copy_of(worker: &Worker) -> Result<Worker, Failure> {
    let copy = worker.binary().with_file_name(format!("atp-bench-canary{EXE_SUFFIX}"));
    keep(worker.binary(), &copy)?;
    Ok(Worker::new(copy))
}
