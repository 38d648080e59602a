//! Files that an agent sent along with its answer, written into its workspace and nowhere else.

use rustix::fs::{AtFlags, Mode, OFlags, mkdirat, openat, unlinkat};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::path::Path;

/// Writes `content` to the relative `path` below `workspace`, making the folders on its way.
///
/// Every step is taken from the folder before it and follows no link, so that links that the
/// agent made lead nowhere. What stands in the place of the file is replaced, not written into: it
/// may be a link, a pipe, or another name of a file elsewhere.
pub(crate) fn write(workspace: &Path, path: &str, content: &[u8]) -> io::Result<()> {
    let mut steps: Vec<&str> = path.split('/').filter(|step| !matches!(*step, "" | ".")).collect();
    if path.starts_with('/') || steps.contains(&"..") {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path leads out of it"));
    }
    let Some(name) = steps.pop() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"));
    };
    let mut folder = open_folder(rustix::fs::CWD, workspace)?;
    for step in steps {
        folder = match open_folder(&folder, step) {
            Err(Errno::NOENT) => {
                mkdirat(&folder, step, Mode::RWXU)?;
                open_folder(&folder, step)?
            }
            opened => opened?,
        };
    }
    match unlinkat(&folder, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(error) => return Err(error.into()),
    }
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let file = openat(&folder, name, flags, Mode::RUSR | Mode::WUSR)?;
    File::from(file).write_all(content)
}

fn open_folder<P: rustix::path::Arg>(
    from: impl std::os::fd::AsFd,
    path: P,
) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::RDONLY;
    openat(from, path, flags, Mode::empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn folders_are_made_on_the_way() {
        let workspace = tempfile::tempdir().unwrap();
        write(workspace.path(), "./a//b/c.txt", b"one").unwrap();
        write(workspace.path(), "a/b/c.txt", b"two").unwrap();
        assert_eq!(fs::read(workspace.path().join("a/b/c.txt")).unwrap(), b"two");
    }

    #[test]
    fn x3_nothing_outside_is_touched() {
        let outside = tempfile::tempdir().unwrap();
        let target = outside.path().join("report.md");
        fs::write(&target, "mine").unwrap();
        let workspace = tempfile::tempdir().unwrap();
        let place = |name: &str| workspace.path().join(name);
        symlink(outside.path(), place("folder")).unwrap();
        symlink(&target, place("link.md")).unwrap();
        fs::hard_link(&target, place("hard.md")).unwrap();

        assert!(write(workspace.path(), "folder/report.md", b"x").is_err());
        for path in ["../report.md", "/tmp/report.md", "a/../../x", "", ".", "//"] {
            assert!(write(workspace.path(), path, b"x").is_err(), "{path}");
        }
        write(workspace.path(), "link.md", b"x").unwrap();
        write(workspace.path(), "hard.md", b"x").unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "mine");
        assert_eq!(fs::read(place("link.md")).unwrap(), b"x");
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
    }
}
