//! `benches/budget.toml`: what single benchmarks may cost more than the rest.

use super::{Failure, place::line_of};
use atp_bench::Gate;
use serde::Deserialize;
use std::{collections::BTreeMap, fs, io, path::Path};
use toml::Spanned;

/// The budgets by benchmark.
#[derive(Debug, Default)]
pub(super) struct Budgets(BTreeMap<String, Budget>);

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Budget {
    name: Spanned<String>,
    /// Per cent below which a slowdown is none, in place of 5 (or 10 with threads).
    threshold_percent: Option<f64>,
    /// Allocations a call that may come on top.
    #[serde(default)]
    allocation_slack: f64,
    /// Bytes a call that may come on top.
    #[serde(default)]
    bytes_slack: f64,
    /// Why this benchmark is treated otherwise.
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    benchmark: Vec<Budget>,
}

impl Budgets {
    /// Reads the workspace's budgets; none if there is no file.
    pub(super) fn read(root: &Path) -> Result<Self, Failure> {
        let path = root.join("benches").join("budget.toml");
        match fs::read_to_string(&path) {
            Ok(text) => {
                Self::parse(&text).map_err(|error| format!("{}: {error}", path.display()).into())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(format!("{}: {error}", path.display()).into()),
        }
    }

    fn parse(text: &str) -> Result<Self, Failure> {
        let file: File = toml::from_str(text)?;
        let mut budgets = BTreeMap::new();
        for budget in file.benchmark {
            let name = budget.name.get_ref().clone();
            let failed = |what: String| format!("{}: {name} {what}", line_of(text, &budget.name));
            if budget.reason.trim().is_empty() {
                return Err(failed("has no reason".to_owned()).into());
            }
            let numbers = [
                ("threshold_percent", budget.threshold_percent.unwrap_or(0.0)),
                ("allocation_slack", budget.allocation_slack),
                ("bytes_slack", budget.bytes_slack),
            ];
            if let Some((key, value)) = numbers.iter().find(|(_, n)| !n.is_finite() || *n < 0.0) {
                return Err(failed(format!("has a {key} of {value}, not a number from 0")).into());
            }
            if budgets.contains_key(&name) {
                return Err(failed("is there twice".to_owned()).into());
            }
            budgets.insert(name, budget);
        }
        Ok(Self(budgets))
    }

    /// Returns the rules for a benchmark's time.
    pub(super) fn gate(&self, name: &str, concurrent: bool) -> Gate {
        let gate = if concurrent { Gate::concurrent() } else { Gate::new() };
        match self.0.get(name).and_then(|budget| budget.threshold_percent) {
            Some(percent) => gate.with_floor(percent / 100.0),
            None => gate,
        }
    }

    /// Returns the allocations and bytes a call that a benchmark may gain.
    pub(super) fn slack(&self, name: &str) -> (f64, f64) {
        self.0.get(name).map_or((0.0, 0.0), |budget| (budget.allocation_slack, budget.bytes_slack))
    }

    /// Returns the names that no benchmark has: left over, or misspelt.
    pub(super) fn unknown<'a>(&'a self, known: &'a [String]) -> impl Iterator<Item = &'a str> {
        self.0.keys().filter(|name| !known.contains(name)).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overrides_apply_to_their_benchmark_only() {
        let budgets = Budgets::parse(
            "[[benchmark]]\nname = 'a'\nthreshold_percent = 8\nallocation_slack = 2\nreason = 'x'",
        )
        .unwrap();
        assert_eq!(budgets.gate("a", false).floor(), 0.08);
        assert_eq!(budgets.gate("b", false).floor(), 0.05);
        assert_eq!(budgets.gate("b", true).floor(), 0.10);
        assert_eq!((budgets.slack("a"), budgets.slack("b")), ((2.0, 0.0), (0.0, 0.0)));
        let known = ["b".to_owned()];
        assert_eq!(budgets.unknown(&known).collect::<Vec<_>>(), ["a"]);
    }

    #[test]
    fn an_override_needs_its_reason_and_sound_numbers() {
        for (text, part) in [
            ("[[benchmark]]\nname = 'a'", "missing field `reason`"),
            ("[[benchmark]]\nname = 'a'\nreason = ' '", "line 2: a has no reason"),
            (
                "[[benchmark]]\nname = 'a'\nreason = 'x'\nbytes_slack = -1",
                "line 2: a has a bytes_slack of -1,",
            ),
            (
                "[[benchmark]]\nname = 'a'\nreason = 'x'\nthreshold_percent = nan",
                "a threshold_percent of NaN,",
            ),
            ("[[benchmark]]\nname = 'a'\nreason = 'x'\nslack = 1", "unknown field `slack`"),
            (
                "[[benchmark]]\nname = 'a'\nreason = 'x'\n[[benchmark]]\nname = 'a'\nreason = 'x'",
                "line 5: a is there twice",
            ),
        ] {
            let error = Budgets::parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn the_workspace_has_a_sound_file_and_needs_none() {
        assert!(Budgets::read(&crate::process::root()).is_ok());
        let empty = tempfile::tempdir().unwrap();
        assert!(Budgets::read(empty.path()).unwrap().0.is_empty());
    }
}
