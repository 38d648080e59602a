//! `cargo xtask deny`: what may enter the dependency tree.

use crate::{
    Outcome,
    process::{self, OF_A_HOOK, cargo, command, no_arguments, root, run_all},
    tool::CARGO_DENY,
};
use std::{error::Error, ffi::OsString, fs, path::Path, process::ExitCode};

/// Where cargo-deny looks for its copy of the RustSec database: the folder that `deny.toml` names,
/// and in it a name that cargo-deny makes from the address of that database.
const DATABASE: &str = "target/advisory-dbs/advisory-db-3157b0e258782691";

/// A snapshot of the RustSec database, for machines that cannot fetch it.
const SNAPSHOT: &str = "../shared/data/advisory-db/crates";

/// Checks bans, licences and sources, and the advisories where a database is at hand.
pub(crate) fn run(args: Vec<OsString>) -> Outcome {
    no_arguments(&args)?;
    if !CARGO_DENY.is_installed_or_say() {
        return Ok(ExitCode::SUCCESS);
    }
    let code = process::run(&mut cargo(&["deny", "check", "bans", "licenses", "sources"]))?;
    if code != ExitCode::SUCCESS {
        return Ok(code);
    }
    advisories()
}

/// Checks the advisories against the snapshot; without one cargo-deny fetches the database, which
/// needs a network, so that is left to the workflow.
fn advisories() -> Outcome {
    let snapshot = root().join(SNAPSHOT);
    if snapshot.is_dir() {
        import(&snapshot)?;
        return process::run(&mut cargo(&["deny", "--offline", "check", "advisories"]));
    }
    if std::env::var_os("GITHUB_ACTIONS").is_some() {
        return process::run(&mut cargo(&["deny", "check", "advisories"]));
    }
    eprintln!("skipped: there is no snapshot of the advisory database at {SNAPSHOT}");
    eprintln!("         with a network: cargo deny check advisories");
    Ok(ExitCode::SUCCESS)
}

/// Makes the snapshot a git checkout, the only form in which cargo-deny takes a database.
fn import(snapshot: &Path) -> Result<(), Box<dyn Error>> {
    let database = root().join(DATABASE);
    if database.exists() {
        fs::remove_dir_all(&database)?;
    }
    copy_dir(snapshot, &database.join("crates"))?;
    let git = |words: &[&str]| {
        let mut git = command("git", words);
        git.current_dir(&database);
        for name in OF_A_HOOK {
            git.env_remove(name);
        }
        git
    };
    let identity = ["-c", "user.name=snapshot", "-c", "user.email=snapshot@localhost"];
    let unsigned = ["commit", "--quiet", "--no-gpg-sign", "--message", "snapshot"];
    let commit = [&identity[..], &unsigned].concat();
    let steps = [git(&["init", "--quiet"]), git(&["add", "--all", "--force"]), git(&commit)];
    match run_all(steps)? {
        ExitCode::SUCCESS => Ok(()),
        _ => Err("the advisory snapshot could not be made a git checkout".into()),
    }
}

fn copy_dir(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_dir(&entry.path(), &target)?;
        } else {
            // The bytes and not the file: a snapshot may be read-only, and its copy must not be.
            fs::write(target, fs::read(entry.path())?)?;
        }
    }
    Ok(())
}
