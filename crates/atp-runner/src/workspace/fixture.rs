//! The files that a workspace begins with.

use std::fs::{self, DirBuilder, DirEntry};
use std::io;
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::{Path, PathBuf};

/// Copies the folder `fixture`, which lies below `suite_dir`, into the empty `workspace`.
///
/// Links that stay within the fixture are copied as links. Links that lead out of it, and what is
/// neither file nor folder nor link, are refused: they would let an agent work on what is not its
/// own, or hang the copy. An error names the place.
pub(crate) fn copy(suite_dir: &Path, fixture: &str, workspace: &Path) -> Result<(), String> {
    let root = locate(suite_dir, fixture)?;
    let refuse = |reason: &str| Err(format!("workspace_fixture {fixture:?} {reason}"));
    if workspace.canonicalize().is_ok_and(|workspace| workspace.starts_with(&root)) {
        return refuse("holds the folder of the workspaces");
    }
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let failed = |path: &Path, error: io::Error| {
            format!("workspace_fixture {fixture:?} cannot be copied: {}: {error}", path.display())
        };
        let here = root.join(&folder);
        for entry in fs::read_dir(&here).map_err(|error| failed(&here, error))? {
            let entry = entry.map_err(|error| failed(&here, error))?;
            let path = folder.join(entry.file_name());
            let copied = copy_entry(&root, &entry, &workspace.join(&path));
            if copied.map_err(|error| failed(&path, error))? {
                folders.push(path);
            }
        }
    }
    Ok(())
}

/// Returns the real path of the fixture, which has to be a folder within that of the suite.
fn locate(suite_dir: &Path, fixture: &str) -> Result<PathBuf, String> {
    let refuse = |reason: String| Err(format!("workspace_fixture {fixture:?} {reason}"));
    // The folder of a suite that was named without one.
    let suite_dir = if suite_dir.as_os_str().is_empty() { Path::new(".") } else { suite_dir };
    let base = match suite_dir.canonicalize() {
        Ok(base) => base,
        Err(error) => return refuse(format!("is below {}: {error}", suite_dir.display())),
    };
    match base.join(fixture).canonicalize() {
        Err(error) => refuse(format!("is not there, below {}: {error}", base.display())),
        Ok(root) if !root.starts_with(&base) => {
            refuse(format!("leads out of the suite's folder {}", base.display()))
        }
        Ok(root) if !root.is_dir() => refuse("is no folder".into()),
        Ok(root) => Ok(root),
    }
}

/// Copies one entry and returns whether it is a folder, whose entries are still to be copied.
fn copy_entry(root: &Path, entry: &DirEntry, to: &Path) -> io::Result<bool> {
    let kind = entry.file_type()?;
    if kind.is_dir() {
        DirBuilder::new().mode(super::PRIVATE).create(to)?;
    } else if kind.is_file() {
        fs::copy(entry.path(), to)?;
    } else if kind.is_symlink() {
        let target = fs::read_link(entry.path())?;
        let stays = entry.path().canonicalize().is_ok_and(|target| target.starts_with(root));
        if target.is_absolute() || !stays {
            return Err(io::Error::other("the link leads out of it, or nowhere"));
        }
        symlink(target, to)?;
    } else {
        return Err(io::Error::other("it is no file, folder or link"));
    }
    Ok(kind.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suite() -> tempfile::TempDir {
        let suite = tempfile::tempdir().unwrap();
        fs::create_dir_all(suite.path().join("fixture/sub")).unwrap();
        fs::write(suite.path().join("fixture/sub/a.txt"), "a").unwrap();
        fs::write(suite.path().join("secret.txt"), "s").unwrap();
        suite
    }

    fn copied(suite: &Path, fixture: &str) -> Result<tempfile::TempDir, String> {
        let workspace = tempfile::tempdir().unwrap();
        copy(suite, fixture, workspace.path()).map(|()| workspace)
    }

    #[test]
    fn files_folders_and_inner_links_are_copied() {
        let suite = suite();
        symlink("sub/a.txt", suite.path().join("fixture/link")).unwrap();
        let workspace = copied(suite.path(), "fixture").unwrap();
        assert_eq!(fs::read_to_string(workspace.path().join("sub/a.txt")).unwrap(), "a");
        fs::write(workspace.path().join("link"), "b").unwrap();
        assert_eq!(fs::read_to_string(workspace.path().join("sub/a.txt")).unwrap(), "b");
        assert_eq!(fs::read_to_string(suite.path().join("fixture/sub/a.txt")).unwrap(), "a");
    }

    #[test]
    fn what_leads_out_is_refused() {
        let suite = suite();
        symlink(suite.path(), suite.path().join("fixture/up")).unwrap();
        let error = copied(suite.path(), "fixture").unwrap_err();
        assert!(error.contains("leads out") && error.contains("up"), "{error}");
        for fixture in ["..", "/etc", "fixture/../..", "fixture/up/.."] {
            let error = copied(suite.path(), fixture).unwrap_err();
            assert!(error.contains("leads out"), "{error}");
        }
        fs::remove_file(suite.path().join("fixture/up")).unwrap();
        for target in ["../../secret.txt", "nowhere"] {
            let link = suite.path().join("fixture/sub/out");
            symlink(target, &link).unwrap();
            let error = copied(suite.path(), "fixture").unwrap_err();
            assert!(error.contains("sub/out") && error.contains("leads out"), "{error}");
            fs::remove_file(link).unwrap();
        }
    }

    #[test]
    fn what_is_not_there_or_no_folder_is_named() {
        let suite = suite();
        assert!(copied(suite.path(), "nowhere").unwrap_err().contains("\"nowhere\" is not there"));
        assert!(copied(suite.path(), "secret.txt").unwrap_err().contains("is no folder"));
    }

    #[test]
    fn a_workspace_within_the_fixture_is_refused() {
        let suite = suite();
        let inside = suite.path().join("fixture/kept");
        fs::create_dir(&inside).unwrap();
        assert!(copy(suite.path(), "fixture", &inside).unwrap_err().contains("holds the folder"));
    }
}
