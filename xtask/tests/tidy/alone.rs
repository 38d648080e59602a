//! A program that depends on one crate gets that crate and little else.

use super::{cargo, root};
use std::{collections::BTreeSet, fs};

/// What a new package with one dependency compiles, in this checkout's versions.
#[derive(Debug)]
struct Tree {
    /// Crates of this workspace, without the one that is depended on, and without `atp-`.
    ours: Vec<String>,
    /// All others, build scripts' and macros' included.
    others: BTreeSet<String>,
}

fn tree(name: &str, features: &[&str]) -> Tree {
    let folder = tempfile::tempdir().unwrap();
    let path = root().join("crates").join(name);
    let manifest = format!(
        "[package]\nname = \"alone\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\n{name} = {{ path = {path:?}, default-features = false, \
         features = {features:?} }}\n"
    );
    fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
    fs::create_dir(folder.path().join("src")).unwrap();
    fs::write(folder.path().join("src/lib.rs"), "").unwrap();
    // So that nothing is looked up, and the versions are those that are tested here.
    fs::copy(root().join("Cargo.lock"), folder.path().join("Cargo.lock")).unwrap();
    let words = ["tree", "--offline", "--edges", "normal,build", "--prefix", "none"];
    let listed = cargo(folder.path(), &words);
    let packages: BTreeSet<String> = listed
        .lines()
        .map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "))
        .filter(|package| {
            !package.starts_with("alone ") && !package.starts_with(&format!("{name} "))
        })
        .collect();
    let (ours, others): (BTreeSet<_>, BTreeSet<_>) =
        packages.into_iter().partition(|package| package.starts_with("atp-"));
    let name_of =
        |package: String| package.split(' ').next().unwrap().trim_start_matches("atp-").to_owned();
    Tree { ours: ours.into_iter().map(name_of).collect(), others }
}

/// Checks what comes along of ours, in the order of the alphabet, and how many others at most.
fn check(name: &str, features: &[&str], ours: &str, most: usize) {
    let tree = tree(name, features);
    assert_eq!(tree.ours.join(" "), ours, "{name} {features:?}");
    let count = tree.others.len();
    assert!(count <= most, "{name} {features:?} takes {count} crates: {:#?}", tree.others);
}

#[test]
fn the_asynchronous_tools_bring_nothing_of_ours() {
    check("atp-async", &[], "", 20);
    check("atp-async", &["governor"], "", 35);
    check("atp-async", &["redis"], "", 62);
}

#[test]
fn the_profiler_brings_its_tables_and_traces() {
    check("atp-profile", &[], "table trace", 8);
    check("atp-profile", &["macros", "serde"], "profile-macros table trace", 20);
}

/// L6: in the original, importing the helper that delays loading loads the whole platform.
#[test]
fn no_toolkit_crate_brings_the_platform() {
    check("atp-lazy", &[], "stats table trace", 25);
    check("atp-memory", &[], "stats table trace", 15);
    check("atp-cache", &[], "lazy stats table trace", 50);
    check("atp-bench", &[], "stats table", 20);
    check("atp-stats", &[], "", 10);
    check("atp-trace", &[], "", 0);
    check("atp-table", &[], "", 1);
}

#[test]
fn a_feature_of_the_facade_brings_its_crate_and_what_that_needs() {
    let facade = |feature: &str| tree("atp-performance", &[feature]).ours.join(" ");
    assert_eq!(facade("async"), "async");
    assert_eq!(facade("profile"), "profile profile-macros table trace");
    assert_eq!(facade("memory"), "memory stats table trace");
    assert_eq!(facade("lazy"), "lazy stats table trace");
    assert_eq!(facade("cache"), "cache lazy stats table trace");
    assert_eq!(facade("bench"), "bench stats table");
    assert_eq!(facade("suite"), "suite");
    assert_eq!(facade("stats"), "stats");
    assert_eq!(facade("protocol"), "protocol");
    // Nor does all of it bring what runs suites: that is the program's.
    let full = tree("atp-performance", &["full"]).ours;
    for platform in ["runner", "journal", "evaluation", "report", "cli"] {
        assert!(!full.iter().any(|one| one == platform), "{platform}");
    }
}
