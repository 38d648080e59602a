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
use instructions::Valgrind;
use options::{Mode, Options};
pub(crate) use output::MISSED;
use output::{End, Section, publish};
use std::{env, ffi::OsString, fs, path::Path, process::ExitCode};

/// What stops a measurement: printed, and exit code 1.
type Failure = Box<dyn std::error::Error>;

/// Runs the task: exit code 0 for a pass, 1 for an error of the tool, 2 for a regression or a
/// missed target, 3 for an unreliable run under `--strict`.
pub(crate) fn run(args: Vec<OsString>) -> Outcome {
    let Some(options) = Options::parse(args)? else {
        println!("{}", options::HELP);
        return Ok(ExitCode::SUCCESS);
    };
    let root = process::root();
    let sections = match &options.mode {
        Mode::Measure { save, compare } => measure(&root, save.as_deref(), compare.as_deref())?,
        Mode::Against { revision } => vec![gate(&root, &revision::commit(&root, revision)?)?],
        Mode::Criterion { filter } => vec![criterion::run(&root, filter.as_deref())?],
        Mode::Platform => vec![platform::measure(&build::program(&root)?)?],
        Mode::Selftest { trials } => vec![selftest::run(&build::candidate(&root)?, *trials)?],
    };
    publish(&sections, options.format, env::var_os("GITHUB_STEP_SUMMARY").as_deref())?;
    Ok(End::worst(&sections).exit_code(options.strict))
}

/// The main job: both suites and the targets; the gate as well where a pull request asks for it
/// or a file is to be written or compared with.
fn measure(
    root: &Path,
    save: Option<&Path>,
    compare: Option<&Path>,
) -> Result<Vec<Box<dyn Section>>, Failure> {
    // A file that cannot be read is found out before minutes are spent on measuring.
    let earlier = compare.map(saved::Saved::read).transpose()?;
    let Built { worker, program } = build::all(root)?;
    let suites = worker.suites()?;
    let mut sections: Vec<Box<dyn Section>> =
        vec![Box::new(standard::Suites(suites.clone())), Box::new(targets::measure(&program)?)];
    if let Some(earlier) = earlier {
        sections.push(Box::new(saved::compare(&earlier, &worker, &Budgets::read(root)?)?));
    }
    if let Some(path) = save {
        let saved = saved::Saved::measure(&worker, suites)?;
        fs::write(path, saved.to_json()).map_err(|error| format!("{}: {error}", path.display()))?;
        eprintln!("saved to {}", path.display());
    }
    if let Some(branch) = env::var("GITHUB_BASE_REF").ok().filter(|name| !name.is_empty()) {
        let base = revision::merge_base(root, &branch)?;
        sections.push(gate(root, &base)?);
    }
    Ok(sections)
}

/// Builds the commit and the working tree, then compares the two.
fn gate(root: &Path, commit: &str) -> Result<Box<dyn Section>, Failure> {
    let budgets = Budgets::read(root)?;
    let baseline = checkout::worker(root, commit)?;
    let candidate = checkout::worker(root, &revision::snapshot(root)?)?
        .ok_or("the working tree has no benchmark worker")?;
    let valgrind = Valgrind::find();
    let findings =
        versus::compare(commit, baseline.as_ref(), &candidate, &budgets, valgrind.as_ref())?;
    Ok(Box::new(findings))
}

#[cfg(test)]
mod tests;
