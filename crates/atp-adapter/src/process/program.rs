//! Where a program is.

use rustix::fs::{Access, access};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Where programs are looked for if there is no `PATH`.
const NO_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Finds a program as the system does: on the `PATH`, or, if its name has a slash, from the
/// `folder` it is started in. Returns a whole path.
///
/// Looked for here, because a program that the system has to look for on another `PATH` than this
/// process's cannot be started the fast way.
pub(crate) fn find_program(
    name: &str,
    path: Option<&OsStr>,
    folder: Option<&Path>,
) -> Option<PathBuf> {
    let is_program = |file: &PathBuf| file.is_file() && access(file, Access::EXEC_OK).is_ok();
    let whole = |file: PathBuf| std::path::absolute(file).ok().filter(is_program);
    if name.contains('/') {
        return whole(folder.unwrap_or(Path::new("")).join(name));
    }
    let mut folders = std::env::split_paths(path.unwrap_or(OsStr::new(NO_PATH)));
    folders.find_map(|folder| whole(folder.join(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_on_the_path_or_from_its_folder() {
        let found = |name, path, folder: Option<&str>| {
            find_program(name, Some(OsStr::new(path)), folder.map(Path::new))
        };
        assert_eq!(found("sh", "/no:/bin", None), Some("/bin/sh".into()));
        assert_eq!(found("sh", "/no", None), None);
        assert_eq!(found("./sh", "", Some("/bin")), Some("/bin/./sh".into()));
        assert_eq!(found("bin/sh", "", Some("/")), Some("/bin/sh".into()));
        assert_eq!(found("/bin/sh", "", Some("/no")), Some("/bin/sh".into()));
        assert_eq!(found("/bin", "", None), None);
        assert!(find_program("sh", None, None).is_some());
    }
}
