//! The directory of a run, looked at without ever leaving it.

use crate::limits::{CONTENT_BYTES, DIRECTORY_ENTRIES};
use std::cell::OnceCell;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A relative path that stays below where it starts, as far as its text goes. Empty for the
/// start itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct InnerPath(String);

/// What stands at a path.
#[derive(Debug)]
pub(crate) enum Entry {
    File(PathBuf),
    Directory(PathBuf),
    /// A pipe, socket or device.
    Special,
    /// Something outside, behind a link.
    Outside,
    Nothing,
    Unreadable(io::Error),
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

#[derive(Debug)]
pub(crate) struct Workspace<'e> {
    path: &'e Path,
    /// The real path, resolved when it is first needed.
    root: OnceCell<io::Result<PathBuf>>,
}

impl InnerPath {
    /// Checks a path. Either separator separates, and `.` and repeated separators mean nothing.
    pub(crate) fn new(path: &str) -> Result<Self, &'static str> {
        let drive = matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
        if path.starts_with(['/', '\\']) || (cfg!(windows) && drive) {
            return Err("must be relative to the workspace");
        }
        if path.contains('\0') {
            return Err("must not hold a NUL character");
        }
        if path.split(['/', '\\']).any(|segment| segment == "..") {
            return Err("must stay within the workspace, without `..`");
        }
        Ok(Self(normalized(path)))
    }

    pub(crate) fn join(&self, inner: &Self) -> Self {
        match (self.0.as_str(), inner.0.as_str()) {
            ("", _) => inner.clone(),
            (_, "") => self.clone(),
            (outer, inner) => Self(format!("{outer}/{inner}")),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is within that directory, at whatever depth.
    pub(crate) fn is_below(&self, directory: &Self) -> bool {
        let rest = self.0.strip_prefix(&directory.0);
        directory.0.is_empty() || rest.is_some_and(|rest| rest.starts_with('/'))
    }

    /// The directory it stands in, and its name there.
    pub(crate) fn split(&self) -> (Self, &str) {
        let (directory, name) = self.0.rsplit_once('/').unwrap_or(("", &self.0));
        (Self(directory.to_owned()), name)
    }
}

impl fmt::Display for InnerPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "the workspace" } else { &self.0 })
    }
}

/// A path without the segments that mean nothing.
pub(crate) fn normalized(path: &str) -> String {
    let segments = path.split('/').filter(|segment| !segment.is_empty() && *segment != ".");
    let mut text = String::with_capacity(path.len());
    for segment in segments {
        if !text.is_empty() {
            text.push('/');
        }
        text.push_str(segment);
    }
    text
}

impl<'e> Workspace<'e> {
    pub(crate) fn new(path: &'e Path) -> Self {
        Self { path, root: OnceCell::new() }
    }

    /// What stands at a path, behind links that stay within the workspace.
    pub(crate) fn look(&self, path: &InnerPath) -> Entry {
        let root = match self.root() {
            Ok(root) => root,
            Err(error) => return Entry::of(error),
        };
        let real = match fs::canonicalize(root.join(path.as_str())) {
            Ok(real) => real,
            Err(error) => return Entry::of(&error),
        };
        if !real.starts_with(root) {
            return Entry::Outside;
        }
        match fs::symlink_metadata(&real) {
            Ok(status) if status.is_file() => Entry::File(real),
            Ok(status) if status.is_dir() => Entry::Directory(real),
            Ok(_) => Entry::Special,
            Err(error) => Entry::of(&error),
        }
    }

    /// What has this very name: a link counts as what it leads to, and as something special if it
    /// leads nowhere.
    pub(crate) fn look_at_name(&self, path: &InnerPath) -> Entry {
        let found = self.look(path);
        if !matches!(found, Entry::Nothing) {
            return found;
        }
        let (directory, name) = path.split();
        match self.look(&directory) {
            Entry::Directory(real) => match fs::symlink_metadata(real.join(name)) {
                Ok(_) => Entry::Special,
                Err(error) => Entry::of(&error),
            },
            _ => found,
        }
    }

    /// Counts the files that stand in a directory itself.
    pub(crate) fn count_files(&self, directory: &Path, path: &InnerPath) -> io::Result<Tally<u64>> {
        let mut files = 0;
        for (seen, entry) in fs::read_dir(directory)?.enumerate() {
            if seen == DIRECTORY_ENTRIES {
                return Ok(Tally::TooLarge);
            }
            let entry = entry?;
            let kind = entry.file_type()?;
            let is_file = kind.is_file()
                || (kind.is_symlink()
                    && InnerPath::new(&entry.file_name().to_string_lossy())
                        .is_ok_and(|name| matches!(self.look(&path.join(&name)), Entry::File(_))));
            files += u64::from(is_file);
        }
        Ok(Tally::Done(files))
    }

    /// Finds the first file, in no particular order, whose path is wanted. Links to directories
    /// are not followed.
    pub(crate) fn find(&self, wanted: impl Fn(&str) -> bool) -> io::Result<Tally<Option<String>>> {
        let root = self.root().map_err(|error| io::Error::new(error.kind(), error.to_string()))?;
        let mut directories = vec![(root.to_owned(), String::new())];
        let mut seen = 0;
        while let Some((directory, prefix)) = directories.pop() {
            for entry in fs::read_dir(directory)? {
                seen += 1;
                if seen > DIRECTORY_ENTRIES {
                    return Ok(Tally::TooLarge);
                }
                let entry = entry?;
                let kind = entry.file_type()?;
                let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
                if kind.is_dir() {
                    directories.push((entry.path(), format!("{path}/")));
                } else if wanted(&path) {
                    let inner = InnerPath::new(&path);
                    let is_file =
                        inner.is_ok_and(|path| matches!(self.look(&path), Entry::File(_)));
                    if is_file {
                        return Ok(Tally::Done(Some(path)));
                    }
                }
            }
        }
        Ok(Tally::Done(None))
    }

    fn root(&self) -> Result<&Path, &io::Error> {
        self.root.get_or_init(|| fs::canonicalize(self.path)).as_deref()
    }
}

impl Entry {
    fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Nothing,
            kind => Self::Unreadable(io::Error::new(kind, error.to_string())),
        }
    }

    /// What it is, for the end of a sentence.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::File(_) => "a file".into(),
            Self::Directory(_) => "a directory".into(),
            Self::Special => "neither file nor directory".into(),
            Self::Outside => "a link that leads out of the workspace".into(),
            Self::Nothing => "nothing".into(),
            Self::Unreadable(error) => format!("something that cannot be looked at: {error}"),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_within() {
        for path in ["/etc/passwd", "..", "a/../b", "a/..", "\\a", "a\\..\\b", "a\0b"] {
            assert!(InnerPath::new(path).is_err(), "{path:?}");
        }
        for (path, inner) in [
            ("a/b", "a/b"),
            ("./a//b/./", "a/b"),
            (".", ""),
            ("...", "..."),
            ("a..b", "a..b"),
            (" ", " "),
            ("~", "~"),
        ] {
            assert_eq!(InnerPath::new(path).unwrap().as_str(), inner);
        }
    }

    #[test]
    fn paths_join_and_split() {
        let [empty, ab, c] = ["", "a/b", "c"].map(|path| InnerPath::new(path).unwrap());
        assert_eq!(ab.join(&c).as_str(), "a/b/c");
        assert_eq!((empty.join(&c), ab.join(&empty)), (c.clone(), ab.clone()));
        assert_eq!(ab.join(&c).split(), (ab, "c"));
        assert_eq!(c.split(), (empty, "c"));
    }
}
