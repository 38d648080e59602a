//! What the repository knows about releases.

use super::{Failure, shell::Shell};
use std::collections::BTreeSet;

/// Refuses a folder with changes that are in no commit.
pub(super) fn must_be_clean(shell: &Shell) -> Result<(), Failure> {
    let changes = shell.git(&["status", "--porcelain"])?.or_fail()?;
    match changes.lines().next() {
        None => Ok(()),
        Some(first) => Err(format!(
            "there are {} changes in no commit, the first is {:?}",
            changes.lines().count(),
            first.trim()
        )
        .into()),
    }
}

/// Returns the tags of all versions.
pub(super) fn releases(shell: &Shell) -> Result<BTreeSet<String>, Failure> {
    let tags = shell.git(&["tag", "--list", "v[0-9]*"])?.or_fail()?;
    Ok(tags.lines().map(str::to_owned).collect())
}

/// Returns the newest tag of a version that the current commit descends from.
pub(super) fn last_release(shell: &Shell) -> Result<Option<String>, Failure> {
    let found = shell.git(&["describe", "--tags", "--abbrev=0", "--match", "v[0-9]*"])?;
    Ok(found.success.then(|| found.stdout.trim().to_owned()))
}

/// Returns the newest tag of a version before the one that `tag` marks or will mark.
pub(super) fn last_release_before(shell: &Shell, tag: &str) -> Result<Option<String>, Failure> {
    let found =
        shell.git(&["describe", "--tags", "--abbrev=0", "--match", "v[0-9]*", "--exclude", tag])?;
    Ok(found.success.then(|| found.stdout.trim().to_owned()))
}

/// Returns the first lines of the commits since `tag`, newest first, merges left out.
pub(super) fn subjects(shell: &Shell, tag: Option<&str>) -> Result<Vec<String>, Failure> {
    let range = tag.map_or_else(|| "HEAD".to_owned(), |tag| format!("{tag}..HEAD"));
    let log = shell.git(&["log", "--no-merges", "--format=%s", &range])?.or_fail()?;
    Ok(log.lines().map(str::to_owned).collect())
}

/// Returns the day of the current commit as year, month and day.
pub(super) fn day(shell: &Shell) -> Result<String, Failure> {
    let day = shell.git(&["show", "--no-patch", "--format=%cs", "HEAD"])?.or_fail()?;
    Ok(day.trim().to_owned())
}

/// Returns the commit that a name stands for, if there is one.
pub(super) fn commit_of(shell: &Shell, name: &str) -> Result<Option<String>, Failure> {
    let name = format!("{name}^{{commit}}");
    let found = shell.git(&["rev-parse", "--verify", "--quiet", &name])?;
    Ok(found.success.then(|| found.stdout.trim().to_owned()))
}

/// Refuses a tag that marks another commit than the current one; tells whether it is there.
pub(super) fn marks_this_commit(shell: &Shell, tag: &str) -> Result<bool, Failure> {
    let Some(tagged) = commit_of(shell, &format!("refs/tags/{tag}"))? else { return Ok(false) };
    if commit_of(shell, "HEAD")?.is_some_and(|head| head == tagged) {
        return Ok(true);
    }
    Err(format!("the tag {tag} marks another commit: check it out to go on with its release")
        .into())
}

/// Tags the current commit.
pub(super) fn tag(shell: &Shell, tag: &str) -> Result<(), Failure> {
    shell.git(&["tag", "--annotate", tag, "--message", tag])?.or_fail().map(drop)
}

/// Takes everything out of the next commit that was put into it. No file changes.
pub(super) fn unstage(shell: &Shell) -> Result<(), Failure> {
    shell.git(&["reset", "--quiet"])?.or_fail().map(drop)
}

/// Commits every change, new files included.
pub(super) fn commit_all(shell: &Shell, message: &str) -> Result<(), Failure> {
    shell.git(&["add", "--all"])?.or_fail()?;
    shell.git(&["commit", "--quiet", "--message", message])?.or_fail().map(drop)
}
