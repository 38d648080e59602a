//! Files that are replaced as a whole.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, BufWriter, ErrorKind, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;

/// Where a file really lies or would lie, links followed; as it was given if that cannot be known.
pub(super) fn resolved(path: &Path) -> PathBuf {
    let beside = || Some(fs::canonicalize(folder(path)).ok()?.join(path.file_name()?));
    fs::canonicalize(path).ok().or_else(beside).unwrap_or_else(|| path.to_owned())
}

/// Fails if [`replace`] would, as far as that can be known before. Leaves nothing behind.
pub(super) fn check(path: &Path) -> io::Result<()> {
    match Target::of(path)? {
        Target::File(file) => temporary(&file).map(drop),
        Target::Device => Ok(()),
    }
}

/// Writes a file beside `path` and puts it in its place when it is whole. What is no file, such
/// as a pipe, is written to directly.
pub(super) fn replace(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    match Target::of(path)? {
        Target::File(file) => {
            let temporary = temporary(&file)?;
            write_to(temporary.as_file(), write)?;
            temporary.persist(&file).map(drop).map_err(|failed| failed.error)
        }
        Target::Device => write_to(&OpenOptions::new().append(true).open(path)?, write),
    }
}

/// What a report is written to.
enum Target {
    /// A file that can be replaced, links followed, or that is not there yet.
    File(PathBuf),
    /// Somebody else's, such as a terminal, a pipe, or whatever our own stdout is.
    Device,
}

impl Target {
    fn of(path: &Path) -> io::Result<Self> {
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => Err(ErrorKind::IsADirectory.into()),
            Ok(found) if !found.is_file() || path.starts_with("/dev") => Ok(Self::Device),
            Ok(_) => fs::canonicalize(path).map(Self::File),
            Err(error) if error.kind() == ErrorKind::NotFound && path.file_name().is_some() => {
                Ok(Self::File(path.to_owned()))
            }
            Err(error) => Err(error),
        }
    }
}

fn temporary(file: &Path) -> io::Result<NamedTempFile> {
    // Where there is no folder, the error does not name a file that nobody knows.
    fs::metadata(folder(file))?;
    // Reports are as readable as the umask lets any file be.
    let mut builder = tempfile::Builder::new();
    builder.prefix(".atp-report-").permissions(Permissions::from_mode(0o666));
    builder.tempfile_in(folder(file))
}

fn folder(file: &Path) -> &Path {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

fn write_to(file: &File, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(64 * 1024, file);
    write(&mut out)?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_report_that_fails_half_way_leaves_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("report");
        replace(&file, |out| out.write_all(b"before")).unwrap();
        let failed = replace(&file, |out| {
            out.write_all(&[b'x'; 200_000])?;
            Err(ErrorKind::StorageFull.into())
        });
        assert_eq!(failed.unwrap_err().kind(), ErrorKind::StorageFull);
        assert_eq!(fs::read(&file).unwrap(), b"before");
        assert_eq!(names(folder.path()), ["report"]);
    }

    #[test]
    fn links_stay_and_others_may_read() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("report"), folder.path().join("link"));
        fs::write(&file, "before").unwrap();
        symlink("report", &link).unwrap();
        replace(&link, |out| out.write_all(b"after")).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"after");
        assert!(link.is_symlink());
        let plain = folder.path().join("plain");
        fs::write(&plain, "").unwrap();
        let mode = |file: &Path| fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode(&file), mode(&plain));
    }

    #[test]
    fn devices_are_written_to_and_folders_refused() {
        replace(Path::new("/dev/null"), |out| out.write_all(b"gone")).unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        let folder = tempfile::tempdir().unwrap();
        for wrong in [folder.path().to_owned(), folder.path().join("no/such"), "".into()] {
            assert!(replace(&wrong, |out| out.write_all(b"x")).is_err(), "{}", wrong.display());
            let error = check(&wrong).unwrap_err().to_string();
            assert!(!error.contains(".atp-report-"), "{error}");
        }
        check(&folder.path().join("new")).unwrap();
        assert_eq!(names(folder.path()), Vec::<String>::new());
    }
}
