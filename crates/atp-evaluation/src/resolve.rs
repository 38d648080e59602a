//! Following a path, links included, without ever touching what lies outside.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// Links followed for one path, as many as Linux follows.
const LINKS: usize = 40;

/// What stands at a path.
#[derive(Debug)]
pub(crate) enum Entry {
    File(PathBuf),
    Directory(PathBuf),
    /// A pipe, socket or device.
    Special,
    /// Something outside, behind a link.
    Outside,
    /// A link to what does not exist.
    DeadLink,
    Nothing,
    Unreadable(io::Error),
}

/// A directory that nothing leaves, by its real path and by the one it was given by.
#[derive(Debug)]
pub(crate) struct Root<'p> {
    pub(crate) real: PathBuf,
    pub(crate) given: &'p Path,
}

/// One step of a path.
enum Step {
    Down(OsString),
    Up,
}

impl Root<'_> {
    /// What stands at a path that starts here.
    ///
    /// It goes step by step and reads links itself, so that one which leads out is noticed before
    /// anything behind it is asked for.
    pub(crate) fn follow(&self, path: &Path) -> Entry {
        let Some(mut steps) = steps(path) else { return Entry::Outside };
        let mut place = self.real.clone();
        let mut links = 0;
        let mut ends_in_link = false;
        while let Some(step) = steps.pop_front() {
            let Step::Down(name) = step else {
                if place == self.real {
                    return Entry::Outside;
                }
                place.pop();
                continue;
            };
            place.push(name);
            let status = match fs::symlink_metadata(&place) {
                Ok(status) => status,
                Err(error) if is_absence(&error) && ends_in_link => return Entry::DeadLink,
                Err(error) => return Entry::of(error),
            };
            if status.is_symlink() {
                links += 1;
                if links > LINKS {
                    return Entry::Unreadable(io::Error::other("too many links"));
                }
                ends_in_link |= steps.is_empty();
                let target = match fs::read_link(&place) {
                    Ok(target) => target,
                    Err(error) => return Entry::of(error),
                };
                place.pop();
                let Some(onward) = self.aim(&target, &mut place) else { return Entry::Outside };
                for step in onward.into_iter().rev() {
                    steps.push_front(step);
                }
            } else if !status.is_dir() && !steps.is_empty() {
                return if ends_in_link { Entry::DeadLink } else { Entry::Nothing };
            }
        }
        match fs::symlink_metadata(&place) {
            Ok(status) if status.is_file() => Entry::File(place),
            Ok(status) if status.is_dir() => Entry::Directory(place),
            Ok(_) => Entry::Special,
            Err(error) => Entry::of(error),
        }
    }

    /// The steps to the target of a link that stands in `place`, which becomes where they start.
    fn aim(&self, target: &Path, place: &mut PathBuf) -> Option<VecDeque<Step>> {
        if !target.has_root() {
            return steps(target);
        }
        let within = target.strip_prefix(&self.real).or_else(|_| target.strip_prefix(self.given));
        place.clone_from(&self.real);
        steps(within.ok()?)
    }
}

/// The steps of a relative path. None for others.
fn steps(path: &Path) -> Option<VecDeque<Step>> {
    let steps = path.components().filter(|component| *component != Component::CurDir);
    let steps = steps.map(|component| match component {
        Component::Normal(name) => Some(Step::Down(name.to_owned())),
        Component::ParentDir => Some(Step::Up),
        _ => None,
    });
    steps.collect()
}

fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

impl Entry {
    pub(crate) fn of(error: io::Error) -> Self {
        if is_absence(&error) { Self::Nothing } else { Self::Unreadable(error) }
    }

    /// What it is, for the end of a sentence.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::File(_) => "a file".into(),
            Self::Directory(_) => "a directory".into(),
            Self::Special => "neither file nor directory".into(),
            Self::Outside => "a link that leads out of the workspace".into(),
            Self::DeadLink => "a link that leads nowhere".into(),
            Self::Nothing => "nothing".into(),
            Self::Unreadable(error) => format!("something that cannot be looked at: {error}"),
        }
    }
}

#[cfg(all(test, unix))]
mod tests;
