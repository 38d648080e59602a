//! `cargo xtask features`: every library crate with none of its features and with each alone.

use crate::{
    Outcome,
    process::{self, cargo, no_arguments},
};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    error::Error,
    ffi::OsString,
    process::{Command, ExitCode, Stdio},
};

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    /// The registries it may go to: none at all for what is never published.
    publish: Option<Vec<String>>,
    features: BTreeMap<String, Vec<String>>,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
}

/// Lints each of them as its users build it: what one feature leaves unused or missing only shows
/// when no other feature hides it. Goes on after a failure, and names all at its end.
pub(crate) fn run(args: Vec<OsString>) -> Outcome {
    no_arguments(&args)?;
    let mut failed = Vec::new();
    let mut count = 0;
    for package in packages()? {
        for choice in package.choices() {
            count += 1;
            if process::run(&mut check(&package.name, choice))? != ExitCode::SUCCESS {
                failed.push(format!("{} with {}", package.name, choice.unwrap_or("no feature")));
            }
        }
    }
    if failed.is_empty() {
        println!("features: {count} builds, each of one crate with at most one feature");
        return Ok(ExitCode::SUCCESS);
    }
    println!("features: failed: {}", failed.join(", "));
    Ok(ExitCode::FAILURE)
}

fn check(package: &str, feature: Option<&str>) -> Command {
    let mut words = vec!["clippy", "--quiet", "--lib", "--no-deps", "--package", package];
    words.push("--no-default-features");
    words.extend(feature.map(|feature| ["--features", feature]).into_iter().flatten());
    words.extend(["--", "--deny", "warnings"]);
    cargo(&words)
}

/// The published crates that others can build on.
fn packages() -> Result<Vec<Package>, Box<dyn Error>> {
    let output = cargo(&["metadata", "--no-deps", "--format-version", "1"])
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err("cargo metadata failed".into());
    }
    let Metadata { mut packages } = serde_json::from_slice(&output.stdout)?;
    packages.retain(|package| package.publish.is_none() && package.is_library());
    Ok(packages)
}

impl Package {
    fn is_library(&self) -> bool {
        let kinds = self.targets.iter().flat_map(|target| &target.kind);
        kinds.into_iter().any(|kind| kind == "lib" || kind == "proc-macro")
    }

    /// No feature, then each of them. `default` is made of the others.
    fn choices(&self) -> impl Iterator<Item = Option<&str>> {
        let features = self.features.keys().map(String::as_str);
        [None].into_iter().chain(features.filter(|name| *name != "default").map(Some))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_published_library_is_built_without_features_and_with_each() {
        let packages = packages().unwrap();
        let choices = |name: &str| -> Vec<_> {
            let package = packages.iter().find(|package| package.name == name);
            package.unwrap().choices().map(|choice| choice.unwrap_or("none").to_owned()).collect()
        };
        assert_eq!(choices("atp-async"), ["none", "backoff", "governor", "redis"]);
        assert_eq!(choices("atp-stats"), ["none"]);
        let facade = choices("atp-performance");
        assert!(
            ["none", "full", "cache", "suite"].iter().all(|one| facade.contains(&(*one).into()))
        );
        assert!(!facade.contains(&"default".to_owned()));
        assert!(packages.iter().all(|package| package.name != "xtask"));
    }

    #[test]
    fn a_feature_is_built_alone() {
        let words = |feature| {
            let check = check("atp-async", feature);
            check.get_args().map(|word| word.to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert!(words(None).contains(&"--no-default-features".to_owned()));
        assert!(
            words(Some("governor"))
                .join(" ")
                .contains("--no-default-features --features governor --")
        );
    }
}
