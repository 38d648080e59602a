//! `release prepare`: the version in the manifests, the section in the changelog, one commit.

use super::{
    Failure, changelog, git, manifest, options::Options, shell::Shell, version,
    workspace::Workspace,
};
use semver::Version;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// The files that change, with their new content.
type Edits = BTreeMap<PathBuf, String>;

/// A file and what was in it, if there was one.
type Before<'p> = (&'p Path, Option<Vec<u8>>);

const CHANGELOG: &str = "CHANGELOG.md";

/// Writes and commits, or tells what would be written.
pub(super) fn run(shell: &Shell, options: &Options) -> Result<(), Failure> {
    if options.execute {
        // Before anything is written: the commit takes all that has changed.
        git::must_be_clean(shell)?;
    }
    let workspace = Workspace::read(shell, options.registry.as_deref())?;
    let releases = git::releases(shell)?;
    let is_released = |version: &Version| releases.contains(&Workspace::tag(version));
    let next = version::next(&workspace.version, is_released, options.bump.as_ref())?;
    let edits = edits(shell, &workspace, &next)?;
    for path in edits.keys() {
        let path = path.strip_prefix(shell.root()).unwrap_or(path);
        println!("{} {}", if options.execute { "writes" } else { "would write" }, path.display());
    }
    if !options.execute {
        let changelog = edits.get(&shell.root().join(CHANGELOG)).map_or("", String::as_str);
        println!("\n{}", changelog::section(changelog, &next));
        println!("\nnothing was changed: --execute writes and commits version {next}");
        return Ok(());
    }
    let lock = shell.root().join("Cargo.lock");
    let before: Vec<Before<'_>> =
        edits.keys().chain([&lock]).map(|path| (path.as_path(), fs::read(path).ok())).collect();
    if let Err(error) = write(shell, &edits, &lock, &next) {
        restore(shell, &before).map_err(|second| format!("{error}\nand then: {second}"))?;
        return Err(format!("{error}\nnothing was changed").into());
    }
    println!("\ncommitted version {next}; next: cargo xtask release publish");
    Ok(())
}

/// Writes the files, has cargo follow them in its own, and commits.
fn write(shell: &Shell, edits: &Edits, lock: &Path, next: &Version) -> Result<(), Failure> {
    for (path, content) in edits {
        fs::write(path, content).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    if fs::exists(lock)? {
        shell.cargo(&["update", "--workspace", "--offline"])?.or_fail()?;
    }
    git::commit_all(shell, &format!("workspace: release {next}"))
}

/// Undoes what was written, so that the step can be run again once its reason to fail is gone.
fn restore(shell: &Shell, before: &[Before<'_>]) -> Result<(), Failure> {
    for (path, content) in before {
        match content {
            Some(content) => fs::write(path, content),
            None if fs::exists(path)? => fs::remove_file(path),
            None => Ok(()),
        }
        .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    git::unstage(shell)
}

fn edits(shell: &Shell, workspace: &Workspace, next: &Version) -> Result<Edits, Failure> {
    let read = |path: &PathBuf| {
        fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let mut edits = Edits::new();
    let root = shell.root().join("Cargo.toml");
    for path in workspace.manifests.iter().chain([&root]) {
        let old = read(path)?;
        let new = manifest::with_version(&old, next)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        if new != old {
            edits.insert(path.clone(), new);
        }
    }
    let path = shell.root().join(CHANGELOG);
    let old = if fs::exists(&path)? { read(&path)? } else { String::new() };
    let last = git::last_release(shell)?;
    let subjects = git::subjects(shell, last.as_deref())?;
    let day = git::day(shell)?;
    edits.insert(path, changelog::with_section(&old, next, &day, &subjects, &workspace.crates)?);
    Ok(edits)
}
