//! `cargo xtask bench`: measures, compares two builds, and says whether a change is slower.
//!
//! What is measured is a separate binary, `atp-bench-worker`, so that this one stays small. A
//! comparison starts it many times, old and new build in turn; `docs/decisions/gate.md` tells why.

mod bars;
mod budget;
mod build;
mod checkout;
mod contest;
mod criterion;
mod findings;
mod instructions;
mod machine;
mod options;
mod output;
mod place;
mod platform;
mod revision;
mod rounds;
mod saved;
mod selftest;
mod standard;
mod targets;
mod versus;
mod worker;

use crate::{Outcome, process};
use budget::Budgets;
use build::Built;
use findings::Findings;
use instructions::Valgrind;
use options::{Mode, Options};
pub(crate) use output::MISSED;
use output::{End, Section, publish};
use std::{env, ffi::OsString, path::Path, process::ExitCode};
use worker::Worker;

/// What stops a measurement: printed, and exit code 1.
type Failure = Box<dyn std::error::Error>;

/// The parts of the output, in their order.
type Sections = Vec<Box<dyn Section>>;

/// Runs the task: exit code 0 for a pass, 1 for an error of the tool, 2 for a regression or a
/// missed target, 3 for an unreliable run under `--strict`.
pub(crate) fn run(args: Vec<OsString>) -> Outcome {
    let Some(options) = Options::parse(args)? else {
        println!("{}", options::HELP);
        return Ok(ExitCode::SUCCESS);
    };
    let mut sections = Sections::new();
    let measured = options.mode.measure(&process::root(), &mut sections);
    // What was measured before something failed is worth reading too.
    if !sections.is_empty() {
        publish(&sections, options.format, env::var_os("GITHUB_STEP_SUMMARY").as_deref())?;
    }
    measured?;
    Ok(End::worst(&sections).exit_code(options.strict))
}

impl Mode {
    fn measure(&self, root: &Path, sections: &mut Sections) -> Result<(), Failure> {
        let section: Box<dyn Section> = match self {
            Self::Measure { save, compare } => {
                return measure(root, save.as_deref(), compare.as_deref(), sections);
            }
            Self::Against { revision } => {
                let budgets = Budgets::read(root)?;
                Box::new(Sides::build(root, revision::commit(root, revision)?)?.compare(&budgets)?)
            }
            Self::Criterion { filter } => criterion::run(root, filter.as_deref())?,
            Self::Platform => platform::measure(&build::program(root)?)?,
            Self::Selftest { trials } => selftest::run(&build::candidate(root)?, *trials)?,
        };
        sections.push(section);
        Ok(())
    }
}

/// The main job: both suites and the targets; the gate as well where a pull request asks for it
/// or a file is to be written or compared with.
///
/// What can be found wrong without measuring is found out before, for measuring takes minutes.
fn measure(
    root: &Path,
    save: Option<&Path>,
    compare: Option<&Path>,
    sections: &mut Sections,
) -> Result<(), Failure> {
    let budgets = Budgets::read(root)?;
    let earlier = compare.map(saved::Saved::read).transpose()?;
    let save = save.map(saved::Place::open).transpose()?;
    let branch = env::var("GITHUB_BASE_REF").ok().filter(|name| !name.is_empty());
    let base = branch.map(|branch| revision::merge_base(root, &branch)).transpose()?;
    let sides = base.map(|commit| Sides::build(root, commit)).transpose()?;
    let Built { worker, program } = build::all(root)?;
    let suites = worker.suites()?;
    sections.push(Box::new(standard::Suites(suites.clone())));
    sections.push(Box::new(targets::measure(&program)?));
    if let Some(place) = save {
        place.write(&saved::Saved::measure(&worker, suites)?)?;
    }
    if let Some(earlier) = earlier {
        sections.push(Box::new(saved::compare(&earlier, &worker, &budgets)?));
    }
    if let Some(sides) = sides {
        sections.push(Box::new(sides.compare(&budgets)?));
    }
    Ok(())
}

/// The workers of a commit and of the working tree.
struct Sides {
    commit: String,
    /// There is none in a commit that is older than the worker.
    baseline: Option<Worker>,
    candidate: Worker,
}

impl Sides {
    fn build(root: &Path, commit: String) -> Result<Self, Failure> {
        let of = |name: &str, id: &str| {
            checkout::worker(root, id).map_err(|error| format!("the worker of {name}: {error}"))
        };
        let baseline = of(&commit, &commit)?;
        let candidate = of("the working tree", &revision::snapshot(root)?)?
            .ok_or("the working tree has no benchmark worker")?;
        Ok(Self { commit, baseline, candidate })
    }

    fn compare(&self, budgets: &Budgets) -> Result<Findings, Failure> {
        let Self { commit, baseline, candidate } = self;
        let valgrind = Valgrind::find();
        versus::compare(commit, baseline.as_ref(), candidate, budgets, valgrind.as_ref())
    }
}

#[cfg(test)]
mod tests;
