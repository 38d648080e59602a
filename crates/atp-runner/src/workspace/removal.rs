//! Removing what an agent left behind, whatever it did to it.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Removes the folder with all that is in it, or what the agent put in its place. Links are removed
/// and not followed.
///
/// An agent may have taken its folders away from everybody, itself included: they are opened
/// again, and it is tried once more.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    let removed = match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            open_folders(path);
            fs::remove_dir_all(path)
        }
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => fs::remove_file(path),
        removed => removed,
    };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Lets the owner into every folder, and nowhere that only a link leads to. What cannot be opened
/// is told by the removal that follows.
fn open_folders(path: &Path) {
    let is_folder = path.symlink_metadata().is_ok_and(|it| it.is_dir());
    let mut folders: Vec<_> = is_folder.then(|| path.to_owned()).into_iter().collect();
    while let Some(folder) = folders.pop() {
        fs::set_permissions(&folder, Permissions::from_mode(super::PRIVATE)).ok();
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        let is_folder = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
        folders.extend(entries.flatten().filter(is_folder).map(|entry| entry.path()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An agent may put a link where its workspace was.
    #[test]
    fn what_a_link_leads_to_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let (outside, link) = (folder.path().join("outside"), folder.path().join("link"));
        fs::create_dir(&outside).unwrap();
        fs::set_permissions(&outside, Permissions::from_mode(0o755)).unwrap();
        std::os::unix::fs::symlink(&outside, &link).unwrap();
        open_folders(&link);
        assert_eq!(outside.metadata().unwrap().permissions().mode() & 0o777, 0o755);
        remove(&link).unwrap();
        assert!(outside.is_dir() && link.symlink_metadata().is_err());
    }

    #[test]
    fn a_file_in_place_of_the_folder_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "x").unwrap();
        remove(&file).unwrap();
        assert!(!file.exists());
        remove(&file).unwrap();
    }
}
