//! Revisions of the repository, the working tree among them.

use super::Failure;
use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

/// Returns the full id of the commit that a revision names.
pub(super) fn commit(root: &Path, revision: &str) -> Result<String, Failure> {
    // Without a repository, or without git, no revision is to blame.
    git(root, &["rev-parse", "--git-dir"])?;
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

/// Returns a commit that holds the working tree as it is, new files included. No branch, index or
/// file changes; the commit belongs to nothing and goes with git's next clean-up.
pub(super) fn snapshot(root: &Path) -> Result<String, Failure> {
    let folder = root.join("target").join("gate");
    fs::create_dir_all(&folder)?;
    // An index of its own keeps the user's out of it.
    let index = folder.join(format!("index-{}", std::process::id()));
    let in_index = |words: &[&str]| {
        let mut command = command(root, words);
        output(command.env("GIT_INDEX_FILE", &index), words)
    };
    let tree = in_index(&["read-tree", "HEAD"])
        .and_then(|_| in_index(&["add", "--all"]))
        .and_then(|_| in_index(&["write-tree"]));
    // There is none if git failed before it wrote one.
    drop(fs::remove_file(&index));
    let nobody = ["-c", "user.name=xtask", "-c", "user.email=xtask@localhost"];
    let commit = ["commit-tree", "-p", "HEAD", "-m", "working tree", &tree?];
    git(root, &[&nobody[..], &commit[..]].concat())
}

/// Runs git in `root` and returns what it prints, without the line's end.
pub(super) fn git(root: &Path, words: &[&str]) -> Result<String, Failure> {
    output(&mut command(root, words), words)
}

fn command(root: &Path, words: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.current_dir(root).args(words);
    // Set inside of a hook, where they would point git at another tree.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        command.env_remove(name);
    }
    command
}

fn output(command: &mut Command, words: &[&str]) -> Result<String, Failure> {
    let Output { status, stdout, stderr } =
        command.output().map_err(|error| format!("git: {error}"))?;
    if status.success() {
        return Ok(String::from_utf8(stdout)?.trim_end().to_owned());
    }
    let reason = String::from_utf8_lossy(&stderr).trim().to_owned();
    Err(format!("git {}: {reason}", words.join(" ")).into())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::tool::GIT;

    /// A repository with two commits on a branch that left `origin/main` after the first; none where
    /// git is not installed.
    pub(in super::super) fn repository() -> Option<(tempfile::TempDir, String, String)> {
        if !GIT.is_installed_or_say() {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let git = |words: &[&str]| git(root, words).unwrap();
        git(&["init", "--quiet", "--initial-branch=work"]);
        git(&["config", "user.name", "nobody"]);
        git(&["config", "user.email", "nobody@example.invalid"]);
        git(&["config", "commit.gpgsign", "false"]);
        fs::write(root.join(".gitignore"), "target\n").unwrap();
        let write = |text: &str| {
            fs::write(root.join("file"), text).unwrap();
            git(&["add", "--all"]);
            git(&["commit", "--quiet", "-m", text]);
            git(&["rev-parse", "HEAD"])
        };
        let first = write("first");
        git(&["update-ref", "refs/remotes/origin/main", &first]);
        let second = write("second");
        Some((folder, first, second))
    }

    #[test]
    fn revisions_become_commits() {
        let Some((folder, first, second)) = repository() else { return };
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
    fn a_folder_without_a_repository_is_not_blamed_on_the_revision() {
        if !GIT.is_installed_or_say() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        // Nor is one found in a folder above.
        let error = commit(&folder.path().join("gone"), "HEAD").unwrap_err().to_string();
        assert!(error.starts_with("git: "), "{error}");
        fs::write(folder.path().join(".git"), "no repository").unwrap();
        let error = commit(folder.path(), "HEAD").unwrap_err().to_string();
        assert!(error.starts_with("git rev-parse --git-dir: fatal: "), "{error}");
    }

    #[test]
    fn a_snapshot_holds_changes_and_new_files_and_changes_nothing() {
        let Some((folder, _, second)) = repository() else { return };
        let root = folder.path();
        fs::write(root.join("file"), "third").unwrap();
        fs::write(root.join("new"), "new").unwrap();
        let before = git(root, &["status", "--porcelain"]).unwrap();
        let id = snapshot(root).unwrap();
        let show = |path: &str| git(root, &["show", &format!("{id}:{path}")]).unwrap();
        assert_eq!((show("file"), show("new")), ("third".to_owned(), "new".to_owned()));
        assert_eq!(git(root, &["status", "--porcelain"]).unwrap(), before);
        assert_eq!(commit(root, "HEAD").unwrap(), second);
        // An unchanged tree is the same tree.
        fs::remove_file(root.join("new")).unwrap();
        fs::write(root.join("file"), "second").unwrap();
        let tree = |id: &str| git(root, &["rev-parse", &format!("{id}^{{tree}}")]).unwrap();
        assert_eq!(tree(&snapshot(root).unwrap()), tree(&second));
    }
}
