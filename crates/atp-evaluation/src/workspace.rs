//! The directory of a run: what stands in it, and what its files hold.

use crate::inner_path::InnerPath;
use crate::limits::{CONTENT_BYTES, DIRECTORY_ENTRIES};
use crate::resolve::{Entry, Root};
use std::cell::OnceCell;
use std::fs::{self, DirEntry, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub(crate) struct Workspace<'e> {
    path: &'e Path,
    /// Resolved when it is first needed.
    root: OnceCell<io::Result<Root<'e>>>,
}

/// The beginning of a file.
#[derive(Debug)]
pub(crate) struct Beginning {
    pub(crate) bytes: Vec<u8>,
    /// Whether there is more.
    pub(crate) is_cut: bool,
}

/// A directory that was counted or searched, if it was small enough for it.
pub(crate) enum Tally<T> {
    Done(T),
    TooLarge,
}

impl<'e> Workspace<'e> {
    pub(crate) fn new(path: &'e Path) -> Self {
        Self { path, root: OnceCell::new() }
    }

    /// What stands at a path, behind links that stay within the workspace.
    pub(crate) fn look(&self, path: &InnerPath) -> Entry {
        match self.root() {
            Ok(root) => root.follow(Path::new(path.as_str())),
            Err(error) => Entry::of(error),
        }
    }

    /// Counts the files that stand in a directory itself, which [`look`](Self::look) found.
    pub(crate) fn count_files(&self, directory: &Path) -> io::Result<Tally<u64>> {
        let root = self.root()?;
        let mut files = 0;
        for (seen, entry) in fs::read_dir(directory)?.enumerate() {
            if seen == DIRECTORY_ENTRIES {
                return Ok(Tally::TooLarge);
            }
            files += u64::from(is_file(root, &entry?)?);
        }
        Ok(Tally::Done(files))
    }

    /// Finds a file whose path is wanted, the first in no particular order. Links to directories
    /// are not followed. The error is that of a directory that could not be searched.
    pub(crate) fn find(&self, wanted: impl Fn(&str) -> bool) -> io::Result<Tally<Option<String>>> {
        let root = self.root()?;
        let mut directories: Vec<(PathBuf, String)> = vec![(root.real.clone(), String::new())];
        let (mut seen, mut failure) = (0, None);
        while let Some((directory, prefix)) = directories.pop() {
            let entries = match fs::read_dir(directory) {
                Ok(entries) => entries,
                Err(error) => {
                    failure = Some(error);
                    continue;
                }
            };
            for entry in entries {
                seen += 1;
                if seen > DIRECTORY_ENTRIES {
                    return Ok(Tally::TooLarge);
                }
                let entry = entry?;
                let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
                if entry.file_type()?.is_dir() {
                    directories.push((entry.path(), format!("{path}/")));
                } else if wanted(&path) && is_file(root, &entry)? {
                    return Ok(Tally::Done(Some(path)));
                }
            }
        }
        failure.map_or(Ok(Tally::Done(None)), Err)
    }

    fn root(&self) -> io::Result<&Root<'e>> {
        let resolve = || Ok(Root { real: fs::canonicalize(self.path)?, given: self.path });
        let root = self.root.get_or_init(resolve).as_ref();
        root.map_err(|error| io::Error::new(error.kind(), error.to_string()))
    }
}

/// Whether this is a file, or a link to one within the workspace.
fn is_file(root: &Root<'_>, entry: &DirEntry) -> io::Result<bool> {
    let kind = entry.file_type()?;
    if !kind.is_symlink() {
        return Ok(kind.is_file());
    }
    let path = entry.path();
    Ok(path.strip_prefix(&root.real).is_ok_and(|path| matches!(root.follow(path), Entry::File(_))))
}

/// Reads the beginning of a file that [`Workspace::look`] found.
///
/// What has become a pipe or a link meanwhile is an error and is not waited for.
pub(crate) fn read(file: &Path) -> io::Result<Beginning> {
    let file = open(file)?;
    let status = file.metadata()?;
    if !status.is_file() {
        return Err(io::Error::other("it is no file any more"));
    }
    let mut bytes = Vec::with_capacity(status.len().min(CONTENT_BYTES) as usize + 1);
    file.take(CONTENT_BYTES + 1).read_to_end(&mut bytes)?;
    let is_cut = bytes.len() as u64 > CONTENT_BYTES;
    bytes.truncate(CONTENT_BYTES as usize);
    Ok(Beginning { bytes, is_cut })
}

#[cfg(unix)]
fn open(file: &Path) -> io::Result<File> {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;

    let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::NOCTTY;
    OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(file)
}

#[cfg(not(unix))]
fn open(file: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).open(file)
}
