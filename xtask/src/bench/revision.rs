//! Other revisions of the repository: checked out, built once, kept by commit.

use super::{Failure, build, worker::Worker};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// Returns the full id of the commit that a revision names.
pub(super) fn commit(root: &Path, revision: &str) -> Result<String, Failure> {
    let peeled = format!("{revision}^{{commit}}");
    let id = git(root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &peeled]);
    id.map_err(|_| format!("there is no commit {revision:?} in {}", root.display()).into())
}

/// Returns the commit at which the checked-out branch left `branch` of the remote.
pub(super) fn merge_base(root: &Path, branch: &str) -> Result<String, Failure> {
    let remote = format!("origin/{branch}");
    let base = commit(root, &remote)?;
    git(root, &["merge-base", "HEAD", &base]).map_err(|_| {
        format!("HEAD and {remote} share no commit here: fetch the whole history").into()
    })
}

/// Builds the worker of a commit, or takes the one that was built before. `None` if the commit is
/// older than the worker.
pub(super) fn baseline(root: &Path, commit: &str) -> Result<Option<Worker>, Failure> {
    if git(root, &["cat-file", "-e", &format!("{commit}:{}", build::SOURCE)]).is_err() {
        eprintln!("{commit} has no benchmark worker: every benchmark is new");
        return Ok(None);
    }
    let folder = root.join("target").join("gate");
    let kept =
        folder.join(commit).join(format!("atp-bench-worker{}", std::env::consts::EXE_SUFFIX));
    if !kept.is_file() {
        let tree = Checkout::new(root, commit, &folder)?;
        let binary = build::checkout(&tree.path, &folder.join("target"))?;
        keep(&binary, &kept)?;
    }
    Ok(Some(Worker::new(kept)))
}

/// Copies under another name first, so that an interrupted copy is never taken for the binary.
fn keep(binary: &Path, kept: &Path) -> Result<(), Failure> {
    let folder = kept.parent().expect("the name of a file in a folder");
    fs::create_dir_all(folder)?;
    let partial = folder.join(format!("partial-{}", std::process::id()));
    fs::copy(binary, &partial)?;
    fs::rename(&partial, kept)?;
    Ok(())
}

/// A worktree of one commit, removed when it is dropped.
struct Checkout {
    root: PathBuf,
    path: PathBuf,
}

impl Checkout {
    fn new(root: &Path, commit: &str, folder: &Path) -> Result<Self, Failure> {
        // The process id keeps two runs at the same time apart.
        let path = folder.join(format!("tree-{}", std::process::id()));
        fs::create_dir_all(folder)?;
        let checkout = Self { root: root.to_owned(), path };
        let path = checkout.path.to_str().ok_or("the workspace's path is not UTF-8")?;
        git(root, &["worktree", "add", "--detach", "--force", path, commit])?;
        Ok(checkout)
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        let path = self.path.display().to_string();
        if git(&self.root, &["worktree", "remove", "--force", &path]).is_err() {
            // What git did not register it does not remove either.
            drop(fs::remove_dir_all(&self.path));
            drop(git(&self.root, &["worktree", "prune"]));
        }
    }
}

/// Runs git in `root` and returns what it prints, without the line's end.
pub(super) fn git(root: &Path, words: &[&str]) -> Result<String, Failure> {
    let mut command = Command::new("git");
    command.current_dir(root).args(words);
    // Set inside of a hook, where they would point git at another tree.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        command.env_remove(name);
    }
    let Output { status, stdout, stderr } =
        command.output().map_err(|error| format!("git: {error}"))?;
    if status.success() {
        return Ok(String::from_utf8(stdout)?.trim_end().to_owned());
    }
    let reason = String::from_utf8_lossy(&stderr).trim().to_owned();
    Err(format!("git {}: {reason}", words.join(" ")).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A repository with two commits on a branch that left `origin/main` after the first.
    fn repository() -> (tempfile::TempDir, String, String) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let git = |words: &[&str]| git(root, words).unwrap();
        git(&["init", "--quiet", "--initial-branch=work"]);
        git(&["config", "user.name", "nobody"]);
        git(&["config", "user.email", "nobody@example.invalid"]);
        let write = |text: &str| {
            fs::write(root.join("file"), text).unwrap();
            git(&["add", "file"]);
            git(&["commit", "--quiet", "-m", text]);
            git(&["rev-parse", "HEAD"])
        };
        let first = write("first");
        git(&["update-ref", "refs/remotes/origin/main", &first]);
        let second = write("second");
        (folder, first, second)
    }

    #[test]
    fn revisions_become_commits() {
        let (folder, first, second) = repository();
        assert_eq!(commit(folder.path(), "HEAD").unwrap(), second);
        assert_eq!(commit(folder.path(), "HEAD~1").unwrap(), first);
        assert_eq!(merge_base(folder.path(), "main").unwrap(), first);
        for unknown in ["nothing", "--all", ""] {
            let error = commit(folder.path(), unknown).unwrap_err().to_string();
            assert!(error.contains("there is no commit"), "{error}");
        }
        assert!(merge_base(folder.path(), "gone").is_err());
    }

    #[test]
    fn a_checkout_holds_the_commit_and_leaves_nothing_behind() {
        let (folder, first, _) = repository();
        let root = folder.path();
        let trees = root.join("target").join("gate");
        let checkout = Checkout::new(root, &first, &trees).unwrap();
        assert_eq!(fs::read_to_string(checkout.path.join("file")).unwrap(), "first");
        drop(checkout);
        assert_eq!(fs::read_dir(&trees).unwrap().count(), 0);
        assert_eq!(git(root, &["worktree", "list"]).unwrap().lines().count(), 1);
        // What lies in the working tree is not touched.
        assert_eq!(fs::read_to_string(root.join("file")).unwrap(), "second");
    }

    #[test]
    fn a_commit_without_a_worker_is_no_error() {
        let (folder, first, _) = repository();
        assert_eq!(baseline(folder.path(), &first).unwrap(), None);
    }

    #[test]
    fn a_commit_that_was_built_before_is_not_built_again() {
        let (folder, ..) = repository();
        let root = folder.path();
        let source = root.join(build::SOURCE);
        fs::create_dir_all(source.parent().unwrap()).unwrap();
        fs::write(&source, "this does not compile").unwrap();
        git(root, &["add", "crates"]).unwrap();
        git(root, &["commit", "--quiet", "-m", "worker"]).unwrap();
        let id = commit(root, "HEAD").unwrap();
        let name = format!("atp-bench-worker{}", std::env::consts::EXE_SUFFIX);
        let kept = root.join("target").join("gate").join(&id).join(name);
        keep(&source, &kept).unwrap();
        assert_eq!(baseline(root, &id).unwrap(), Some(Worker::new(kept)));
    }
}
