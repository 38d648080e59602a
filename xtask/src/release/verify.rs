//! `release verify`: everything that can be found out before the first upload.

use super::{
    Failure, changelog, git, interfaces, options::Options, registry::Registry, shell::Shell,
    workspace::Workspace,
};
use std::{collections::BTreeSet, fs};

/// What is to be released, and what of it the registry has already.
pub(super) struct Verified {
    pub(super) workspace: Workspace,
    pub(super) published: BTreeSet<String>,
}

/// Checks the repository, the changelog, the public interfaces and the packages.
pub(super) fn run(shell: &Shell, options: &Options) -> Result<Verified, Failure> {
    git::must_be_clean(shell)?;
    let workspace = Workspace::read(shell, options.registry.as_deref())?;
    let version = &workspace.version;
    git::marks_this_commit(shell, &Workspace::tag(version))?;
    let changelog = fs::read_to_string(shell.root().join("CHANGELOG.md"))
        .map_err(|error| format!("CHANGELOG.md: {error}"))?;
    if !changelog::is_dated(&changelog, version) {
        let advice = "cargo xtask release prepare --execute writes it";
        return Err(format!("the changelog has no dated section for {version}: {advice}").into());
    }
    interfaces::check(shell, &workspace)?;
    eprintln!("packaging {} crates and building each from its package", workspace.crates.len());
    let registry = Registry { shell, name: options.registry.as_deref(), version };
    let published = registry.build_packages(&workspace.crates)?;
    println!(
        "version {version} of {} crates can be published, {} are already",
        workspace.crates.len(),
        published.len()
    );
    Ok(Verified { workspace, published })
}
