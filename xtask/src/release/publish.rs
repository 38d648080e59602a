//! `release publish`: everything the registry lacks, one crate after what it depends on.

use super::{
    Failure,
    clock::Clock,
    git,
    options::Options,
    registry::{Registry, Upload},
    shell::Shell,
    verify::{self, Verified},
    workspace::Workspace,
};
use std::time::Duration;

/// A registry that refuses one crate more often is not asked again.
const REFUSALS: u32 = 12;
/// A registry that wants to be left alone for longer is not waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(3_600);

/// Verifies, tags and uploads, or tells what would be uploaded.
///
/// The tag is set before the first upload. It says which commit the crates come from, so that a
/// release that was interrupted goes on from that commit and no other.
pub(super) fn run(shell: &Shell, options: &Options, clock: &mut dyn Clock) -> Result<(), Failure> {
    let Verified { workspace, published } = verify::run(shell, options)?;
    let missing: Vec<&str> = workspace
        .crates
        .iter()
        .filter(|name| !published.contains(*name))
        .map(String::as_str)
        .collect();
    let (version, tag) = (&workspace.version, Workspace::tag(&workspace.version));
    if !options.execute {
        let names = if missing.is_empty() { "nothing".into() } else { missing.join(", ") };
        println!("\nwould tag {tag} and upload, in this order: {names}");
        println!("nothing was changed: --execute does it");
        return Ok(());
    }
    if !git::marks_this_commit(shell, &tag)? {
        git::tag(shell, &tag)?;
        println!("tagged {tag}");
    }
    let registry = Registry { shell, name: options.registry.as_deref(), version };
    for (index, name) in missing.iter().enumerate() {
        upload(&registry, name, clock).map_err(|error| {
            format!(
                "{name} is not published, and {} before it are: the same command goes on from \
                 there. {error}",
                published.len() + index
            )
        })?;
    }
    println!("\nversion {version} is published; next: git push origin {tag}");
    Ok(())
}

/// Uploads one crate, however often the registry asks to wait.
fn upload(registry: &Registry<'_>, name: &str, clock: &mut dyn Clock) -> Result<(), Failure> {
    for attempt in 0..=REFUSALS {
        eprintln!("uploading {name} {}", registry.version);
        match registry.upload(name, clock, attempt)? {
            Upload::Done => {
                println!("published {name} {}", registry.version);
                return Ok(());
            }
            Upload::AlreadyThere => {
                println!("{name} {} was published before", registry.version);
                return Ok(());
            }
            Upload::Refused(wait) if wait > LONGEST_WAIT => {
                return Err(format!("The registry asks for {} s of rest.", wait.as_secs()).into());
            }
            Upload::Refused(_) if attempt == REFUSALS => {}
            Upload::Refused(wait) => {
                println!("the registry takes {name} in {} s", wait.as_secs());
                clock.sleep(wait);
            }
        }
    }
    Err(format!("The registry refused it {} times.", REFUSALS + 1).into())
}
