//! `--save` and `--compare`: figures kept in a file.

use super::{
    Failure,
    budget::Budgets,
    contest::{Contest, decide},
    findings::{Change, Finding, Findings, Presence},
    machine::Machine,
    rounds::{Plan, Seat, measure},
    versus::{copy_of, timed},
    worker::Worker,
};
use atp_bench::{BenchmarkSuite, CONFIRM_ROUNDS, SCREEN_ROUNDS};
use fastrand::Rng;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    fs::{self, File},
    io::Write,
    path::Path,
};

/// The number that a saved file carries. It changes when an old reader would misread it.
const SCHEMA: u64 = 1;
const SEED: u64 = 0x6174_7001;

/// Everything a later run needs to compare itself with this one.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Saved {
    schema: u64,
    machine: Machine,
    /// The reports, for readers; a comparison does not use them.
    suites: Vec<Value>,
    figures: Vec<Figures>,
}

#[derive(Deserialize)]
struct Version {
    schema: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Figures {
    name: String,
    concurrent: bool,
    iterations: u64,
    /// Nanoseconds a call, one figure for each process: those of a screening, then those of a
    /// confirmation.
    nanos: Vec<f64>,
    allocations: Option<f64>,
    allocated_bytes: Option<f64>,
}

impl Saved {
    /// Measures every benchmark for as many rounds as a comparison may ask for.
    pub(super) fn measure(worker: &Worker, suites: Vec<BenchmarkSuite>) -> Result<Self, Failure> {
        let mut plans = Vec::new();
        for one in worker.list()? {
            plans.push(Plan::new(&one.name, one.concurrent, worker.calibrate(&one.name)?));
        }
        let seats: Vec<_> =
            plans.iter().map(|plan| vec![Seat { worker, plan: plan.clone() }]).collect();
        let rounds = SCREEN_ROUNDS + CONFIRM_ROUNDS;
        eprintln!("{rounds} rounds of {} benchmarks", plans.len());
        let measured = measure(&seats, rounds, &mut Rng::with_seed(SEED))?;
        let mut figures = Vec::new();
        for (plan, mut nanos) in plans.into_iter().zip(measured) {
            let allocations = worker.allocations(&plan.name)?;
            figures.push(Figures {
                name: plan.name,
                concurrent: plan.concurrent,
                iterations: plan.iterations,
                nanos: nanos.pop().unwrap_or_default(),
                allocations: allocations.map(|each| each.count),
                allocated_bytes: allocations.map(|each| each.bytes),
            });
        }
        let json = |suite: &BenchmarkSuite| serde_json::from_str(&suite.to_json());
        let suites = suites.iter().map(json).collect::<Result<_, _>>()?;
        Ok(Self { schema: SCHEMA, machine: Machine::this(), suites, figures })
    }

    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let named = |error: String| format!("{}: {error}", path.display());
        let text = fs::read_to_string(path).map_err(|error| named(error.to_string()))?;
        let json = |error: serde_json::Error| named(error.to_string());
        // First, because the rest of another version's file may look otherwise.
        let Version { schema } = serde_json::from_str(&text).map_err(json)?;
        if schema != SCHEMA {
            return Err(named(format!("schema {schema} is unknown, this reads {SCHEMA}")).into());
        }
        Ok(serde_json::from_str(&text).map_err(json)?)
    }

    pub(super) fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("keys are strings and no value can fail") + "\n"
    }
}

/// A file that is to hold figures. It is opened before they are measured, and keeps what is in it
/// until they are.
#[derive(Debug)]
pub(super) struct Place<'p> {
    path: &'p Path,
    file: File,
}

impl<'p> Place<'p> {
    pub(super) fn open(path: &'p Path) -> Result<Self, Failure> {
        let file = File::options().create(true).append(true).open(path);
        let file = file.map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self { path, file })
    }

    pub(super) fn write(mut self, saved: &Saved) -> Result<(), Failure> {
        let written = self.file.set_len(0);
        let written = written.and_then(|()| self.file.write_all(saved.to_json().as_bytes()));
        written.map_err(|error| format!("{}: {error}", self.path.display()))?;
        eprintln!("saved to {}", self.path.display());
        Ok(())
    }
}

/// Measures the worker and compares it with what was saved.
pub(super) fn compare(
    saved: &Saved,
    worker: &Worker,
    budgets: &Budgets,
) -> Result<Findings, Failure> {
    let listed = worker.list()?;
    let here = |name: &str| listed.iter().any(|one| one.name == name);
    let (common, missing): (Vec<&Figures>, Vec<&Figures>) =
        saved.figures.iter().partition(|figures| here(&figures.name));
    let copy = copy_of(worker)?;
    let contests: Vec<Contest<'_>> = common
        .iter()
        .map(|figures| {
            let plan = Plan::new(&figures.name, figures.concurrent, figures.iterations.max(1));
            let seat = |worker| Seat { worker, plan: plan.clone() };
            Contest {
                gate: budgets.gate(&figures.name, figures.concurrent),
                seats: vec![seat(worker), seat(&copy)],
                earlier: Some(&figures.nanos),
            }
        })
        .collect();
    let decisions = decide(&contests, &mut Rng::with_seed(SEED))?;
    let mut benchmarks = Vec::new();
    for ((figures, contest), decision) in common.iter().zip(&contests).zip(decisions) {
        let mut finding = timed(&figures.name, contest, decision);
        if let Some(now) = worker.allocations(&figures.name)? {
            let (slack, bytes_slack) = budgets.slack(&figures.name);
            let exact = |old: Option<f64>, new, slack| Some(Change::exact(old?, new, slack));
            finding.allocations = exact(figures.allocations, now.count, slack);
            finding.allocated_bytes = exact(figures.allocated_bytes, now.bytes, bytes_slack);
        }
        benchmarks.push(finding);
    }
    let known = |name: &str| saved.figures.iter().any(|figures| figures.name == name);
    let new = listed.iter().filter(|one| !known(&one.name));
    benchmarks.extend(new.map(|one| Finding::one_sided(&one.name, Presence::New)));
    benchmarks.extend(missing.iter().map(|one| Finding::one_sided(&one.name, Presence::Missing)));
    let machine = Machine::this();
    let incomparable = machine != saved.machine;
    let mut notes =
        vec!["saved figures were made at another time: --against tells more".to_owned()];
    if incomparable {
        notes.push("the file comes from another machine or compiler: figures of two machines do not compare".to_owned());
    }
    Ok(Findings {
        key: "comparison",
        against: "saved figures".to_owned(),
        machine,
        benchmarks,
        notes,
        incomparable,
    })
}
