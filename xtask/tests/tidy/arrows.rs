//! The map of docs/ARCHITECTURE.md: each crate on a line above all that it depends on.

use super::{cargo, read, root};
use std::collections::{BTreeMap, BTreeSet};

/// A line `atp-cache -> lazy, suite` of the map.
struct Line {
    name: String,
    needs: BTreeSet<String>,
}

/// The map, from the top down.
fn map() -> Vec<Line> {
    let page = read(root().join("docs/ARCHITECTURE.md"));
    let section = page.split("\n## Who may depend on whom\n").nth(1).expect("the section is there");
    let section = section.split("\n## ").next().unwrap();
    let lines = section.lines().filter_map(|line| line.strip_prefix("    atp-"));
    let parsed = lines.map(|line| {
        let (name, needs) = line.split_once("->").unwrap_or((line, ""));
        let needs = needs.split(',').map(|need| need.trim().to_owned());
        Line {
            name: name.trim().to_owned(),
            needs: needs.filter(|need| !need.is_empty()).collect(),
        }
    });
    parsed.collect()
}

/// What the published crates depend on inside of the workspace, features included and tests not.
fn manifests() -> BTreeMap<String, BTreeSet<String>> {
    let words = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
    let metadata: serde_json::Value = serde_json::from_str(&cargo(&root(), &words)).unwrap();
    let short =
        |name: &serde_json::Value| name.as_str().unwrap().strip_prefix("atp-").map(str::to_owned);
    let mut found = BTreeMap::new();
    for package in metadata["packages"].as_array().unwrap() {
        let published = package["publish"].is_null();
        let Some(name) = short(&package["name"]).filter(|_| published) else { continue };
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        let ours = dependencies.filter(|one| one["kind"] != "dev" && one["path"].is_string());
        found.insert(name, ours.filter_map(|one| short(&one["name"])).collect());
    }
    found
}

#[test]
fn the_map_is_what_the_manifests_say() {
    let drawn: BTreeMap<_, _> = map().into_iter().map(|line| (line.name, line.needs)).collect();
    for (name, needs) in &manifests() {
        let line = drawn.get(name).unwrap_or_else(|| panic!("atp-{name} has no line in the map"));
        assert_eq!(line, needs, "atp-{name}: the map, and its manifest");
    }
    assert_eq!(drawn.len(), manifests().len(), "the map has a crate that is not there");
}

#[test]
fn no_arrow_goes_up() {
    let mut above = BTreeSet::new();
    for Line { name, needs } in map() {
        assert!(above.insert(name.clone()), "atp-{name} has two lines");
        for need in &needs {
            assert!(!above.contains(need), "atp-{name} depends on atp-{need}, which is above it");
        }
    }
}

#[test]
fn every_crate_has_a_row_that_says_what_it_owns() {
    let page = read(root().join("docs/ARCHITECTURE.md"));
    let first_cells = page.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let rows: String = first_cells.collect();
    for name in manifests().keys() {
        assert!(rows.contains(&format!("`atp-{name}`")), "atp-{name} has no row");
    }
}
