//! `release plan`: what a release would hold.

use super::{
    Failure, git, options::Options, registry::Registry, shell::Shell, version, workspace::Workspace,
};
use semver::Version;

/// Prints the version, the crates in their order with what the registry has of them, and the
/// commits. Changes nothing.
pub(super) fn run(shell: &Shell, options: &Options) -> Result<(), Failure> {
    println!("{}", describe(shell, options)?);
    Ok(())
}

pub(super) fn describe(shell: &Shell, options: &Options) -> Result<String, Failure> {
    let workspace = Workspace::read(shell, options.registry.as_deref())?;
    let tag = Workspace::tag(&workspace.version);
    let releases = git::releases(shell)?;
    let is_released = |version: &Version| releases.contains(&Workspace::tag(version));
    let next = version::next(&workspace.version, is_released, options.bump.as_ref());
    let version = next.as_ref().unwrap_or(&workspace.version);
    let mut lines = vec![match &next {
        Ok(next) if *next == workspace.version => format!("version {next}"),
        Ok(next) => format!("version {next}, now {}", workspace.version),
        // A release that was begun is planned to its end.
        Err(_) if options.bump.is_none() => format!("version {version}, tagged {tag}"),
        Err(error) => return Err(error.to_string().into()),
    }];
    let registry =
        Registry { shell, name: options.registry.as_deref(), version: &workspace.version };
    let published = if *version == workspace.version {
        registry.published(&workspace.crates).map(Some)
    } else {
        Ok(None)
    };
    lines.push(format!("\n{} crates, in this order:", workspace.crates.len()));
    for (index, name) in workspace.crates.iter().enumerate() {
        let is_there = matches!(&published, Ok(Some(there)) if there.contains(name));
        let note = if is_there { "  (published)" } else { "" };
        lines.push(format!("  {:>2}. {name}{note}", index + 1));
    }
    if let Err(error) = published {
        lines.push(format!("\nwhat is published is not known: {error}"));
    }
    let last = git::last_release(shell)?;
    let subjects = git::subjects(shell, last.as_deref())?;
    let since = last.map_or_else(|| "in all".to_owned(), |tag| format!("since {tag}"));
    lines.push(format!("\n{} commits {since}", subjects.len()));
    lines.extend(subjects.iter().map(|subject| format!("  {subject}")));
    Ok(lines.join("\n"))
}
