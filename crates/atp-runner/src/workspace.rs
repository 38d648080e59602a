//! A folder of its own for each attempt.

mod artifact;
mod base;
mod fixture;
mod removal;

pub(crate) use artifact::write as write_artifact;
pub(crate) use fixture::copy as copy_fixture;

use base::Base;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Only the user that runs the tests may look into a workspace.
const PRIVATE: u32 = 0o700;

/// How many folders of one attempt may be left from earlier sessions.
const MOST_OF_A_NAME: u32 = 10_000;

/// Where workspaces are made. Nothing is until the first of them.
#[derive(Debug)]
pub(crate) struct Workspaces {
    /// The folder that keeps them; without it they are below `base`.
    keep: Option<PathBuf>,
    base: Mutex<Option<Base>>,
}

/// A folder, removed when dropped unless it is kept.
#[derive(Debug)]
pub(crate) struct Workspace {
    path: PathBuf,
    is_kept: bool,
    is_gone: bool,
}

impl Workspaces {
    /// Uses `keep`, which is made if it is not there, or a folder of its own for temporary files.
    pub(crate) fn new(keep: Option<&Path>) -> io::Result<Self> {
        // Agents work elsewhere, so a relative path would not lead them here.
        let keep = keep.map(std::path::absolute).transpose()?;
        if let Some(folder) = &keep {
            fs::create_dir_all(folder)?;
        }
        Ok(Self { keep, base: Mutex::default() })
    }

    pub(crate) fn are_kept(&self) -> bool {
        self.keep.is_some()
    }

    /// Makes an empty folder, readable for the user alone.
    pub(crate) fn make(&self, test: &str, run: u32, attempt: u32) -> io::Result<Workspace> {
        let name = format!("{}.run-{run}.attempt-{attempt}", file_name(test));
        let path = match &self.keep {
            None => {
                let mut base = self.base.lock().unwrap_or_else(PoisonError::into_inner);
                let base = match &mut *base {
                    Some(base) => base,
                    none => none.insert(Base::make()?),
                };
                let path = base.path().join(name);
                make_private(&path).or_else(|_| {
                    base.restore()?;
                    make_private(&path)
                })?;
                path
            }
            Some(folder) => make_another(folder, &name)?,
        };
        Ok(Workspace { path, is_kept: self.keep.is_some(), is_gone: false })
    }

    /// Removes what is left, and tells where something is that cannot be removed.
    pub(crate) fn close(&self) -> Result<(), (PathBuf, io::Error)> {
        let base = self.base.lock().unwrap_or_else(PoisonError::into_inner).take();
        base.map_or(Ok(()), Base::remove)
    }
}

impl Workspace {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the folder if it is not to be kept. One that is empty is gone at once; the rest is
    /// done where it may block.
    pub(crate) async fn remove(mut self) -> Result<(), (PathBuf, io::Error)> {
        self.is_gone = true;
        if self.is_kept || fs::remove_dir(&self.path).is_ok() {
            return Ok(());
        }
        let path = self.path.clone();
        let removed = tokio::task::spawn_blocking(move || removal::remove(&path)).await;
        removed.map_err(io::Error::other).flatten().map_err(|error| (self.path.clone(), error))
    }
}

/// For an attempt that panics.
impl Drop for Workspace {
    fn drop(&mut self) {
        if !self.is_gone && !self.is_kept {
            removal::remove(&self.path).ok();
        }
    }
}

fn make_private(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(PRIVATE).create(path)
}

/// Makes the folder under the first name that is free: one of the same attempt may be left from
/// a session that was killed.
fn make_another(folder: &Path, name: &str) -> io::Result<PathBuf> {
    let mut path = folder.join(name);
    for number in 2..MOST_OF_A_NAME {
        match make_private(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                path = folder.join(format!("{name}.{number}"));
            }
            result => return result.map(|()| path),
        }
    }
    Err(io::Error::other(format!("there are {MOST_OF_A_NAME} folders called {name} already")))
}

/// Returns the name of a test as a name of a file, different for different tests: what is not
/// plain becomes `%` and its bytes in hex, and the end of a long name a digest of it.
fn file_name(test: &str) -> String {
    const MOST_BYTES: usize = 150;
    let mut name = String::with_capacity(test.len());
    for byte in test.bytes() {
        match byte {
            b'.' if name.is_empty() => name.push_str("%2e"),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => name.push(byte as char),
            other => name.push_str(&format!("%{other:02x}")),
        }
    }
    if name.len() > MOST_BYTES {
        name.truncate(MOST_BYTES);
        name.push_str(&format!("%{:016x}", crate::digest::of(test.as_bytes())));
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn names_are_plain_and_distinct() {
        let long = "x".repeat(300);
        let longer = "x".repeat(301);
        let tests = ["a", "a/b", "a%2fb", "..", ".", "", "a b", "ä", "a\0", &long, &longer];
        let names: HashSet<_> = tests.iter().map(|test| file_name(test)).collect();
        assert_eq!(names.len(), tests.len());
        assert!(names.iter().all(|name| name.len() < 200 && !name.contains(['/', '\0'])));
        assert_eq!(file_name(".."), "%2e.");
    }

    #[tokio::test]
    async fn a_workspace_is_private_and_gone_afterwards() {
        let workspaces = Workspaces::new(None).unwrap();
        let workspace = workspaces.make("a/../b", 1, 1).unwrap();
        let path = workspace.path().to_owned();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, PRIVATE);
        assert_eq!(
            path.parent().unwrap().metadata().unwrap().permissions().mode() & 0o777,
            PRIVATE
        );
        fs::create_dir_all(path.join("deep/er")).unwrap();
        fs::write(path.join("deep/er/file"), "x").unwrap();
        fs::set_permissions(path.join("deep"), fs::Permissions::from_mode(0o000)).unwrap();
        workspace.remove().await.unwrap();
        assert!(!path.exists());
        workspaces.close().unwrap();
        assert!(!path.parent().unwrap().exists());
    }

    /// What one agent does to the folder of all is not the end of the others.
    #[test]
    fn the_folder_of_all_workspaces_is_made_anew() {
        let workspaces = Workspaces::new(None).unwrap();
        let first = workspaces.make("t", 1, 1).unwrap();
        let base = first.path().parent().unwrap().to_owned();
        fs::remove_dir_all(&base).unwrap();
        assert!(workspaces.make("t", 2, 1).unwrap().path().is_dir());
        assert_eq!(base.metadata().unwrap().permissions().mode() & 0o777, PRIVATE);
        fs::remove_dir_all(&base).unwrap();
        fs::write(&base, "").unwrap();
        assert!(workspaces.make("t", 3, 1).is_err());
        drop(first);
        workspaces.close().unwrap();
        assert!(!base.exists());
    }

    #[test]
    fn kept_workspaces_stay_and_get_names_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let keep = folder.path().join("not/there/yet");
        let workspaces = Workspaces::new(Some(&keep)).unwrap();
        let (a, b) = (workspaces.make("t", 1, 2).unwrap(), workspaces.make("t", 1, 2).unwrap());
        let paths = [a.path().to_owned(), b.path().to_owned()];
        drop((a, b));
        workspaces.close().unwrap();
        assert_eq!(paths, [keep.join("t.run-1.attempt-2"), keep.join("t.run-1.attempt-2.2")]);
        assert!(paths.iter().all(|path| path.is_dir()));
    }
}
