//! `--criterion`: our benches beside their peers, held against the bars.

mod measured;
mod row;

use super::{Failure, bars, bars::Bar, output::Section};
use crate::process;
use measured::Pass;
use row::{Row, Rows};
use serde::Deserialize;
use std::{fs, path::Path, process::Stdio};

/// Passes over all benches. A disturbance that lasts longer than one measurement spoils one pass,
/// and the median of the ratios leaves it out.
const PASSES: usize = 3;
/// Seconds that criterion warms up and measures one function for.
const TIMES: [&str; 4] = ["--warm-up-time", "0.3", "--measurement-time", "1"];

/// The parts of `benches/Cargo.toml` that say which benches there are.
#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    bench: Vec<Bench>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Bench {
    name: String,
    #[serde(default, rename = "required-features")]
    features: Vec<String>,
}

/// Runs the benches that the rows need and holds what they measured against the bars.
pub(super) fn run(root: &Path, filter: Option<&str>) -> Result<Box<dyn Section>, Failure> {
    let manifest: Manifest =
        toml::from_str(&fs::read_to_string(root.join("benches").join("Cargo.toml"))?)?;
    let (benches, bars) = chosen(manifest.bench, bars::read(root)?, filter)?;
    let home = root.join("target").join("bars");
    let mut passes = Vec::new();
    for number in 1..=PASSES {
        let folder = home.join(number.to_string());
        // Figures of an earlier run must not pass for those of this one.
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        for bench in &benches {
            eprintln!("pass {number} of {PASSES}: {}", bench.name);
            measure(bench, &bars, &folder, root)?;
        }
        passes.push(Pass::read(&folder)?);
    }
    let found = |id: &str| passes.iter().any(|pass| pass.has(id));
    // A filter that names a bench leaves out the rows of other benches.
    let whole = benches.iter().any(|bench| Some(bench.name.as_str()) == filter);
    let bars = bars.into_iter().filter(|bar| !whole || found(&bar.ours) || found(&bar.reference));
    Ok(Box::new(Rows(bars.map(|bar| Row::of(bar, &passes)).collect())))
}

/// Picks benches and rows: all, those of one bench, or rows that a part of their text names.
fn chosen(
    benches: Vec<Bench>,
    bars: Vec<Bar>,
    filter: Option<&str>,
) -> Result<(Vec<Bench>, Vec<Bar>), Failure> {
    let Some(filter) = filter else { return Ok((benches, bars)) };
    let named: Vec<Bench> = benches.iter().filter(|bench| bench.name == filter).cloned().collect();
    if !named.is_empty() {
        return Ok((named, bars));
    }
    let matches =
        |bar: &Bar| [&bar.name, &bar.ours, &bar.reference].iter().any(|t| t.contains(filter));
    let bars: Vec<Bar> = bars.into_iter().filter(matches).collect();
    if bars.is_empty() {
        let names: Vec<_> = benches.iter().map(|bench| bench.name.as_str()).collect();
        return Err(format!("no row and no bench ({}) matches {filter:?}", names.join(", ")).into());
    }
    Ok((benches, bars))
}

/// Runs one bench for the functions that the rows name.
fn measure(bench: &Bench, bars: &[Bar], folder: &Path, root: &Path) -> Result<(), Failure> {
    let mut command = process::cargo(&["bench", "--package=atp-benches"]);
    command.arg(format!("--bench={}", bench.name));
    command.arg(format!("--features={}", bench.features.join(",")));
    command.arg("--").args(TIMES).arg("--noplot").arg(pattern(bars));
    command.env("CRITERION_HOME", folder).current_dir(root).stdout(Stdio::null());
    let status = command.status().map_err(|error| format!("cargo bench: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("cargo bench of {} ended with {status}", bench.name).into())
    }
}

/// Returns the regular expression that matches exactly the ids of the rows.
fn pattern(bars: &[Bar]) -> String {
    let mut ids: Vec<String> =
        bars.iter().flat_map(|bar| [&bar.ours, &bar.reference]).map(|id| escaped(id)).collect();
    ids.sort_unstable();
    ids.dedup();
    format!("^({})$", ids.join("|"))
}

fn escaped(id: &str) -> String {
    let special = |c: char| r"\.+*?()|[]{}^$#&-~".contains(c);
    id.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bench(name: &str) -> Bench {
        Bench { name: name.to_owned(), features: vec![name.to_owned()] }
    }

    fn bar(name: &str, ours: &str) -> Bar {
        Bar { name: name.into(), ours: ours.into(), reference: "g/std".into(), max_ratio: 1.0 }
    }

    #[test]
    fn a_filter_names_a_bench_or_a_part_of_a_row() {
        let benches = vec![bench("lazy"), bench("cache")];
        let bars = vec![bar("get against std", "lazy/get"), bar("hit", "hit/ours")];
        let pick = |filter| {
            let (benches, bars) = chosen(benches.clone(), bars.clone(), filter).unwrap();
            (benches.len(), bars.len())
        };
        assert_eq!(
            (pick(None), pick(Some("lazy")), pick(Some("against"))),
            ((2, 2), (1, 2), (2, 1))
        );
        let error = chosen(benches, bars, Some("nothing")).unwrap_err().to_string();
        assert_eq!(error, "no row and no bench (lazy, cache) matches \"nothing\"");
    }

    #[test]
    fn ids_are_matched_to_the_letter() {
        let pattern = pattern(&[bar("a", "g/x (1+1)"), bar("b", "g/y")]);
        assert_eq!(pattern, r"^(g/std|g/x \(1\+1\)|g/y)$");
    }

    #[test]
    fn the_workspace_names_its_benches() {
        let text = fs::read_to_string(process::root().join("benches/Cargo.toml")).unwrap();
        let manifest: Manifest = toml::from_str(&text).unwrap();
        assert!(manifest.bench.iter().all(|bench| !bench.name.is_empty()));
    }
}
