//! The folder that all workspaces of one session lie in.

use super::{PRIVATE, make_private, removal};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// What the names of all such folders begin with.
const PREFIX: &str = "atp-run-";

/// A private folder among the temporary files, locked while this process lives: one that nobody
/// has locked is what a process left that was killed.
#[derive(Debug)]
pub(super) struct Base {
    folder: TempDir,
    /// None where the file system has no locks, and then nobody can take the folder for abandoned.
    lock: Option<File>,
}

impl Base {
    pub(super) fn make() -> io::Result<Self> {
        loop {
            let private = fs::Permissions::from_mode(PRIVATE);
            let folder = tempfile::Builder::new().prefix(PREFIX).permissions(private).tempdir()?;
            let lock = lock(folder.path());
            // Until it was locked it passed for abandoned.
            if folder.path().is_dir() {
                return Ok(Self { folder, lock });
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Makes it what it was, after an agent closed or removed it.
    pub(super) fn restore(&mut self) -> io::Result<()> {
        let path = self.folder.path();
        match fs::symlink_metadata(path) {
            Ok(found) if found.is_dir() => {
                fs::set_permissions(path, fs::Permissions::from_mode(PRIVATE))
            }
            Ok(_) => Err(io::Error::from(io::ErrorKind::NotADirectory)),
            Err(_) => {
                make_private(path)?;
                self.lock = lock(path);
                Ok(())
            }
        }
    }

    /// Removes it, and what killed processes of the same user have left beside it. Tells where this
    /// one is if it cannot be removed.
    pub(super) fn remove(self) -> Result<(), (PathBuf, io::Error)> {
        remove_abandoned(self.path());
        let path = self.folder.keep();
        removal::remove(&path).map_err(|error| (path, error))
    }
}

/// Removes the folders like `own` that nobody has locked.
fn remove_abandoned(own: &Path) {
    let Some((parent, user)) = own.parent().zip(owner(own)) else { return };
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let is_such = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        let path = entry.path();
        if is_such
            && owner(&path) == Some(user)
            && let Some(_lock) = lock(&path)
        {
            // What cannot be removed now is tried again by the next session.
            removal::remove(&path).ok();
        }
    }
}

/// The user that a folder belongs to; none of a link or a file.
fn owner(path: &Path) -> Option<u32> {
    path.symlink_metadata().ok().filter(fs::Metadata::is_dir).map(|folder| folder.uid())
}

/// Locks a folder; the system lets go when this process ends, however that happens.
fn lock(folder: &Path) -> Option<File> {
    let file = File::open(folder).ok()?;
    file.try_lock().ok().map(|()| file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_has_locked_is_removed() {
        let (own, other) = (Base::make().unwrap(), Base::make().unwrap());
        let beside = |name: &str| own.path().with_file_name(name);
        let abandoned = beside(&format!("{PREFIX}abandoned-{}", std::process::id()));
        let strange = beside(&format!("atp-strange-{}", std::process::id()));
        fs::create_dir_all(abandoned.join("test.run-1.attempt-1/deep")).unwrap();
        fs::create_dir(&strange).unwrap();
        own.remove().unwrap();
        assert!(!abandoned.exists() && strange.exists() && other.path().exists());
        fs::remove_dir(&strange).unwrap();
        other.remove().unwrap();
    }
}
