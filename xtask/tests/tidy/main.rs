//! Rules that no compiler checks: what every crate states, and what is stated only once.

#![expect(clippy::unwrap_used, reason = "clippy allows them in tests, but not in what tests share")]

mod alone;
mod arrows;
mod catalogue;
mod moved;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Told by the cargo that runs these tests: they may have been built in another folder.
fn root() -> PathBuf {
    let here = env::var_os("CARGO_MANIFEST_DIR").unwrap();
    Path::new(&here).parent().unwrap().to_owned()
}

fn read(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The output of the cargo that runs these tests.
fn cargo(folder: &Path, words: &[&str]) -> String {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo).args(words).current_dir(folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {}: {said}", words.join(" "));
    String::from_utf8(output.stdout).unwrap()
}

/// The folders of the published crates.
fn crates() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("crates")).unwrap();
    let mut folders: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.retain(|folder| folder.join("Cargo.toml").is_file());
    folders.sort();
    assert!(!folders.is_empty());
    folders
}

/// Every Rust file below `folder`, build output left out.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn the_changelog_has_a_heading_for_the_version() {
    let heading = format!("## {}", env!("CARGO_PKG_VERSION"));
    let changelog = read(root().join("CHANGELOG.md"));
    assert!(changelog.lines().any(|line| line.starts_with(&heading)), "no line starts {heading:?}");
}

#[test]
fn the_minimum_rust_version_is_stated_once() {
    let manifests: Vec<_> = crates().into_iter().chain([root().join("benches")]).collect();
    for folder in manifests {
        let manifest = read(folder.join("Cargo.toml"));
        assert!(manifest.contains("rust-version.workspace = true"), "{}", folder.display());
    }
    assert_eq!(read(root().join("Cargo.toml")).matches("\nrust-version = ").count(), 1);
}

#[test]
fn every_crate_takes_the_lints_and_tells_its_story() {
    for folder in crates() {
        let manifest = read(folder.join("Cargo.toml"));
        assert!(manifest.contains("[lints]\nworkspace = true"), "{}", folder.display());
        assert!(folder.join("README.md").is_file(), "{} has no README", folder.display());
        let entry = ["src/lib.rs", "src/main.rs"].map(|file| folder.join(file));
        let entry = entry.iter().find(|file| file.is_file()).expect("a crate has a root");
        assert!(read(entry).starts_with("//!"), "{} has no crate docs", entry.display());
    }
}

#[test]
fn a_library_with_features_marks_on_docs_rs_what_needs_them() {
    for folder in crates() {
        let manifest = read(folder.join("Cargo.toml"));
        if manifest.contains("\n[features]\n") && folder.join("src/lib.rs").is_file() {
            let settings = "all-features = true\nrustdoc-args = [\"--cfg\", \"docsrs\"]\n";
            assert!(manifest.contains(settings), "{}", folder.display());
            let badges = "#![cfg_attr(docsrs, feature(doc_cfg))]";
            assert!(read(folder.join("src/lib.rs")).contains(badges), "{}", folder.display());
        }
    }
}

#[test]
fn every_version_is_in_the_root_manifest() {
    let members = crates().into_iter().chain(["benches", "xtask"].map(|name| root().join(name)));
    for folder in members {
        let manifest = read(folder.join("Cargo.toml"));
        let mut in_dependencies = false;
        for line in manifest.lines() {
            if line.starts_with('[') {
                in_dependencies = line.contains("dependencies");
            } else if in_dependencies && line.contains('=') {
                // A crate may name itself to turn its own features on for its tests.
                let inherited = line.contains("workspace = true") || line.contains("path = \".\"");
                assert!(inherited, "{}: {line}", folder.display());
            }
        }
    }
}

#[test]
fn every_dependency_of_the_workspace_is_used() {
    let members = crates().into_iter().chain(["benches", "xtask"].map(|name| root().join(name)));
    let manifests: String = members.map(|folder| read(folder.join("Cargo.toml"))).collect();
    let root_manifest = read(root().join("Cargo.toml"));
    let section = root_manifest.split("[workspace.dependencies]").nth(1).unwrap();
    let section = section.split("\n[").next().unwrap();
    let names = section.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name);
    let unused: Vec<_> = names
        .filter(|name| {
            let forms = [format!("\n{name}."), format!("\n{name} =")];
            !name.starts_with("atp-")
                && !name.starts_with('#')
                && !forms.iter().any(|form| manifests.contains(form))
        })
        .collect();
    assert_eq!(unused, [] as [&str; 0]);
}

#[test]
fn every_module_says_what_it_is() {
    for file in crates().iter().flat_map(|folder| sources(&folder.join("src"))) {
        let is_tests = file.file_name().is_some_and(|name| name == "tests.rs");
        assert!(is_tests || read(&file).starts_with("//!"), "{} has no first line", file.display());
    }
}

#[test]
fn nothing_is_called_a_drawer() {
    let drawers = ["util", "utils", "common", "helpers", "misc", "types"];
    for file in crates().iter().flat_map(|folder| sources(&folder.join("src"))) {
        let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(!drawers.contains(&stem.as_str()), "{} is a drawer", file.display());
    }
}

#[test]
fn the_program_of_the_readme_is_an_example_that_runs() {
    let example = read(root().join("crates/atp-performance/examples/first_profile.rs"));
    let (_, program) = example.split_once("\n\n").expect("a header stands above the program");
    assert!(read(root().join("README.md")).contains(&format!("```rust\n{program}```")));
}
