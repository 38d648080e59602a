//! Where a program is.

use rustix::fs::{Access, access};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Finds a program as a shell does: on the `PATH`, unless its name has a slash.
///
/// Resolved here, because a program that the system has to look for on another `PATH` than this
/// process's cannot be started the fast way.
pub(crate) fn find_program(name: &str, path: Option<&OsStr>) -> Option<PathBuf> {
    let is_program = |file: &Path| file.is_file() && access(file, Access::EXEC_OK).is_ok();
    if name.contains('/') {
        return Some(PathBuf::from(name)).filter(|file| is_program(file));
    }
    let folders = std::env::split_paths(path?);
    folders.map(|folder| folder.join(name)).find(|file| is_program(file))
}
