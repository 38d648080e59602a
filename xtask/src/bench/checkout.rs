//! Workers of revisions: checked out, built once, kept by content.
//!
//! Both sides of a comparison are built in the same folder with the same flags. Names of symbols
//! depend on the folder, the order of functions on their names, and with it where hot loops fall in
//! memory: two builds of one source in two folders differed by up to 19 % in single benchmarks,
//! with the same number of instructions. Here the same source is the same binary.

use super::{Failure, build, machine, revision::git, worker::Worker};
use std::{
    env::consts::EXE_SUFFIX,
    fs::{self, File},
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    process,
};

/// Workers that are kept, each of some megabytes. One that was forgotten is built again.
const KEPT: usize = 16;

/// Builds the worker of a commit, or takes the one that was built from the same content before.
/// `None` if the commit is older than the worker.
pub(super) fn worker(root: &Path, commit: &str) -> Result<Option<Worker>, Failure> {
    if git(root, &["cat-file", "-e", &format!("{commit}:{}", build::SOURCE)]).is_err() {
        eprintln!("{commit} has no benchmark worker");
        return Ok(None);
    }
    let folder = root.join("target").join("gate");
    fs::create_dir_all(&folder)?;
    // One folder is one build at a time: another run waits here.
    let lock = File::create(folder.join("lock"))?;
    lock.lock()?;
    let kept = kept(root, &folder, commit, &build::flags())?;
    if !kept.is_file() {
        let tree = Checkout::new(root, commit, &folder)?;
        let binary = build::checkout(&tree.path, &folder.join("target"))?;
        keep(&binary, &kept)?;
        forget_old(&folder)?;
    }
    Ok(Some(Worker::new(kept)))
}

/// Where the worker of a commit is kept: by its content, and by the compiler and the flags that it
/// is built with. One that was built otherwise would differ from the other side in more than its
/// source.
fn kept(root: &Path, folder: &Path, commit: &str, flags: &str) -> Result<PathBuf, Failure> {
    let tree = git(root, &["rev-parse", &format!("{commit}^{{tree}}")])?;
    let rustc = machine::rustc().ok_or("rustc does not tell its version")?;
    let mut built_with = DefaultHasher::new();
    (rustc, flags).hash(&mut built_with);
    let folder = folder.join(format!("{tree}-{:016x}", built_with.finish()));
    Ok(folder.join(worker_file()))
}

fn worker_file() -> String {
    format!("atp-bench-worker{EXE_SUFFIX}")
}

/// Removes all but the newest workers: every change of the working tree adds one.
fn forget_old(folder: &Path) -> Result<(), Failure> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if let Ok(worker) = fs::metadata(path.join(worker_file())) {
            found.push((worker.modified()?, path));
        }
    }
    found.sort();
    for (_, path) in found.iter().rev().skip(KEPT) {
        fs::remove_dir_all(path)?;
    }
    Ok(())
}

/// Copies under another name first, so that an interrupted copy is never taken for the binary, and
/// one that another run has started is not written to.
pub(super) fn keep(binary: &Path, kept: &Path) -> Result<(), Failure> {
    let folder = kept.parent().expect("the name of a file in a folder");
    fs::create_dir_all(folder)?;
    let partial = folder.join(format!("partial-{}", process::id()));
    let copied = fs::copy(binary, &partial).and_then(|_| fs::rename(&partial, kept));
    copied.map_err(|error| format!("{}: {error}", kept.display()).into())
}

/// A worktree of one commit, removed when it is dropped.
struct Checkout {
    root: PathBuf,
    path: PathBuf,
}

impl Checkout {
    fn new(root: &Path, commit: &str, folder: &Path) -> Result<Self, Failure> {
        let checkout = Self { root: root.to_owned(), path: folder.join("tree") };
        // A run that was killed left its own behind.
        checkout.remove();
        let path = checkout.path.to_str().ok_or("the workspace's path is not UTF-8")?;
        git(root, &["worktree", "add", "--detach", "--force", path, commit])?;
        Ok(checkout)
    }

    fn remove(&self) {
        if self.path.exists() {
            // What git does not know as a worktree it does not remove either.
            let path = self.path.display().to_string();
            drop(git(&self.root, &["worktree", "remove", "--force", "--force", &path]));
            drop(fs::remove_dir_all(&self.path));
        }
        drop(git(&self.root, &["worktree", "prune"]));
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        self.remove();
    }
}

#[cfg(test)]
mod tests {
    use super::{super::revision::tests::repository, *};
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn a_checkout_holds_the_commit_and_leaves_nothing_behind() {
        let Some((folder, first, _)) = repository() else { return };
        let root = folder.path();
        let trees = root.join("target").join("gate");
        // As a killed run leaves it.
        fs::create_dir_all(trees.join("tree").join("stale")).unwrap();
        let checkout = Checkout::new(root, &first, &trees).unwrap();
        assert_eq!(fs::read_to_string(checkout.path.join("file")).unwrap(), "first");
        assert!(!checkout.path.join("stale").exists());
        drop(checkout);
        assert_eq!(fs::read_dir(&trees).unwrap().count(), 0);
        assert_eq!(git(root, &["worktree", "list"]).unwrap().lines().count(), 1);
        // What lies in the working tree is not touched.
        assert_eq!(fs::read_to_string(root.join("file")).unwrap(), "second");
    }

    #[test]
    fn a_commit_without_a_worker_is_no_error() {
        let Some((folder, first, _)) = repository() else { return };
        assert_eq!(worker(folder.path(), &first).unwrap(), None);
    }

    #[test]
    fn old_workers_are_forgotten_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..KEPT as u64 + 3 {
            let place = folder.path().join(format!("{number}"));
            fs::create_dir(&place).unwrap();
            let worker = File::create(place.join(worker_file())).unwrap();
            worker.set_modified(UNIX_EPOCH + Duration::from_secs(number)).unwrap();
        }
        fs::create_dir(folder.path().join("target")).unwrap();
        forget_old(folder.path()).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), KEPT + 1);
        let is_there = |name: &str| folder.path().join(name).exists();
        assert!(is_there("target") && is_there("3") && !is_there("2"));
    }

    #[test]
    fn content_that_was_built_before_is_not_built_again() {
        let Some((folder, ..)) = repository() else { return };
        let root = folder.path();
        let source = root.join(build::SOURCE);
        fs::create_dir_all(source.parent().unwrap()).unwrap();
        fs::write(&source, "this does not compile").unwrap();
        git(root, &["add", "crates"]).unwrap();
        git(root, &["commit", "--quiet", "-m", "worker"]).unwrap();
        let place = |flags: &str| kept(root, &root.join("target").join("gate"), "HEAD", flags);
        let kept = place(&build::flags()).unwrap();
        keep(&source, &kept).unwrap();
        assert_eq!(worker(root, "HEAD").unwrap(), Some(Worker::new(&kept)));
        // Another commit of the same content is the same binary.
        git(root, &["commit", "--quiet", "--allow-empty", "-m", "again"]).unwrap();
        assert!(worker(root, "HEAD").unwrap().is_some());
        // A run that has it open does not stop another from putting it there again.
        let open = File::open(&kept).unwrap();
        keep(&source, &kept).unwrap();
        assert_eq!(fs::read_dir(kept.parent().unwrap()).unwrap().count(), 1);
        drop(open);
        // With other flags it is another one.
        assert_ne!(place("-Copt-level=1").unwrap(), kept);
    }
}
